"""What can be said against an adjustment: it selects nothing, is over, or overlaps another."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.definitions.document import Draft
from slo_service.definitions.kinds.kind import Linked
from slo_service.definitions.kinds.selector import selects_nothing
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.definitions.shape.postponed import not_yet
from slo_service.domain.adjustment import Adjustment, Category
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import rfc3339
from slo_service.domain.pipeline import Pipeline


def check(linked: Linked, notes: Notebook) -> None:
    sound = [draft for draft in linked.drafts.every(Adjustment) if not draft.broken]
    for draft in sound:
        if draft.value.replay is not None:
            instead = "until then all that arrives in its intervals is left out of duplicates and lag, fresh events too"
            not_yet(draft.document.spec.child("replay"), instead)
        if not selects_nothing(draft.document, draft.value.selector, "adjustment", linked, notes):
            _hop(draft, linked, notes)
        _expired(draft, notes)
    _overlaps(sound, linked, notes)


def _hop(draft: Draft[Adjustment], linked: Linked, notes: Notebook) -> None:
    replay = draft.value.replay
    if replay is None or linked.unread:
        return
    pipelines = linked.drafts.sound(Pipeline)
    names = {slo.pipeline for slo in linked.selected(draft.value.selector) if slo.pipeline}
    known = {SOURCE, SINK}.union(*(pipelines[name].hops for name in names if name in pipelines))
    if replay.hop not in known and names <= pipelines.keys():
        mark = draft.document.spec.at("replay", "hop")
        notes.add(mark, "E302", f"no selected pipeline has the hop {replay.hop}", nearest(replay.hop, known))


def _expired(draft: Draft[Adjustment], notes: Notebook) -> None:
    expires = draft.value.expires_ns
    if expires is not None and notes.now_ns is not None and expires <= notes.now_ns:
        mark = draft.document.spec.at("expires")
        what = f"the adjustment {draft.document.name} is over since {rfc3339(expires)}"
        notes.add(mark, "W518", what, "remove it once its time is out of every budget window, or write a later expires")


def _overlaps(drafts: list[Draft[Adjustment]], linked: Linked, notes: Notebook) -> None:
    """Single times, in the order of their beginnings, each against those that are not over yet. Two replays of
    different events may overlap."""
    open_: list[tuple[int, Draft[Adjustment]]] = []
    told: set[tuple[str, str]] = set()
    for begin_ns, end_ns, index, draft in sorted(_spans(drafts), key=lambda found: found[:3]):
        open_ = [each for each in open_ if each[0] > begin_ns]
        for _, other in open_:
            pair = (other.document.name, draft.document.name)
            if pair not in told and _alike(other.value, draft.value, linked):
                told.add(pair)
                what = f"the adjustments {pair[0]} and {pair[1]} overlap"
                if pair[0] == pair[1]:
                    what = f"two intervals of the adjustment {pair[0]} overlap"
                mark = draft.document.spec.at("intervals", index)
                notes.add(mark, "W517", what, "let each time be in one of them only")
        open_.append((end_ns, draft))


def _spans(drafts: list[Draft[Adjustment]]) -> Iterator[tuple[int, int, int, Draft[Adjustment]]]:
    for draft in drafts:
        for index, span in enumerate(draft.value.spans):
            yield span.from_ns, span.to_ns, index, draft


def _alike(one: Adjustment, other: Adjustment, linked: Linked) -> bool:
    """Whether both are about one SLO, and in the way of each other there."""
    if one.category is other.category is Category.REPLAY and one.name != other.name:
        return False
    return any(other.selector.matches(slo.labels) for slo in linked.selected(one.selector))
