"""Every value of a source is in the output, or is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from slo_service.definitions.importing import Imported, sloth
from slo_service.definitions.tree import Entries, Items, Scalar, Tree, parse
from tests.definitions.importing.examples import EVERYTHING, EXAMPLES, convert, name_of


@dataclass(frozen=True)
class Leaf:
    path: str
    first_line: int  # of its document, and of the next
    next_line: int
    scalar: Scalar

    def is_changed(self, imported: Imported) -> bool:
        return any(loss.kept and loss.path == self.path for loss in imported.losses)

    def is_listed(self, imported: Imported) -> bool:
        return any(
            not loss.kept
            and (self.path == loss.path or self.path.startswith((f"{loss.path}.", f"{loss.path}[")))
            and self.first_line <= loss.line < self.next_line
            for loss in imported.losses
        )


def leaves_of(path: Path) -> list[Leaf]:
    sources = parse(path.name, path.read_text()).sources
    starts = [source.root.mark.line for source in sources] + [1 << 30]
    return [
        Leaf(where, starts[number], starts[number + 1], scalar)
        for number, source in enumerate(sources)
        for where, scalar in walk(source.root, "")
    ]


def walk(tree: Tree, path: str) -> Iterator[tuple[str, Scalar]]:
    match tree:
        case Entries(entries=entries):
            for key, (_, below) in entries.items():
                yield from walk(below, f"{path}.{key}" if path else key)
        case Items(items=items):
            for number, below in enumerate(items):
                yield from walk(below, f"{path}[{number}]")
        case Scalar():
            yield path, tree
        case _:
            raise AssertionError(path)


def disturbed(text: str, scalar: Scalar) -> str:
    """The file with another value at that place."""
    lines = text.splitlines(keepends=True)
    line, column = scalar.mark.line - 1, scalar.mark.column - 1
    before, after = "".join(lines[:line]) + lines[line][:column], lines[line][column:] + "".join(lines[line + 1 :])
    if after.startswith((">", "|")):
        head, _, body = after.partition("\n")
        return f"{before}{head}\n{body.replace('sum(', 'sum  (', 1)}"
    if after.startswith(('"', "'")):
        return f"{before}{after[0]}{other(scalar.text)}{after[0]}{after[1:].partition(after[0])[2]}"
    assert after.startswith(scalar.text)
    return before + other(scalar.text) + after[len(scalar.text) :]


def other(text: str) -> str:
    if text in {"true", "false"}:
        return "false" if text == "true" else "true"
    if text == "all_total":
        return "all_total_2"
    return text + "1" if text.replace(".", "").lstrip("-").isdigit() else f"a{text}"


def said(imported: Imported) -> tuple[str, list[tuple[str, str]]]:
    return imported.text, [(loss.path, loss.what) for loss in imported.losses]


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_what_is_not_listed_changes_the_output_when_it_changes(path: Path) -> None:
    text, whole = path.read_text(), convert(path)
    assert whole.ok
    silent = [
        leaf.path
        for leaf in leaves_of(path)
        if not leaf.is_listed(whole) and said(convert(path, disturbed(text, leaf.scalar))) == said(whole)
    ]
    assert silent == []


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_every_value_of_an_example_is_taken_or_listed(path: Path) -> None:
    """What stands in the output is found there word for word, or is one of few that have another form there."""
    imported = convert(path)
    told = imported.text.replace('\\"', '"')
    missing = [
        leaf.path
        for leaf in leaves_of(path)
        if not leaf.is_listed(imported) and not leaf.is_changed(imported)
        if not any(word in told for word in forms(leaf))
    ]
    assert missing == []


def forms(leaf: Leaf) -> list[str]:
    """How a value may stand in the output. An empty form stands for what the structure of the output says."""
    key = leaf.path.rpartition(".")[2]
    if key in {"apiVersion", "kind", "version", "items"} or leaf.path in {"spec.method", "spec.backend"}:
        return [""]
    if key in {"disable", "disabled", "burnrates", "alert", "error_budget_policy"} or "operators[" in leaf.path:
        return [""]  # tells which tiers there are, of which severity; how a count is asked for
    if key.lower().endswith(("query", "expression", "filter_good", "filter_valid", "filter_bad")):
        return [leaf.scalar.text.strip().rstrip("}"), *(part.strip() for part in pieces(leaf.scalar.text))]
    if key in {"objective", "target"}:
        return [f"target: {(Decimal(leaf.scalar.text) / 100).normalize():f}"]
    if key == "window" or ".severities." in leaf.path or key == "latency":
        return [""]  # durations are written in their shortest form, severities as ours
    return [leaf.scalar.text.strip(), leaf.scalar.text.lower().replace("_", "-").replace(" ", "-"),
            leaf.scalar.text.replace("${", "$(").replace("}", ")")]  # fmt: skip


def pieces(query: str) -> list[str]:
    """The selectors in a query over a window."""
    found = []
    for part in query.split("["):
        start = max(part.rfind("("), 0)
        found.append(part[start:].strip("() "))
    return [piece for piece in found if piece and "window" not in piece]


def test_a_label_that_another_wins_over_is_listed() -> None:
    text = (
        "version: prometheus/v1\nservice: s\nlabels: {team: one}\nslos:\n- name: a\n  objective: 99\n"
        "  labels: {team: two}\n  sli: {events: {error_query: 'sum(rate(a[{{.window}}]))', "
        "total_query: 'sum(rate(b[{{.window}}]))'}}\n"
    )
    losses = sloth.convert(text, "s.yaml").losses
    assert [(loss.line, loss.path) for loss in losses] == [(3, "labels.team")]
