"""`openslo/v1alpha`, with its kinds SLO and Service, as `openslo/v1`. A measurement stood in the objective there, and
its source was a name beside the query."""

from __future__ import annotations

import re

from slo_service.definitions.finding import Mark
from slo_service.definitions.literal import literal
from slo_service.definitions.openslo_versions.rewriting import (
    Changes,
    Rewriting,
    mapping,
    quoted_text,
    rewrite,
)
from slo_service.definitions.openslo_versions.splitting import MOST, split_objectives
from slo_service.definitions.tree import Entries, Items, Scalar, Tree

VERSION = "openslo/v1alpha"
_UNITS = dict(zip(("Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter", "Year"), "smhdwMQY", strict=True))
_COUNT = re.compile(r"[0-9]{1,9}")
_SLICE = "1m"
_RATIOS = ("ratioMetrics", "ratioMetric")  # the text has both


def upgrade(root: Entries, changes: Changes) -> tuple[Entries, ...]:
    """Several documents where objectives measure different things, which v1 has one SLO each for."""
    top = rewrite(root)
    spec = top.get("spec")
    if top.text("kind") != "SLO" or not isinstance(spec, Entries):
        return (root,)
    inside = rewrite(spec)
    _windows(inside, changes)
    _threshold(top, inside, changes)
    measured = _objectives(top, inside, changes)
    top.entries["spec"] = (top.entries["spec"][0], inside.tree)
    if len(measured) > 1:
        return split_objectives(top, inside, changes, indicators=measured)
    if measured and measured[0] is not None:
        inside.put("indicator", measured[0], before="timeWindow")
    top.entries["spec"] = (top.entries["spec"][0], inside.tree)
    return (top.tree,)


def _windows(spec: Rewriting, changes: Changes) -> None:
    windows = spec.get("timeWindows")
    if isinstance(windows, Items) and not windows.items:
        spec.take("timeWindows")
        changes.say(windows.mark, "spec.timeWindows", "is empty and left out", kept=False)
    if mark := spec.rename("timeWindows", "timeWindow"):
        changes.say(mark, "spec.timeWindows", "is timeWindow")
    spec.each("timeWindow", lambda window: _window(window, changes))


def _window(tree: Entries, changes: Changes) -> Tree:
    window = rewrite(tree)
    unit, count = window.text("unit"), window.text("count")
    if not unit or not count or "duration" in window.entries:
        return tree  # whoever reads it says what is wrong
    duration = _duration(unit, count)
    mark, _ = window.entries["unit"]
    window.take("count")
    window.rename("unit", "duration")
    window.entries["duration"] = (mark, quoted_text(tree.entries["unit"][1].mark, duration))
    changes.say(mark, "timeWindows.unit", f"{unit} and count: {count} are duration: {duration}")
    if "isRolling" not in window.entries and "calendar" not in window.entries:
        window.put("isRolling", Scalar(tree.mark, "true", plain=True))
        changes.say(tree.mark, "timeWindows", "rolls now: isRolling: true is added, as there is no calendar")
    return window.tree


def _duration(unit: str, count: str) -> str:
    """What is not known gives what is no duration, to be refused where it was written."""
    if unit not in _UNITS or not _COUNT.fullmatch(count):
        return f"{count} {unit}"
    number, letter = int(count), _UNITS[unit]
    return f"{number // 60}m" if letter == "s" and number % 60 == 0 else f"{number}{letter}"


def _threshold(top: Rewriting, spec: Rewriting, changes: Changes) -> None:
    indicator = spec.get("indicator")
    if indicator is not None and not spec.holds("indicator"):
        spec.take("indicator")
        changes.say(indicator.mark, "spec.indicator", "is empty and left out", kept=False)
    elif isinstance(indicator, Entries) and isinstance(metric := rewrite(indicator).get("thresholdMetric"), Entries):
        inside = rewrite(indicator)
        inside.entries["thresholdMetric"] = (inside.entries["thresholdMetric"][0], _metric(metric, changes))
        mark = spec.entries["indicator"][0]
        spec.entries["indicator"] = (mark, _indicator(top, inside.tree))
        changes.say(mark, "indicator.thresholdMetric", "is indicator.spec.thresholdMetric")


def _indicator(top: Rewriting, spec: Entries) -> Entries:
    """Inline, named as the SLO is."""
    meta = top.get("metadata")
    name = rewrite(meta).get("name") if isinstance(meta, Entries) else None
    named = mapping(name.mark, name=name) if name is not None else mapping(spec.mark)
    return mapping(spec.mark, metadata=named, spec=spec)


def _metric(tree: Entries, changes: Changes) -> Entries:
    """`{source, queryType, query, metadata}` → `{metricSource: {type, spec: {queryType, query, metadata}}}`."""
    metric = rewrite(tree)
    source = metric.take("source")
    changes.say(tree.mark, "source", "is metricSource.type, and queryType, query and metadata are in metricSource.spec")
    held = rewrite(mapping(tree.mark))
    if source is not None:
        held.put("type", source[1], source[0])
    held.put("spec", metric.tree)
    return mapping(tree.mark, metricSource=held.tree)


def _objectives(top: Rewriting, spec: Rewriting, changes: Changes) -> list[Entries | None]:
    """Takes the measurements out of the objectives: one when they are the same, one an objective when they differ. None
    are taken where the SLO measures something itself: what is then too much stays, and is refused."""
    timeslices = spec.text("budgetingMethod") == "Timeslices"
    refused = "indicator" in spec.entries or _too_many(spec, changes)
    measured: list[Entries | None] = []

    def change(tree: Entries) -> Tree:
        objective = rewrite(tree)
        measured.append(None if refused else _ratio(top, objective, changes))
        if mark := objective.rename("targetTimeSlices", "timeSliceTarget"):
            changes.say(mark, "objectives.targetTimeSlices", "is timeSliceTarget")
        if timeslices and "timeSliceWindow" not in objective.entries:
            objective.put("timeSliceWindow", quoted_text(tree.mark, _SLICE))
            changes.say(tree.mark, "objectives", f"get timeSliceWindow: {_SLICE}, as {VERSION} has no word for it")
        return objective.tree

    spec.each("objectives", change)
    if all(measured) and len({repr(literal(each)) for each in measured if each}) <= 1:
        return measured[:1]
    return measured if any(measured) else []


def _too_many(spec: Rewriting, changes: Changes) -> bool:
    """Different measurements, so that what is made of one document stays within bounds."""
    objectives = spec.get("objectives")
    if not isinstance(objectives, Items) or len(objectives.items) <= MOST:
        return False
    inside = [rewrite(item) for item in objectives.items if isinstance(item, Entries)]
    found = [ratio for each in inside for key in _RATIOS if (ratio := each.get(key)) is not None]
    differ = len({repr(literal(ratio)) for ratio in found}) > 1
    if differ:
        changes.say(objectives.mark, "spec.objectives", f"stay as they are, being more than {MOST} that differ")
    return differ


def _ratio(top: Rewriting, objective: Rewriting, changes: Changes) -> Entries | None:
    key = next((key for key in _RATIOS if key in objective.entries), "")
    tree = objective.get(key)
    if not isinstance(tree, Entries):
        return None
    mark, _ = objective.entries.pop(key)
    changes.say(mark, f"objectives.{key}", "is indicator.spec.ratioMetric")
    for name in ("value", "op"):
        if (idle := objective.take(name)) is not None:
            changes.say(idle[0], f"objectives.{name}", "is left out, as it says nothing of a ratio", kept=False)
    ratio = rewrite(tree)
    if renamed := ratio.rename("incremental", "counter"):
        changes.say(renamed, f"{key}.incremental", "is counter")
    for side in ("good", "total"):
        ratio.each(side, lambda metric: _metric(metric, changes))
    return _indicator(top, _under(mark, "ratioMetric", ratio.tree))


def _under(mark: Mark, key: str, tree: Tree) -> Entries:
    return Entries(mark, {key: (mark, tree)})
