"""The sentence above a pipeline: what does not come through, where, since when and on how much of it; or since when all
is well again, and what had been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slo_service.domain.indicator import SINK, SOURCE
from slo_service.show.web import words
from slo_service.show.web.view.hops import Hop
from slo_service.show.web.view.passage import Marked, Passage, Trouble, longest_gap
from slo_service.show.web.view.said import At, Said

_UNSEEN = frozenset({"pending", "unobservable"})


@dataclass(frozen=True, slots=True)
class Course:
    """How a trouble went. `still`: between which instants nothing passed on the partitions it concerned; its end is
    None while nothing does. `missed` of `judged` canaries were over the limit, `missing` have not arrived at all."""

    partitions: tuple[int, ...]
    still: tuple[int, int | None] | None
    missed: int
    judged: int
    missing: int
    longest_ns: int


def course(passed: Passage, found: Trouble) -> Course:
    now = passed.flock.now_ns
    within = (passed.sent >= found.since_ns) & (passed.sent <= (found.until_ns or now))
    missed = within & passed.missed
    concerned = np.unique(passed.partition[missed])
    late = passed.age[missed & passed.arrived]
    return Course(
        tuple(int(number) for number in concerned),
        _still(passed, found, np.isin(passed.partition, concerned)),
        int(missed.sum()),
        int((within & (passed.arrived | passed.missed)).sum()),
        int((missed & ~passed.arrived & (passed.age > passed.flock.canary.deadline_ns)).sum()),
        int(late.max()) if len(late) else 0,
    )


def _still(passed: Passage, found: Trouble, concerned: Marked) -> tuple[int, int | None] | None:
    """The longest stretch without an arrival, if it is longer than a canary may take."""
    limit = passed.flock.limit_ns
    end = found.until_ns or passed.flock.now_ns
    arrivals = np.sort((passed.sent + passed.age)[passed.arrived & concerned])
    arrivals = arrivals[(arrivals >= found.since_ns - 2 * limit) & (arrivals <= end)]
    if found.until_ns is None and any(one is not None and one.missed for one in passed.waiting.values()):
        last = int(arrivals[-1]) if len(arrivals) else found.since_ns
        if end - last > limit:
            return last, None
    gap = longest_gap(arrivals)
    return gap if gap and gap[1] - gap[0] > limit else None


def _where(hop: Hop) -> tuple[str, str]:
    """(what comes through does, what stands still)."""
    if hop.name == SOURCE:
        return f"arrived in {hop.title}", f"sending to {hop.title}"
    return (f"reached {hop.title}", f"loading of {hop.title}") if hop.name == SINK else (f"passed {hop.name}", hop.name)


def _scope(told: Course, of: int) -> str:
    """Empty when all partitions are concerned."""
    if len(told.partitions) >= of:
        return ""
    names = words.listing([f"{number}" for number in told.partitions])
    return f"{'partition' if len(told.partitions) == 1 else 'partitions'} {names} of {of}"


def _missing(told: Course, passed: Passage) -> str:
    if not told.missing:
        return ""
    deadline = words.duration(passed.flock.canary.deadline_ns)
    have = "has" if told.missing == 1 else "have"
    return f" {words.plural(told.missing, 'canary', 'canaries')} {have} not arrived by {deadline} and may still arrive."


def present_trouble(hop: Hop, passed: Passage, found: Trouble) -> Said:
    told, oldest = course(passed, found), passed.oldest
    waits = f"; the oldest canary has waited {words.duration(oldest.age_ns)}" if oldest and oldest.missed else ""
    scope = _scope(told, len(passed.flock.partitions))
    rest = " The rest is current." if scope else ""
    come, _ = _where(hop)
    if told.still is not None and told.still[1] is None:
        nothing = f"On {scope} nothing has {come} since " if scope else f"Nothing has {come} since "
        return (nothing, At(told.still[0]), f"{waits}.{rest}{_missing(told, passed)}")
    limit = words.duration(passed.flock.limit_ns)
    part = f" on {scope}" if scope else ""
    counts = f" {told.missed:,} of {told.judged:,} canaries{part} have not {come} within {limit}{waits}."
    return ("Since ", At(found.since_ns), f"{counts}{rest}{_missing(told, passed)}")


def past_trouble(hop: Hop, passed: Passage, found: Trouble, fresh_ns: int) -> Said:
    told = course(passed, found)
    _, name = _where(hop)
    scope = _scope(told, len(passed.flock.partitions))
    part = f" on {scope}" if scope else ""
    counts = f"{told.missed:,} of {told.judged:,} canaries were late"
    longest = f", by up to {words.duration(told.longest_ns)} in all" if told.longest_ns else ""
    head: Said = ("Fresh again since ", At(fresh_ns), "; ")
    if told.still is not None and told.still[1] is not None:
        stood: Said = (f"{name} stood still{part} ", At(told.still[0]), "–", At(told.still[1]))
        return (*head, *stood, f", and {counts}{longest}.{_missing(told, passed)}")
    between: Said = ("between ", At(found.since_ns), " and ", At(found.until_ns or fresh_ns))
    return (*head, *between, f" {counts} at {hop.title}{part}{longest}.{_missing(told, passed)}")


def _blind(passed: Mapping[str, Passage]) -> Said | None:
    """Our own reader of the sink has seen nothing of late, and what was sent is not known to be late."""
    sink = passed[SINK]
    flock = sink.flock
    since = flock.now_ns - flock.limit_ns - 3 * flock.canary.every_ns
    due = [
        one for one in flock.traces if since - 3 * flock.canary.every_ns <= one.sent_ns <= flock.now_ns - flock.limit_ns
    ]
    neither = ". That is neither good nor bad; nothing is concluded from it until they can be seen again."
    if due and all(SINK not in one.seen_ns and one.verdict in _UNSEEN for one in due):
        seen = max((one.seen_ns[SINK] for one in flock.traces if SINK in one.seen_ns), default=None)
        when: Said = () if seen is None else (" since ", At(seen))
        return ("Canaries could not be looked up at the sink", *when, neither)
    if not due and flock.traces and flock.traces[-1].sent_ns < since:
        return (
            "No canary has been sent since ",
            At(flock.traces[-1].sent_ns),
            ". What is not measured is neither good nor bad.",
        )
    return None


def sentence(drawn: Sequence[Hop], passed: Mapping[str, Passage]) -> Said:
    """`passed` is empty without a canary."""
    if not passed:
        return ("No canary is defined for this pipeline, so only consumer lag can be shown.",)
    flock = passed[SINK].flock
    if not flock.traces:
        return ("No canary has been sent yet; the first figures come within a minute of the first ones.",)
    first = next((hop for hop in drawn if hop.first_bad), None)
    if first is not None and first.trouble is not None and first.trouble.until_ns is None:
        return present_trouble(first, passed[first.name], first.trouble)
    blind = _blind(passed)
    if blind is not None:
        return blind
    if first is not None and first.trouble is not None:
        ended = [hop.trouble.until_ns for hop in drawn if hop.trouble is not None and hop.trouble.until_ns is not None]
        return past_trouble(first, passed[first.name], first.trouble, max(ended))
    return (f"Every hop shows canaries within {words.duration(flock.limit_ns)}.",)
