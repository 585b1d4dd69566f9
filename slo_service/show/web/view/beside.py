"""What stands beside the live figures of an objective: its past, what was adjusted, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.adjustment import Adjustment, Span
from slo_service.domain.instant import HOUR
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.adjust.adjusted import Occurrence
from slo_service.evaluate.adjust.recurrence import MOST_STARTS
from slo_service.evaluate.chance.binomial import OVERDISPERSED
from slo_service.evaluate.outlook.forecast import Return
from slo_service.evaluate.outlook.worst import Episode
from slo_service.show.counted import Others, member_figures, unit_of
from slo_service.show.retrospect import Retrospect
from slo_service.show.web import words
from slo_service.show.web.view import marks
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.said import At, Said

MOST_EPISODES = 8  # shown; the API has them all
MOST_ADJUSTMENTS = 20

Adjusted = Sequence[tuple[Occurrence, Adjustment]]


@dataclass(frozen=True, slots=True)
class WorstRow:
    window: str
    burn: str  # empty where no stretch of this length was measured well enough
    span: str
    counts: str
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    from_ns: int
    lasted: str
    counts: str
    share: str


@dataclass(frozen=True, slots=True)
class PastView:
    worst: tuple[WorstRow, ...]
    clean: bool  # nothing failed at all
    failed: str  # `3 episodes, 41 failures`
    episodes: tuple[EpisodeRow, ...]  # newest first
    comes_back: Said
    reason: str


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    name: str
    category: str
    author: str
    reason: str
    declared: Span
    carried_out: Span
    snapped: bool  # the edges were moved outward


@dataclass(frozen=True, slots=True)
class MemberRow:
    name: str
    target: str
    weight: str
    slo: str  # of the objective that is measured on the same stream; empty where there is none
    mark: Mark | None
    hour: str


def past_view(slo: Slo, status: Status, found: Retrospect) -> PastView:
    """What failed in the last moments may not be in it yet, and is not denied."""
    clean = not found.episodes and not status.budget.reading.tally.bad
    bad, number = sum(each.bad for each in found.episodes), len(found.episodes)
    failures = words.count(Fraction(bad, unit_of(slo))) if unit_of(slo) > 1 else f"{bad:,}"
    failed = f"{words.plural(number, 'episode')}, {failures} {'failure' if bad == 1 else 'failures'}"
    return PastView(
        worst=() if found.reason or not any(found.worst.values()) else tuple(_worst_rows(slo, found)),
        clean=clean,
        failed=failed if number else "no failure" if clean else "no episode is known yet",
        episodes=tuple(_episode(slo, each) for each in reversed(found.episodes[-MOST_EPISODES:])),
        comes_back=comes_back(found.returns),
        reason=found.reason,
    )


def _worst_rows(slo: Slo, found: Retrospect) -> list[WorstRow]:
    rows = []
    for length, worst in sorted(found.worst.items()):
        name = words.window(length)
        reading = None if worst is None else worst.reading
        if worst is None or reading is None or reading.burn is None:
            rows.append(WorstRow(name, "", "", "", 0, 0))
            continue
        span = "" if reading.interval is None else words.span(*reading.interval)
        counts = f"{_count(slo, reading.tally.bad)} bad of {_count(slo, reading.tally.total)}"
        rows.append(WorstRow(name, words.times(reading.burn), span, counts, worst.from_ns, worst.to_ns))
    return rows


def _count(slo: Slo, number: int) -> str:
    unit = unit_of(slo)
    return f"{number:,}" if unit == 1 else words.count(Fraction(number, unit))


def _episode(slo: Slo, each: Episode) -> EpisodeRow:
    share = words.NONE if each.budget_share is None else words.share(each.budget_share, 1)
    counts = f"{_count(slo, each.bad)} of {_count(slo, each.total)}"
    return EpisodeRow(each.from_ns, words.duration(each.to_ns - each.from_ns), counts, share)


def comes_back(returns: Sequence[Return]) -> Said:
    """Of the marks that are not passed now, when the budget is above them again."""
    later: list[str | At] = []
    for each in returns:
        if each.at_ns is None or not each.bad:
            continue
        later += [", " if later else "", f"above {words.share(each.share)} from ", At(each.at_ns), " on"]
    return ("If nothing more fails, the budget is ", *later, ".") if later else ()


def burst_note(dispersion: float | None) -> str:
    """Empty where failures do not come in bursts, or that cannot be told."""
    if dispersion is None or dispersion <= OVERDISPERSED:
        return ""
    return (
        f"Failures of the last day came in bursts (their variance in 5 min is {words.figure(dispersion)} times their "
        "mean), so these intervals are optimistic: they take failures for independent."
    )


def adjustment_rows(adjusted: Adjusted) -> tuple[AdjustmentRow, ...]:
    return tuple(
        AdjustmentRow(
            of.name, of.category.value, of.author, of.reason, at.declared, at.snapped, at.declared != at.snapped
        )
        for at, of in adjusted[:MOST_ADJUSTMENTS]
    )


def cut_off(names: Sequence[str]) -> str:
    """Of adjustments that come again more often than is looked at; empty where none does."""
    if not names:
        return ""
    comes = "comes" if len(names) == 1 else "come"
    return (
        f"{', '.join(names)} {comes} again more than {MOST_STARTS:,} times in this window. Only the latest are looked "
        "at; the time of the earlier ones counts as measured."
    )


def without(slo: Slo, status: Status) -> str:
    """What the budget would be if nothing had been adjusted; empty where nothing was."""
    raw = status.without
    if raw is None:
        return ""
    left, now = raw.remaining, status.budget.remaining
    if left is None:
        return "Without them nothing would be known of the budget."
    bad, unit = raw.reading.tally.bad, unit_of(slo)
    counts = f"{words.count(Fraction(bad, unit)) if unit > 1 else f'{bad:,}'} bad"
    beside = "" if now is None else f"; with them it is {words.share(now, 1)}"
    return f"Without them the budget left would be {words.share(left, 1)} ({counts}){beside}."


def member_rows(slo: Slo, status: Status | None, others: Others) -> tuple[MemberRow, ...]:
    rows = []
    for member, told in zip(slo.members, member_figures(slo, status, others), strict=True):
        other, its_status = others.get(slo.member_stream(member).id, (None, None))
        reading = told.readings.get(HOUR) if told else None
        hour = "not known here" if told is None and other is None else "not measured"
        if reading is not None and reading.burn is not None:
            hour = f"{words.times(reading.burn)} ({reading.tally.bad:,} bad of {reading.tally.total:,})"
        rows.append(
            MemberRow(
                member.name,
                words.precise(member.target),
                words.figure(float(member.weight)),
                other.name if other else "",
                marks.of_status(its_status) if other else None,
                hour,
            )
        )
    return tuple(rows)
