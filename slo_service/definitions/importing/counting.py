"""Ratios over a window → what is counted. A collector differences each series of a counter and adds the differences
up, which is what `sum(increase(…))` does; so the series themselves are the query, and no sum: the difference of a sum
would take one restarted replica for a reset of all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slo_service.definitions.importing.promql import WINDOW, Binary, Call, Expression, Number, Selector, read

SLICE = "10s"  # counts of samples are taken slice by slice
SMOOTHED = "5m"  # ratios that cannot be taken apart are looked at over this range
_RATES = {"rate", "increase"}
_SAMPLES = {"count_over_time", "sum_over_time"}


@dataclass(frozen=True, slots=True)
class Ratio:
    """`side` says what `part` counts: good or bad. Both queries are counters, or (`counter` false) counts of a slice.
    `grouped` is the grouping that is given up, `first` that a tool would have looked at one of several series only."""

    side: str
    part: str
    total: str
    counter: bool
    grouped: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class _Count:
    """The series that are added up. `unit` tells a rate from an increase: only alike ones give a ratio."""

    series: tuple[str, ...]
    unit: str
    zero: bool = False
    grouped: str = ""
    summed: bool = False

    @property
    def query(self) -> str:
        text = union(self.series)
        return f"{text} or vector(0)" if self.zero else text


def union(series: tuple[str, ...]) -> str:
    """All series of several selectors. `or` drops the right one of two with the same labels, so each gets its own."""
    if len(series) == 1:
        return series[0]
    return " or ".join(
        f'label_replace({each}, "slo_part", "{number}", "", "")' for number, each in enumerate(series, start=1)
    )


def ratio_of(part: str, total: str, side: str) -> Ratio | None:
    """Two queries over `WINDOW`, of which the first counts the good or bad among what the second counts."""
    above, below = read(part), read(total)
    return _ratio(above, below, side) if above and below else None


def ratio_in(query: str, side: str) -> Ratio | None:
    """One query over `WINDOW` that yields the share of good or bad events."""
    tree = read(query)
    while isinstance(tree, Binary) and tree.operator == "-" and tree.left == Number("1"):
        tree, side = tree.right, _other(side)
    if isinstance(tree, Binary) and tree.operator == "/":
        return _ratio(tree.left, tree.right, side)
    return None


def _other(side: str) -> str:
    return "good" if side == "bad" else "bad"


def _ratio(above: Expression, below: Expression, side: str) -> Ratio | None:
    total = _count(below)
    if total is None:
        return _of_samples(above, below, side)
    if isinstance(above, Binary) and above.operator == "-" and _count(above.left) == total:
        above, side = above.right, _other(side)
    part = _count(above)
    if part is None or part.unit != total.unit:
        return None
    first = not (part.summed and total.summed)
    return Ratio(side, part.query, total.query, True, part.grouped or total.grouped, first)


def _count(tree: Expression) -> _Count | None:
    match tree:
        case Call(name, (Selector(span, range=range_),), "") if name in _RATES and range_ == WINDOW:
            return _Count((span,), name)
        case Call("sum", (inside,), grouping):
            counted = _count(inside)
            return replace(counted, grouped=counted.grouped or grouping, summed=True) if counted else None
        case Binary("or", left, Call("vector", (Number("0"),), "")):
            counted = _count(left)
            return replace(counted, zero=True) if counted else None
        case Binary("+", left, right):
            one, other = _count(left), _count(right)
            if one is None or other is None or one.unit != other.unit:
                return None
            return replace(
                one,
                series=(*one.series, *other.series),
                zero=one.zero or other.zero,
                grouped=one.grouped or other.grouped,
                summed=one.summed and other.summed,
            )
        case _:
            return None


def _of_samples(above: Expression, below: Expression, side: str) -> Ratio | None:
    """Sums over the samples of a window are the sums over its slices, added up; so is any difference of such."""
    part, total = _samples(above), _samples(below)
    return Ratio(side, part, total, counter=False) if part and total else None


def _samples(tree: Expression) -> str:
    """The same over a slice; empty when it is no such sum."""
    match tree:
        case Call("sum", (Call(name, (Selector(span, range=range_),), ""),), "") if name in _SAMPLES:
            return f"sum({name}({span}[{SLICE}]))" if range_ == WINDOW else ""
        case Binary("+" | "-" as operator, left, right):
            one, other = _samples(left), _samples(right)
            return f"{one} {operator} {other}" if one and other else ""
        case Binary("or", left, Call("vector", (Number("0"),), "")):
            one = _samples(left)
            return f"{one} or vector(0)" if one else ""
        case _:
            return ""
