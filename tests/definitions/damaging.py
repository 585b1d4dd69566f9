"""Good files damaged at random: by the byte, the line and the word, or in what they say."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from random import Random

from tests.definitions.written import GOOD, documents

HERE = Path(__file__).parent
OPENSLO = sorted([*(HERE / "openslo").rglob("*.yaml"), *(HERE / "openslo_v1").rglob("*.yaml")])
FOREIGN = sorted((HERE / "importing" / "examples").rglob("*.yaml"))

ODD: list[object] = [
    *(None, True, False, 0, 1, -1, 2, 10**6, -(10**6), 10**14, 0.5, -0.5, 1e-9, 99.9, [], {}, [[]], [{}], {"": ""}),
    *([None],),
    *("", " ", "0", "-1", "1", "~", "null", "true", "no", "x", "X", "orders", "a b", "a/b", "a.b", "a_b", "é", "😀"),
    *("\u202e",),
    *("\ufeff", "\u2028", "\x85", "\xa0", "a\nb", "a\tb", "a\rb", "\0", "\x1b[31m", "\ud83d", "\udfff", "\uffff"),
    *("0s", "1ns", "10s", "5m", "1h30m", "28d", "4000d", "4001d", "-5m", "1.5h", "1e3s", "99999999999999999999d"),
    *("s", "1", "1M", "1Y"),
    *("0%", "10%", "100%", "-1%", "101%", "1e2%", "%", "0.0000000000000001", "1/0", ".5", "1.", "0x10", "1_000"),
    *("1e400", "nan", "inf"),
    *("${ORDERS_DB_URL}", "${WEBHOOK_SECRET}", "${NOT_SET}", "${}", "${", "$", "$$", "${a.b}", "${canary.id}"),
    *("${canary.nothing}",),
    *("${WEBHOOK_SECRET}${WEBHOOK_SECRET}", "{{.window}}", "{{ x }}", "%s", "%(a)s", "{0}", "{a!r}", "\\", "\\1"),
    *("'", '"'),
    *("http://", "http://[", "http://[::1", "http://a:99999/", "http://a:b@c/", "http://a b/", "http://\u2100/"),
    *("//x", "javascript:0"),
    *("sqlite:///", "postgresql://u:p@h:x/d", "postgresql+nothing://h", "a@b", "@", "a@", "A <a@b.c>"),
    *("a@b.c, d@e.f", "<>"),
    *("0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-12:00"),
    *("2026-11-22", "2026-02-30", "1970-01-01T00:00:00", "2026-11-22T25:00:00Z"),
    *("2026-11-22T10:00:00.123456789Z", "2026-W47", "20261122", "10:00", "24:00", "1:30", "00:60"),
    *("UTC", "Europe", "Europe/Berlin", "../x", "/etc/passwd", "Etc/GMT+99", "America/Los_Angeles", "localtime"),
    *("posixrules", "."),
    *("FREQ=DAILY", "FREQ=", "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=-1"),
    *("FREQ=DAILY;UNTIL=0",),
    *("FREQ=MONTHLY;BYDAY=+99MO", "FREQ=WEEKLY;WKST=XX", "FREQ=DAILY;BYSETPOS=0", "RRULE:FREQ=DAILY\nEXDATE:x"),
    *("=;=", ";"),
    *("FREQ=YEARLY;BYWEEKNO=99", "FREQ=YEARLY;BYYEARDAY=-999", "FREQ=DAILY;BYHOUR=99"),
    *("DTSTART:00010101T000000\nRRULE:FREQ=DAILY",),
    *("* * * * *", "0 9 * * MON", "60 0 * * *", "*/0 * * * *", "1-0 * * * *", "@daily", "0 0 30 2 *", "0 0 L * *"),
    *("? ? ? ? ?",),
    *("10m-22m", "22m-10m", "10m-", "-10m", "0s-0s", "50% bad", "3 of 60 bad", "60 of 3 bad", "3 bad"),
    *("bad at 2/s", "bad at 0/s"),
    *("stalled", "90s behind", "in time", "idle", "unmeasured", "firing", "1e9 bad", "101% bad", "bad bad", "5/s"),
    *("5/d", "/s"),
    *("sum(rate(a[{{.window}}]))", "a{", "a{b=}", "a}", "(", ")", "((a)", "a or b", "1 - a / b", "a[5m"),
    *("a offset 5m", "sum by (x) (a)"),
    *("page", "ticket", "early", "any", "page-1h", "sink", "source", "enrich", "team", "orders-canary"),
    *("base-freshness", "stream"),
    "a" * 64, "a" * 300, "9" * 300, "é" * 200, "[" * 40, {"a": {"b": {"c": {"d": {}}}}}, [1] * 50,
    {f"k{i}": i for i in range(30)},
]  # fmt: skip
"""Values that somebody's parser once stumbled over."""

TOKENS = [
    *("\t", "\r", "\r\n", "\0", "\x85", "\ufeff", "\u2028", ": ", ":", "- ", "? ", " #", "&a ", "*a", "!a "),
    *("!!str ", "|\n", ">-\n"),
    *("{", "}", "[", "]", ",", "'", '"', '"\\x', '"\\ud800"', "%YAML 1.1\n", "---\n", "...\n", "<<: *a", "@", "`"),
    *("~", "=", "| 9\n"),
    *("  ", " ", "\n", "\n\n", "---", "# slo: allow W501 because\n", "  # slo: allow E201, W999", "${", "{{"),
    *("0o17", "1e999", ".inf"),
]  # fmt: skip
LOOSE_BYTES = [
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\xbd",
    b"\xf0\x9f",
    b"\x80",
    b"\0",
    b"\x1b",
    b"\xef\xbb\xbf",
    b"\xfe\xff",
    b"\x7f",
]


def seeds(paths: list[Path]) -> dict[str, list[object]]:
    """The documents of the files by kind; those of other tools have none."""
    found: dict[str, list[object]] = {}
    for path in paths:
        for each in documents(path) or []:
            kind = each.data.get("kind", "") if isinstance(each.data, dict) else ""
            found.setdefault(str(kind), []).append(each.data)
    return found


def damaged(random: Random, original: object, others: list[object]) -> object:
    """The same with one to four things changed, some of them for parts of the others."""
    data = copy.deepcopy(original)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        places = list(_places(data))
        if not places:
            return _odd(random, others)
        container, key = random.choice(places)
        _change(random, container, key, others)
    return data


def _places(data: object) -> list[tuple[object, object]]:
    """Each place in it as its container and the key or position there."""
    found: list[tuple[object, object]] = []
    todo = [data]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            found += [(each, key) for key in each]
            todo += each.values()
        elif isinstance(each, list):
            found += [(each, at) for at in range(len(each))]
            todo += each
    return found


def _odd(random: Random, others: list[object]) -> object:
    if random.random() < 0.7 or not others:
        return copy.deepcopy(random.choice(ODD))
    whole = random.choice(others)
    places = _places(whole)
    if not places:
        return copy.deepcopy(whole)
    container, key = random.choice(places)
    return copy.deepcopy(container[key])  # type: ignore[index]  # a list with a position, or a mapping with a key


def _change(random: Random, container: object, key: object, others: list[object]) -> None:
    kind = random.randrange(8)
    if isinstance(container, list):
        assert isinstance(key, int)
        if kind == 0:
            del container[key]
        elif kind == 1:
            container.insert(key, copy.deepcopy(container[key]))
        elif kind == 2:
            container[key] = [container[key]]
        else:
            container[key] = _odd(random, others)
    elif isinstance(container, dict):
        value = container[key]
        if kind == 0:
            del container[key]
        elif kind == 1:
            del container[key]
            container[random.choice([f"{key}s", str(key).lower(), str(key)[:-1], str(_odd(random, []))])] = value
        elif kind == 2:
            container[key] = random.choice([[value], {str(key): value}, str(value)])
        elif kind == 3:
            container[str(_odd(random, []))] = _odd(random, others)
        else:
            container[key] = _odd(random, others)


def said(random: Random, made: list[object]) -> bytes:
    """Documents in a file. JSON is YAML, and can say what YAML writers refuse, such as half a surrogate pair."""
    indent = random.choice((None, 1))
    return "\n---\n".join(json.dumps(each, indent=indent, ensure_ascii=random.random() < 0.5) for each in made).encode(
        "utf-8", random.choice(("surrogatepass", "replace"))
    )


def of_bytes(random: Random, text: str) -> bytes:
    raw = bytearray(text.encode())
    for _ in range(random.choice((1, 1, 2, 3, 8, 30))):
        at = random.randrange(len(raw) + 1)
        match random.randrange(5):
            case 0:
                raw[at : at + random.choice((1, 1, 2, 10, 200))] = b""
            case 1:
                raw[at:at] = random.choice(LOOSE_BYTES)
            case 2:
                raw[at : at + 1] = bytes([random.randrange(256)])
            case 3:
                raw[at:at] = raw[at : at + random.choice((1, 5, 60))]
            case _:
                del raw[at:]
                raw += b" "
    return bytes(raw)


def of_lines(random: Random, text: str) -> bytes:
    lines = text.splitlines(keepends=True) or [""]
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(lines))
        match random.randrange(6):
            case 0:
                lines[at] = ""
            case 1:
                lines[at] *= random.choice((2, 3, 40))
            case 2:
                lines[at] = " " * random.randrange(1, 5) + lines[at]
            case 3:
                lines[at] = lines[at].lstrip(" ")
            case 4:
                lines[at] = lines[random.randrange(len(lines))]
            case _:
                lines[at] = lines[at].rstrip("\n") + random.choice(TOKENS) + "\n"
    return "".join(lines).encode()


def of_words(random: Random, text: str) -> bytes:
    parts = re.split(r"([A-Za-z0-9_.${}%-]+)", text)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(parts))
        parts[at] = random.choice([
            random.choice(parts), random.choice(TOKENS), str(random.choice(ODD)), parts[at] * 2, parts[at].upper(), "",
        ])  # fmt: skip
    return "".join(parts).encode("utf-8", "surrogatepass")


def of_tokens(random: Random, text: str) -> bytes:
    """A soup of what YAML reacts to and of words of the file."""
    words = re.findall(r"[A-Za-z0-9_.${}%-]+", text) or ["a"]
    made = [
        random.choice(TOKENS) if random.random() < 0.6 else random.choice(words) for _ in range(random.randrange(120))
    ]
    return "".join(made).encode()


WAYS = {"bytes": of_bytes, "lines": of_lines, "words": of_words, "tokens": of_tokens}
KINDS = seeds([*GOOD, *OPENSLO])
