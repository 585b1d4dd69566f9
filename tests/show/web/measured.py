"""The made incident as measured: orders stalled on two of six partitions from 10:02 to 10:31."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import lru_cache

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to, from_rfc3339
from tests.show.web.declared import DEADLINE, ENRICH, NOON, PERIOD, THRESHOLD

STALL = from_rfc3339("2026-11-20T10:02:00Z")
MOVED = from_rfc3339("2026-11-20T10:14:50Z")
BACK = from_rfc3339("2026-11-20T10:30:10Z")
BLIND = (from_rfc3339("2026-11-20T09:21:00Z"), from_rfc3339("2026-11-20T09:24:30Z"))
LOST_UNTIL = from_rfc3339("2026-11-20T10:05:40Z")


@lru_cache(maxsize=8)
def traces(now_ns: int) -> tuple[CanaryTrace, ...]:
    """Ninety minutes and a bit of canaries to orders as the verifier would tell them at `now_ns`."""
    rng, made = random.Random(20261120), []
    for number in range(110 * 6):
        for partition in range(6):
            sent = NOON - 110 * MINUTE + number * PERIOD + int(rng.random() * PERIOD)
            transit = int(rng.lognormvariate(math.log(1.9 if partition == 3 else 1.1), 0.3) * SECOND)
            stalled = (partition == 3 and STALL <= sent < BACK) or (partition == 2 and STALL <= sent < MOVED)
            if stalled:
                back, drain = (MOVED, 20 * SECOND) if partition == 2 else (BACK, 50 * SECOND)
                transit = max(transit, back + drain * (sent - STALL) // (back - STALL) - sent)
            lost = partition == 3 and STALL <= sent < LOST_UNTIL
            twice = partition in {4, 5} and MOVED - 90 * SECOND < sent < MOVED - 40 * SECOND
            if sent <= now_ns:
                made.append(
                    _trace(
                        number, partition, sent, None if lost else transit, stalled=stalled, twice=twice, now_ns=now_ns
                    )
                )
    return tuple(sorted(made, key=lambda trace: trace.sent_ns))


def _trace(
    seq: int, partition: int, sent: int, transit: int | None, *, stalled: bool, twice: bool, now_ns: int
) -> CanaryTrace:
    seen = {SOURCE: sent + 40_000_000}
    if transit is not None:
        seen[ENRICH] = sent + (transit - 300_000_000 if stalled else transit * 7 // 10)
        seen[SINK] = sent + transit
    seen = {hop: at for hop, at in seen.items() if at <= now_ns}
    age, arrived = now_ns - sent, seen.get(SINK)
    if BLIND[0] <= sent < BLIND[1]:
        return CanaryTrace(
            "orders-canary", "run", partition, seq, sent, True, {}, {}, "unobservable", "our reader restarted"
        )
    if arrived is not None:
        late = arrived - sent
        verdict = "on_time" if late <= THRESHOLD else "late" if late <= DEADLINE else "found"
    else:
        verdict = "pending" if age <= THRESHOLD else "overdue" if age <= DEADLINE else "lost"
    copies = {hop: 2 if twice and hop != SOURCE else 1 for hop in seen}
    return CanaryTrace("orders-canary", "run", partition, seq, sent, True, seen, copies, verdict)


_EARLIER = {3: 61, 5: 139, 11: 9, 13: 44, 18: 30, 21: 14}  # day of the window: bad events


@lru_cache(maxsize=64)
def flat(stream: str, width_ns: int, since_ns: int, until_ns: int) -> list[Delta]:
    each = 6 * width_ns // PERIOD
    return [Delta(stream, at, each, 0, 1) for at in range(floor_to(since_ns, width_ns), until_ns, width_ns)]


@lru_cache(maxsize=16)
def incident(stream: str, width_ns: int, since_ns: int, until_ns: int) -> list[Delta]:
    rows = []
    for cell in flat(stream, width_ns, since_ns, until_ns):
        start, bad = cell.slice_start_ns, 0
        if start < BLIND[1] and start + width_ns > BLIND[0] and width_ns < 15 * MINUTE:
            continue
        day = (start - (NOON - 28 * DAY)) // DAY
        if day in _EARLIER and start % DAY < 4 * HOUR:
            bad = _EARLIER[day] * width_ns // (4 * HOUR) or int(start % HOUR == 0)
        for begin, end in ((STALL, MOVED), (STALL, BACK)):
            bad += max(0, min(start + width_ns, end) - max(start, begin)) // PERIOD
        rows.append(replace(cell, good=cell.good - bad, bad=bad) if bad else cell)
    return rows
