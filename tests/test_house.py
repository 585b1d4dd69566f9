"""The house style, held by a machine: sizes, names, clocks, imports, and nothing that names where we work."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLOCK = ROOT / "slo_service" / "runtime" / "clock.py"
MODULES = sorted((ROOT / "slo_service").rglob("*.py"))
OURS = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]

MODULE_LINES, FUNCTION_LINES = 300, 60
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}
CLOCK_READINGS = {
    *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
}
MENTIONS_TIME = re.compile(r"\b(date)?time\b")  # who names neither module cannot read their clocks
# Written in parts, so that this file does not find itself.
PLACES = re.compile(
    "|".join(
        one + other
        for one, other in [
            (r"pypi\.", "org"),
            (r"files\.python", "hosted"),
            (r"registry\.npm", "js"),
            (r"repo1?\.", "maven"),
            ("/wo", "rk/"),
            ("/r", "oot/"),
            (r"\.\./", "shared"),
            ("--(extra-)?index", "-url"),
            ("find", "-links"),
        ]
    )
)
CODES = r"(?::?\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?"
EXCUSE = re.compile(rf"#\s*(?:noqa{CODES}|type:\s*ignore(?:\[[^]]*\])?)(?P<rest>.*)$")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All of a module, those within others too; only statements hold them, and so no expression is looked into."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(tree, name, ()) if not isinstance(tree, ast.expr) else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node
            yield from functions(node)


def test_a_module_fits_in_the_head() -> None:
    assert [name_of(path) for path in OURS if len(path.read_text().splitlines()) > MODULE_LINES] == []


def test_a_function_fits_on_the_screen() -> None:
    long = [
        f"{name_of(path)}: {node.name}: {lines} lines"
        for path in OURS
        for node in functions(ast.parse(path.read_text()))
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert long == []


def test_a_module_is_named_by_its_noun() -> None:
    empty = [path for path in OURS if not EMPTY_NAMES.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)]
    assert [name_of(path) for path in empty] == []


def test_the_clock_is_read_in_one_place() -> None:
    readings = [
        (name_of(path), reading)
        for path in MODULES
        if path != CLOCK and MENTIONS_TIME.search(text := path.read_text())
        for reading in clock_readings(ast.parse(text))
    ]
    assert readings == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ntime.time()", id="called"),
        pytest.param("from time import monotonic as m\nloop(clock=m)", id="handed on under another name"),
        pytest.param("import datetime as dt\ndt.datetime.now(dt.UTC)", id="through the module"),
        pytest.param("from datetime import datetime\nfield(default_factory=datetime.utcnow)", id="as a default"),
    ],
)
def test_no_reading_of_a_clock_escapes_the_search(source: str) -> None:
    assert len(list(clock_readings(ast.parse(source)))) == 1


def test_the_domain_needs_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"slo_service"}
    foreign = {
        f"{name_of(path)}: {module}"
        for path in (ROOT / "slo_service" / "domain").rglob("*.py")
        for module in imported_modules(ast.parse(path.read_text()))
        if module.partition(".")[0] not in allowed
    }
    assert foreign == set()


def test_imports_point_upstream_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_names_a_package_index_or_the_machine_it_was_made_on() -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in project_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if PLACES.search(line)
    ]
    assert found == []


def test_every_exception_to_a_rule_has_its_reason() -> None:
    lines = [(name_of(path), line.strip()) for path in OURS for line in path.read_text().splitlines()]
    assert [each for each in lines if lacks_a_reason(each[1])] == []


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("x = f()  # no" + "qa: S101", True),
        ("x = f()  # no" + "qa: S101 -- our own input", False),
        ("x = f()  # type" + ": ignore[arg-type]", True),
        ("x = f()  # type" + ": ignore[arg-type]  # the stub is older than the library", False),
    ],
)
def test_an_excuse_without_a_reason_is_seen(line: str, lacks: bool) -> None:
    assert lacks_a_reason(line) is lacks


def lacks_a_reason(line: str) -> bool:
    excuse = EXCUSE.search(line)
    return excuse is not None and len(excuse["rest"].strip("-–—:# ")) < len("why not")


def clock_readings(tree: ast.Module) -> Iterator[str]:
    """Every mention of a function that tells the time, whatever name it was imported under."""
    names = dict(imported_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            head, _, rest = dotted(node).partition(".")
            if (meant := ".".join(filter(None, (names.get(head), rest)))) in CLOCK_READINGS:
                yield f"line {node.lineno}: {meant}"


def dotted(node: ast.AST) -> str:
    """`a.b.c`; of what begins with a call or the like only what comes after it, behind a dot."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((one.asname or one.name.partition(".")[0], one.name) for one in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)


def imported_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


def project_files() -> list[Path]:
    """What is tracked or about to be; in an unpacked archive without git there is nothing to ask."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")
