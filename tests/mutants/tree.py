"""The copy of the checkout that mutants are tested in, so that the checkout itself is never touched."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

MADE = {"__pycache__", "_build", ".hypothesis"}
COPIED = (
    "slo_service",
    "tests",
    "slo_definitions",
    "alert_rules",
    "dashboards",
    "benchmarks",
    "docs",
    "pyproject.toml",
    "README.md",
)
PACKAGES = ("domain", "evaluate")
TESTS = ("tests/domain", "tests/evaluate", "tests/decide")


def refresh(checkout: Path, tree: Path) -> None:
    """Makes `tree` a copy of what the tests need; files that are the same stay as they are, with their byte code."""
    wanted = {
        path.relative_to(checkout)
        for name in COPIED
        for path in ([checkout / name] if (checkout / name).is_file() else (checkout / name).rglob("*"))
        if path.is_file() and MADE.isdisjoint(path.relative_to(checkout).parts)
    }
    for path in [each for each in tree.rglob("*") if each.is_file() and MADE.isdisjoint(each.parts)]:
        if path.relative_to(tree) not in wanted:
            path.unlink()
    for name in wanted:
        source, copy = checkout / name, tree / name
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def modules(tree: Path, package: str, only: str = "") -> list[str]:
    """The modules of `slo_service/<package>` whose path contains `only`, from the tree's root."""
    paths = sorted((tree / "slo_service" / package).rglob("*.py"))
    return [name for path in paths if only in (name := str(path.relative_to(tree)))]


def test_modules(tree: Path) -> list[str]:
    return sorted(str(path.relative_to(tree)) for name in TESTS for path in (tree / name).rglob("test_*.py"))


def digest(tree: Path, names: Iterable[str]) -> str:
    total = hashlib.sha256()
    for name in sorted(names):
        total.update(name.encode() + b"\0" + (tree / name).read_bytes())
    return total.hexdigest()[:16]


def ground(tree: Path) -> list[str]:
    """What decides which lines a test reaches, the test itself apart: the package and what its tests share."""
    shared = [path for name in TESTS for path in (tree / name).rglob("*.py") if not path.name.startswith("test_")]
    return [str(path.relative_to(tree)) for path in [*(tree / "slo_service").rglob("*.py"), *shared]]
