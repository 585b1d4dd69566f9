"""Files made to stop the reader: each ends in findings, within two seconds and a bounded amount of memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.definitions.hostile import RAW
from tests.definitions.test_fuzz import BASE, IMPORTS, MIB, TooSlow, load, slo

pytestmark = pytest.mark.story  # takes its time

SOON = [
    *("alias bomb", "wide alias bomb", "one alias many times", "alias within its own anchor, in a list"),
    *("alias within its own anchor, in a mapping", "alias as its own key", "anchor of a megabyte", "lists in a line"),
    *("dashes, deeper and deeper", "keys, deeper and deeper", "NUL", "half a surrogate pair, escaped", "UTF-16"),
    *("bytes that are no UTF-8", "surrogates as bytes", "one byte more than a megabyte", "number of a huge exponent"),
    *("recurrence that never comes", "recurrence each second", "zone that is a folder", "zone that is a path"),
    *("comments that allow", "unknown keys", "tag of a megabyte"),
    *("documents of one letter", "interval in the first year", "interval in the last year"),
    *("cron that never comes", "conditions in conditions", "duration of many digits", "separators"),
]
"""What is looked at with every change; all of it is at night."""

MOST_MEMORY = 150 * MIB
Door = Callable[[Path, bytes], object]


def by(*arguments: str) -> Door:
    def through(folder: Path, raw: bytes) -> str:
        path = folder / "x.yaml"
        path.write_bytes(raw)
        return slo(*(str(path) if each == "FILE" else each for each in arguments))

    return through


DOORS: dict[str, Door] = {
    "load": load,
    "check": by("check", str(BASE), "FILE"),
    "test": by("test", "FILE", "--definitions", str(BASE)),
    **{f"import {tool}": by("import", tool, "FILE") for tool in IMPORTS},
}


@pytest.mark.parametrize("name", SOON)
def test_a_hostile_file_ends_soon(tmp_path, name):
    load(tmp_path, RAW[name]())


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", RAW)
def test_a_hostile_file_ends_soon_at_every_door(tmp_path, name, door):
    DOORS[door](tmp_path, RAW[name]())


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", RAW)
def test_a_hostile_file_takes_a_bounded_amount_of_memory(tmp_path, name):
    raw = RAW[name]()
    tracemalloc.start()
    try:
        load(tmp_path, raw)
        _, peak = tracemalloc.get_traced_memory()
    except TooSlow:  # tracing takes several times as long
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{peak >> 20} MiB"
