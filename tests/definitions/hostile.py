"""Files that nobody writes by mistake, each small to make and large to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MIB = 1 << 20
HEAD = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: x}\nspec: "


def aliases(width: int, depth: int) -> str:
    lines = [f"a0: &a0 [{', '.join('x' * width)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, depth)]
    return "\n".join(lines)


def indented(depth: int, step: str) -> str:
    return "".join(f"{' ' * i}{step}\n" for i in range(depth))


def filled(unit: str, size: int = MIB - 256) -> str:
    return unit * (size // len(unit))


def slo(more: str = "", objectives: str = "[{target: 0.99}]", query: str = "a", window: str = "28d") -> str:
    metric = f"{{metricSource: {{type: Prometheus, spec: {{query: {query}}}}}}}"
    return (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec:\n  service: s\n  budgetingMethod: Occurrences\n"
        f"  indicator: {{spec: {{ratioMetric: {{good: {metric}, total: {metric}}}}}}}\n"
        f"  timeWindow: [{{duration: {window}, isRolling: true}}]\n  objectives: {objectives}\n{more}"
    )


def policy(when: str = "{burning: page}", do: str = "[{notify: {contact: team, template: burning}}]") -> str:
    return (
        "apiVersion: slo-service/v1\nkind: BudgetPolicy\nmetadata: {name: b}\nspec:\n"
        f"  selector: {{}}\n  rules: [{{name: r, when: {when}, do: {do}}}]\n"
    )


def adjustment(body: str) -> str:
    return (
        "apiVersion: slo-service/v1\nkind: Adjustment\nmetadata: {name: a}\n"
        f"spec: {{selector: {{}}, category: maintenance, author: a, reason: b, {body}}}\n"
    )


def sloth(query: str) -> str:
    sli = f"{{events: {{error_query: {query}, total_query: {query}}}}}"
    return (
        "version: prometheus/v1\nservice: s\nslos:\n"
        f"  - {{name: a, objective: 99, sli: {sli}, alerting: {{page_alert: {{}}, ticket_alert: {{}}}}}}\n"
    )


def generator(query: str) -> str:
    sli = f"{{filter_good: {query}, filter_valid: {query}}}"
    return (
        "apiVersion: sre.google.com/v2\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec:\n"
        f"  {{goal: 0.9, backend: prometheus, method: good_bad_ratio, service_level_indicator: {sli}}}\n"
    )


def pyrra(metric: str) -> str:
    ratio = f"{{ratio: {{errors: {{metric: {metric}}}, total: {{metric: {metric}}}}}}}"
    return (
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\n"
        f'spec: {{target: "99", window: 4w, indicator: {ratio}}}\n'
    )


def case(body: str) -> str:
    return f"apiVersion: slo-service/v1\nkind: Test\nmetadata: {{name: t}}\nspec:\n{body}"


TEXTS: Mapping[str, Callable[[], str]] = {
    "alias bomb": lambda: aliases(10, 12),
    "wide alias bomb": lambda: aliases(200, 4),
    "one alias many times": lambda: "a: &a {b: c}\nd: [" + filled("*a, ", 600_000) + "]",
    "alias within its own anchor, in a list": lambda: "a: &a [*a]",
    "alias within its own anchor, in a mapping": lambda: "a: &a {b: {c: *a}}",
    "alias as its own key": lambda: "&a {*a : b}",
    "aliases as keys": lambda: "a: &a b\n" + filled("*a : c\n", 500_000),
    "anchor of a megabyte": lambda: f"a: &{filled('a')} b",
    "a hundred thousand anchors": lambda: "".join(f"- &a{i} b\n" for i in range(90_000)),
    "anchors without end": lambda: "&a " * 300_000,
    "lists in a line": lambda: filled("["),
    "lists in a line that end": lambda: "[" * 100_000 + "]" * 100_000,
    "mappings in a line": lambda: filled("{a: "),
    "mappings in a line that end": lambda: "{a: " * 90_000 + "b" + "}" * 90_000,
    "lists and mappings by turns": lambda: filled("[{a: "),
    "dashes in a line": lambda: filled("- "),
    "dashes, deeper and deeper": lambda: indented(1400, "-"),
    "keys, deeper and deeper": lambda: indented(1400, "a:"),
    "keys of keys": lambda: filled("? "),
    "question marks and colons": lambda: filled("? : "),
    "colons": lambda: filled(": "),
    "commas": lambda: "[" + filled(","),
    "plain text of a megabyte": lambda: HEAD + "{description: " + filled("a") + "}",
    "quoted text of a megabyte": lambda: HEAD + '{description: "' + filled("a") + '"}',
    "quoted text without an end": lambda: HEAD + '{description: "' + filled("a"),
    "block text of a megabyte": lambda: HEAD + "\n  description: |\n" + filled("    a b c\n"),
    "folded text of empty lines": lambda: HEAD + "\n  description: >\n" + filled("\n"),
    "escapes": lambda: HEAD + '{description: "' + filled("\\U0001F600") + '"}',
    "key of a megabyte": lambda: filled("k") + ": b",
    "unknown key of a megabyte": lambda: HEAD + "{" + filled("k") + ": b}",
    "a hundred thousand keys": lambda: HEAD + "\n" + "".join(f"  k{i}: v\n" for i in range(95_000)),
    "a hundred thousand unknown keys of a document": lambda: "".join(f"k{i}: v\n" for i in range(95_000)),
    "fifteen thousand unknown keys": lambda: HEAD + "\n" + "".join(f"  descriptio{i}: v\n" for i in range(15_000)),
    "a hundred thousand times one key": lambda: HEAD + "\n" + filled("  a: v\n"),
    "name of a megabyte": lambda: HEAD.replace("name: x", f"name: {filled('n')}") + "{}",
    "kind of a megabyte": lambda: f"apiVersion: openslo/v1\nkind: {filled('S')}\nmetadata: {{name: x}}\nspec: {{}}\n",
    "comments": lambda: filled("#\n"),
    "one comment of a megabyte": lambda: "# " + filled("a"),
    "one comment that allows much": lambda: "a: b  # slo: allow " + filled("W501, ") + " because",
    "nothing but blanks": lambda: filled(" "),
    "nothing but line ends": lambda: filled("\n"),
    "nothing but tabs": lambda: filled("\t"),
    "nothing but carriage returns": lambda: filled("\r"),
    "nothing but NEL": lambda: filled("\x85", 400_000),
    "nothing but BOM": lambda: filled("\ufeff", 300_000),
    "separators": lambda: filled("---\n"),
    "comments that allow": lambda: filled("# slo: allow W501 because of it\n"),
    "codes that allow": lambda: "".join(
        "# slo: allow " + ",".join(f"W{i}x{j}" for j in range(100)) + " because\n" for i in range(900)
    ),
    "unknown keys": lambda: HEAD + "{" + ", ".join(f"sourcx{i}: 1" for i in range(9_000)) + "}",
    "documents of one letter": lambda: filled("a\n---\n"),
    "documents of one key": lambda: filled("a: b\n---\n"),
    "ten thousand services": lambda: "".join(
        f"apiVersion: openslo/v1\nkind: Service\nmetadata: {{name: s{i}}}\nspec: {{}}\n---\n" for i in range(12_000)
    ),
    "ten thousand services of one name": lambda: filled(HEAD + "{}\n---\n"),
    "tag of a megabyte": lambda: f"a: !{filled('t')} b",
    "alias of a megabyte": lambda: f"a: *{filled('t')}",
    "alert policies without end": lambda: (
        slo(more="  alertPolicies: [" + ", ".join(f"a{i}" for i in range(15_000)) + "]\n")
    ),
    "four thousand services": lambda: "".join(
        f"apiVersion: openslo/v1\nkind: Service\nmetadata: {{name: s{i}}}\nspec: {{}}\n---\n" for i in range(4_000)
    ),
    "four thousand services of one name": lambda: (HEAD + "{}\n---\n") * 4_000,
    "directives": lambda: filled("%YAML 1.2\n") + "---\na: b",
    "tags": lambda: filled("!a "),
    "NUL": lambda: HEAD + '{description: "a\0b"}',
    "NUL, escaped": lambda: HEAD + '{description: "a\\0b"}',
    "half a surrogate pair, escaped": lambda: HEAD + '{description: "\\ud83d"}',
    "number of a megabyte": lambda: slo(objectives="[{target: 0." + filled("9", 1_000_000) + "}]"),
    "number of a huge exponent": lambda: slo(objectives="[{target: 1e-999999999}]"),
    "threshold of a huge exponent": lambda: slo(objectives="[{target: 0.9, op: lt, value: 1e999999999}]"),
    "whole number of a megabyte": lambda: (
        policy().replace("name: r,", f"name: r, witnesses: {filled('9', 1_000_000)},")
    ),
    "duration of a megabyte": lambda: policy("{noData: " + filled("1h", 1_000_000) + "}"),
    "duration of many digits": lambda: policy("{noData: " + filled("9", 1_000_000) + "h}"),
    "share of many digits": lambda: policy("{budgetRemainingBelow: 0." + filled("3", 1_000_000) + "%}"),
    "window of many digits": lambda: slo(window=filled("9", 1_000_000) + "d"),
    "settings": lambda: HEAD + '{description: "' + filled("${A}") + '"}',
    "settings within settings": lambda: HEAD + '{description: "' + filled("${") + '"}',
    "settings in an address": lambda: (
        "apiVersion: slo-service/v1\nkind: Contact\nmetadata: {name: x}\n"
        'spec: {channels: [{webhook: {url: "' + filled("${WEBHOOK_SECRET}") + '"}}]}'
    ),
    "mail address of a megabyte": lambda: (
        "apiVersion: slo-service/v1\nkind: Contact\nmetadata: {name: x}\n"
        "spec: {channels: [{email: {to: ['" + filled("a.") + "@']}}]}"
    ),
    "labels without end": lambda: HEAD.replace("name: x", "name: x, labels: {" + ", ".join(
        f"l{i}: v" for i in range(19_000)) + "}") + "{}",
    "label of a megabyte": lambda: (
        HEAD.replace("name: x", "name: x, labels: {a: " + filled("b-", 900_000) + "}") + "{}"
    ),
    "five thousand objectives": lambda: slo(
        objectives="[" + ", ".join(f"{{displayName: o{i}, target: 0.99}}" for i in range(5000)) + "]"),
    "five thousand objectives of one name": lambda: slo(
        objectives="[" + ", ".join("{displayName: o, target: 0.99}" for _ in range(5000)) + "]"),
    "conditions in conditions": lambda: policy("{not: " * 20 + "{burning: page}" + "}" * 20),
    "five thousand conditions": lambda: policy("{any: [" + ", ".join("{burning: page}" for _ in range(5000)) + "]}"),
    "five thousand rules": lambda: policy().replace("rules: [", "rules: [" + ", ".join(
        f"{{name: r{i}, when: {{burning: page}}, do: [{{notify: {{contact: team, template: burning}}}}]}}"
        for i in range(1500)) + ", "),
    "recurrence each second": lambda: adjustment('recurring: [{rrule: "FREQ=SECONDLY", duration: 1h}]'),
    "recurrence that never comes": lambda: adjustment(
        'recurring: [{rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", duration: 1h}]'),
    "recurrence that hardly ever comes": lambda: adjustment(
        'recurring: [{rrule: "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYSETPOS=-1;INTERVAL=9999", duration: 1h}]'),
    "recurrence of all that there is": lambda: adjustment(
        'recurring: [{rrule: "FREQ=HOURLY;BYMINUTE=' + ",".join(map(str, range(60)))
        + ";BYSECOND=" + ",".join(map(str, range(60))) + ';COUNT=999999999", duration: 1h}]'),
    "recurrence of a megabyte": lambda: (
        adjustment('recurring: [{rrule: "FREQ=DAILY;BYHOUR=' + filled("1,") + '1", duration: 1h}]')
    ),
    "recurrence of a huge interval": lambda: adjustment(
        'recurring: [{rrule: "FREQ=HOURLY;INTERVAL=99999999999999999999", duration: 1h}]'),
    "recurrence of a huge count": lambda: adjustment(
        'recurring: [{rrule: "FREQ=HOURLY;COUNT=1' + "0" * 5000 + '", duration: 1h}]'),
    "ten thousand intervals": lambda: adjustment("intervals: [" + ", ".join(
        f'{{from: "2026-12-06T02:00:{i % 60:02}", to: "2026-12-07T02:00:00"}}' for i in range(4000)) + "]"),
    "zone that is a folder": lambda: (
        adjustment('timeZone: Europe, intervals: [{from: "2026-12-06", to: "2026-12-07"}]')
    ),
    "zone that is a path": lambda: adjustment("timeZone: ../../../etc/passwd, intervals: []"),
    "zone of a megabyte": lambda: adjustment("timeZone: " + filled("a/", 900_000) + ", intervals: []"),
    "zone with NUL": lambda: adjustment('timeZone: "UTC\\0", intervals: []'),
    "recurrence from the first year": lambda: adjustment(
        'recurring: [{rrule: "FREQ=HOURLY;BYMONTH=2;BYHOUR=3", duration: 1h, from: "0001-01-01T00:00:00"}]'),
    "interval in the first year": lambda: adjustment(
        'timeZone: Asia/Tokyo, intervals: [{from: "0001-01-01T00:00:00", to: "0001-01-01T00:00:01"}]'),
    "interval in the last year": lambda: adjustment(
        'timeZone: America/Los_Angeles, intervals: [{from: "9999-12-31T23:59:59", to: "9999-12-31T23:59:59-12:00"}]'),
    "cron of a megabyte": lambda: (
        "apiVersion: slo-service/v1\nkind: Job\nmetadata: {name: j}\nspec: {criticality: normal, "
        "controller: {process: {pidFile: /run/j}}, schedule: '" + filled("*/1,", 900_000) + "1 * * * *'}"),
    "cron that never comes": lambda: (
        "apiVersion: slo-service/v1\nkind: Job\nmetadata: {name: j}\nspec: {criticality: normal, "
        "controller: {process: {pidFile: /run/j}}, schedule: '0 0 31 2 *'}"),
    "queries in brackets": lambda: sloth("'" + "(" * 100_000 + "a" + ")" * 100_000 + "'"),
    "queries in a few brackets": lambda: sloth("'" + "(" * 400 + "sum(rate(a[{{.window}}]))" + ")" * 400 + "'"),
    "queries within functions": lambda: sloth("'" + "sum(" * 50_000 + "a" + ")" * 50_000 + "'"),
    "signs": lambda: sloth("'" + "-" * 100_000 + "a'"),
    "selectors without end": lambda: sloth("'a{" + ",".join(['b="c"'] * 50_000) + "}'"),
    "query of quotes": lambda: sloth("'a{b=\"" + '\\\\"' * 100_000 + "'"),
    "Sloth's braces": lambda: sloth("'" + filled("{{.window}}", 400_000) + "'"),
    "pyrra's brackets": lambda: pyrra("'" + "(" * 100_000 + "'"),
    "pyrra's selectors": lambda: pyrra("'a{" + ",".join(['b="c"'] * 50_000) + "}'"),
    "slo-generator's brackets": lambda: generator("'" + "(" * 100_000 + "a" + ")" * 100_000 + "'"),
    "slo-generator's settings": lambda: generator('"' + "${A}" * 100_000 + '"'),
    "case of many claims": lambda: case(
        "  series: {base-freshness: bad}\n  expect: [" + ", ".join(["{at: 1m, page: quiet}"] * 5000) + "]\n"),
    "case of many events": lambda: case(
        "  rates: {base-freshness: 1000000000000/s}\n  series: {base-freshness: 1% bad at 1000000000000/s}\n"
        "  expect: [{at: 1m, page: quiet}]\n"),
    "case of a huge share": lambda: case(
        "  series: {base-freshness: {1h-2h: 0." + "3" * 10_000 + "% bad}}\n  expect: [{at: 2h, page: quiet}]\n"),
}  # fmt: skip

RAW: Mapping[str, Callable[[], bytes]] = {
    "bytes that are no UTF-8": lambda: b"a: \xff\xfe",
    "a byte that goes on nothing": lambda: b"a: \x80",
    "half a letter at the end": lambda: b"a: \xf0\x9f\x98",
    "overlong": lambda: b"a: \xc0\xaf",
    "surrogates as bytes": lambda: b"a: \xed\xa0\xbd",
    "UTF-16": lambda: HEAD.encode("utf-16"),
    "UTF-16 without BOM": lambda: HEAD.encode("utf-16-le"),
    "UTF-32": lambda: HEAD.encode("utf-32"),
    "NUL alone": lambda: b"\0",
    "a megabyte of NUL": lambda: b"\0" * (MIB - 1),
    "control characters": lambda: bytes(range(32)),
    "every byte": lambda: bytes(range(256)),
    "one byte more than a megabyte": lambda: b"a" * (MIB + 1),
    "exactly a megabyte": lambda: b"a" * MIB,
    "gzip": lambda: b"\x1f\x8b\x08\x00" + bytes(200),
    **{name: (lambda make=make: make().encode()) for name, make in TEXTS.items()},  # type: ignore[misc]  # bound early
}
