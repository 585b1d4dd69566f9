"""What happened wholly while nobody judged, as the transitions it would have been, for the history alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from slo_service.domain.event import Change, Transition, short_id
from slo_service.domain.slo import Slo
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.evaluate.history.hindsight import Stay
from slo_service.evaluate.judge.episodes import Chronicle


def reconstructed(slo: Slo, stays: Iterable[Stay], load: int, now_ns: int) -> tuple[Transition, ...]:
    """Rows of the episodes that began and ended within the stretch that was judged afterwards, by event time. Those
    that began before it, or outlast it, are the evaluator's own. The ids are those that judging then had given, so that
    doing it again changes nothing. `load`: number of the definitions in force, `now_ns`: when it became known."""
    chronicle, rows = Chronicle(load, now_ns), list[Transition]()
    for episode in _episodes(stays):
        if all(stay.cleared_ns is not None and not stay.began_before for stay in episode):
            rows += _rows(slo, episode, chronicle)
    return tuple(sorted(rows, key=lambda row: row.event_ns))


def _episodes(stays: Iterable[Stay]) -> Iterator[list[Stay]]:
    """Stays of one severity that overlap or meet, each group by the instant of firing."""
    by_severity: dict[str, list[Stay]] = {}
    for stay in sorted(stays, key=lambda stay: stay.fired_ns):
        by_severity.setdefault(stay.severity, []).append(stay)
    for group in by_severity.values():
        episode: list[Stay] = []
        for stay in group:
            if episode and all(s.cleared_ns is not None and s.cleared_ns < stay.fired_ns for s in episode):
                yield episode
                episode = []
            episode.append(stay)
        yield episode


def _rows(slo: Slo, episode: list[Stay], chronicle: Chronicle) -> Iterator[Transition]:
    name = short_id("ep", slo.name, episode[0].severity, episode[0].fired_ns)
    order = [tier.name for tier in slo.alerting.tiers]
    last = max(episode, key=lambda stay: (stay.cleared_ns or 0, order.index(stay.tier.name)))
    for stay in episode:
        assert stay.cleared_ns is not None, "only what ended is reconstructed"
        fired = _state(slo, stay, name, Phase.FIRING, stay.fired_ns, (stay.long, stay.short))
        row = chronicle.row(fired, Change.FIRED, stay.fired_ns, opens=stay is episode[0])
        yield replace(row, reconstructed=True)
        cleared = _state(slo, stay, name, Phase.QUIET, stay.cleared_ns, stay.cleared or (stay.long, stay.short))
        row = chronicle.row(cleared, Change.CLEARED, stay.cleared_ns, closes=stay is last)
        yield replace(row, reconstructed=True)


def _state(slo: Slo, stay: Stay, episode: str, phase: Phase, at_ns: int, windows: tuple[Reading, Reading]) -> TierState:
    fired = phase is Phase.FIRING
    return TierState(
        slo=slo.name,
        tier=stay.tier,
        factor=stay.factor,
        phase=phase,
        since_ns=at_ns,
        burning=fired,
        last_burned_ns=at_ns if fired else None,
        quiet_ns=0 if fired else slo.alerting.keep_firing_ns[stay.severity],
        judged_at_ns=at_ns,
        frozen_since_ns=None,
        episode=episode,
        long=windows[0],
        short=windows[1],
        stream=slo.stream.id,
    )
