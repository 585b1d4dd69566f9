"""What is looked at beside the tiers, in words: single partitions, the early detector, silence, and coverage."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.judge.measuring import Patience
from slo_service.show.web import words
from slo_service.show.web.view import marks
from slo_service.show.web.view.marks import Mark


@dataclass(frozen=True, slots=True)
class SignalRow:
    name: str
    mark: Mark
    severity: str
    title: str
    says: str
    since_ns: int | None  # of one that fires


_TITLES = {
    Kind.PARTITION: "One partition alone",
    Kind.EARLY: "Early detector",
    Kind.NO_DATA: "Silent collector",
    Kind.COVERAGE: "Coverage",
}


def signal_rows(slo: Slo, status: Status) -> tuple[SignalRow, ...]:
    rows = []
    for state in status.signals:
        severity = str(state.tier.severity)
        title = _TITLES[state.tier.kind]
        if state.tier.kind is Kind.COVERAGE:
            title += f", {words.window(state.tier.long_ns)}"
        since = state.since_ns if state.firing else None
        rows.append(SignalRow(state.tier.name, marks.of_signal(state), severity, title, _says(slo, state), since))
    return tuple(rows)


def partitions(state: TierState, most: int = 4) -> str:
    """`Partition orders-canary/3`, `Partitions 3 and 4`: by name, as its canaries name it."""
    names = list(state.sources)
    return ("Partition " if len(names) == 1 else "Partitions ") + words.listing(names, most)


def _says(slo: Slo, state: TierState) -> str:
    match state.tier.kind:
        case Kind.PARTITION:
            return _partition(state)
        case Kind.EARLY:
            if state.firing:
                return (
                    "More fails than the objective allows, and a tier may follow; it informs, and no policy acts on it"
                )
            return "No sign of more failures than the objective allows"
        case Kind.NO_DATA:
            wait = words.duration(state.tier.long_ns)
            told = f"Nothing was heard for more than {wait}" if state.firing else f"Speaks up after {wait} of silence"
            return f"{told}; silence is neither good nor bad"
        case _:
            below = words.share(Patience.of(slo, 0).coverage_below)
            return f"{words.coverage(state.long.coverage)} was measured; speaks up below {below}"


def _partition(state: TierState) -> str:
    if state.firing and state.sources:
        fails = "fails" if len(state.sources) == 1 else "fail"
        return f"{partitions(state)} {fails}, too often for chance, whatever all of them together do"
    if state.burning is None:
        return "Not yet known: too little of each partition was measured"
    return "No partition fails more often than chance and the objective explain"
