"""The objectives of an SLO: how much is promised, and how slices of time are judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar

from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.openslo.shapes import Length, LengthShape, Number, Percent, Target
from slo_service.definitions.kinds.openslo.sli import IndicatorDraft, IndicatorSpec, indicator_draft
from slo_service.definitions.node import Node
from slo_service.definitions.shape import AtMostOne, Choice, Decimal, ExactlyOne, Reference, Requires
from slo_service.definitions.shape.postponed import NOT_YET
from slo_service.domain.budgeting import Budgeting, Occurrences, RatioTimeslices, Timeslices, nest
from slo_service.domain.indicator import Comparison
from slo_service.domain.tally import Objective

_FALLBACK = Objective(Fraction(1, 2))  # stands in where the objective is wrong; the draft is broken then
_LONGEST_SLUG = 63
SLICED = ("Timeslices", "RatioTimeslices")
BUDGETING = ("Occurrences", *SLICED)


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """How much is promised."""

    display_name: Annotated[str, "Names the objective where an SLO has several."] = ""
    op: Annotated[str, Choice(tuple(Comparison)), "How a good value of a thresholdMetric compares with `value`."] = ""
    value: Annotated[Fraction | None, Decimal(), "What values of a thresholdMetric are compared with."] = None
    target: Annotated[Fraction | None, Target(), "The share of good events that is promised, such as 0.999."] = None
    target_percent: Annotated[Fraction | None, Percent(), "The same in percent, such as 99.9."] = None
    time_slice_target: Annotated[
        Fraction | None, Number(0, 1, above=True), "The share of good events from which a slice of time is good."
    ] = None
    time_slice_window: Annotated[Length | None, LengthShape(minutes=True), "How long a slice of time is."] = None
    indicator: Annotated[IndicatorSpec | None, "Of a composite: its own indicator."] = None
    indicator_ref: Annotated[str, Reference("SLI"), "Of a composite: the SLI that is its own indicator."] = ""
    composite_weight: Annotated[Fraction | None, Number(0, above=True), "How much its burn weighs; 1, else."] = None

    RULES: ClassVar = (
        ExactlyOne(("target", "targetPercent"), "write target: 0.999"),
        AtMostOne(("indicator", "indicatorRef")),
        Requires("compositeWeight", ("indicator", "indicatorRef")),
        Requires("value", ("op",)),
    )

    @property
    def is_member(self) -> bool:
        """Whether it is one part of a composite."""
        return self.indicator is not None or bool(self.indicator_ref)


@dataclass(frozen=True, slots=True)
class Limit:
    """What values of a threshold metric are compared with."""

    op: Comparison
    value: Fraction


@dataclass(frozen=True, slots=True)
class ObjectiveDraft:
    """One objective before its indicator is looked up; `indicator` and `indicator_ref` are those of its own."""

    at: int
    title: str
    node: Node
    objective: Objective
    budgeting: Budgeting
    limit: Limit | None
    indicator: IndicatorDraft | None
    indicator_ref: str
    weight: Fraction

    @property
    def target_mark(self) -> Mark:
        return self.node.at("target" if self.node.child("target") else "targetPercent")

    @property
    def slug(self) -> str:
        """What tells it from the others of its SLO: its display name in the form of a name, else its position."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.title.lower())[:_LONGEST_SLUG].strip("-")
        return slug or str(self.at + 1)


def objective_drafts(
    node: Node, specs: Sequence[ObjectiveSpec], method: str, *, composite: bool
) -> tuple[ObjectiveDraft, ...]:
    """`node` is the list, `method` the budgeting method."""
    items = node.items() if node else []
    found = [_draft(at, item, spec, method) for at, (item, spec) in enumerate(zip(items, specs, strict=False))]
    for item, spec in zip(items, specs, strict=False):
        if composite and not spec.is_member:
            remedy = "add indicator or indicatorRef, or give the SLO one indicator for all its objectives"
            item.fault("E202", f"{item.path} has no indicator, as other objectives have", remedy)
    if composite:
        _one_length(items, found)
    return tuple(found)


def _one_length(items: Sequence[Node], found: Sequence[ObjectiveDraft]) -> None:
    """A slice of a composite is one of each member."""
    lengths = [0 if isinstance(each.budgeting, Occurrences) else each.budgeting.slice_ns for each in found]
    for item, length in zip(items, lengths, strict=False):
        if length and lengths[0] and length != lengths[0]:
            first = items[0].child("timeSliceWindow").written
            what = f"{item.path} has slices of another length than the first objective, whose are of {first}"
            item.child("timeSliceWindow").fault("E412", what, f"write timeSliceWindow: {first}")


def _draft(at: int, node: Node, spec: ObjectiveSpec, method: str) -> ObjectiveDraft:
    inline = spec.indicator
    return ObjectiveDraft(
        at=at,
        title=spec.display_name,
        node=node,
        objective=_objective(node, spec),
        budgeting=_budgeting(node, spec, method),
        limit=Limit(Comparison(spec.op), spec.value) if spec.op and spec.value is not None else None,
        indicator=indicator_draft(node.child("indicator").child("spec"), inline.spec) if inline else None,
        indicator_ref=spec.indicator_ref,
        weight=spec.composite_weight or Fraction(1),
    )


def _budgeting(node: Node, spec: ObjectiveSpec, method: str) -> Budgeting:
    needed = {"Timeslices": ("timeSliceTarget", "timeSliceWindow"), "RatioTimeslices": ("timeSliceWindow",)}
    for key in ("timeSliceTarget", "timeSliceWindow"):
        given = node.child(key)
        if key in needed.get(method, ()) and not given and node.entries():
            example = "0.99" if key == "timeSliceTarget" else "1m"
            node.fault("E202", f"{node.path} has no {key}, which {method} needs", f"add {key}: {example}")
        elif given and key not in needed.get(method, ()):
            given.fault(NOT_YET, f"{given.path} says nothing with {method}", f"it is not used; remove {key}")
    length = spec.time_slice_window
    if length and method in needed and not nest(length.ns):
        what = f"slices of {length.text} do not fit the rows of 1 min and 15 min that counts are kept in"
        node.child("timeSliceWindow").fault("W524", what, "write 1m, 3m, 5m, 15m, 30m or 1h, say")
    if method == "Timeslices" and length and spec.time_slice_target is not None:
        return Timeslices(spec.time_slice_target, length.ns)
    return RatioTimeslices(length.ns) if method == "RatioTimeslices" and length else Occurrences()


def _objective(node: Node, spec: ObjectiveSpec) -> Objective:
    given = spec.target if spec.target is not None else spec.target_percent
    if given is None:
        return _FALLBACK
    target = given if spec.target is not None else given / 100
    written = node.child("target" if spec.target is not None else "targetPercent")
    if 0 < target < 1:
        return Objective(target)
    if target == 1:
        written.fault("E401", "an objective of 100 % leaves no budget", "write what users need, such as target: 0.999")
    else:
        what = f"an objective of {written.written} is outside 0 to 1"
        written.fault("E401", what, "write target: 0.999, or targetPercent: 99.9")
    return _FALLBACK
