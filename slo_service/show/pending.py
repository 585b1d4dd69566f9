"""The oldest canary that has been sent and has not arrived: the quickest sign that a pipeline has stopped."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.indicator import SINK
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.pipeline import Canary
from slo_service.show.ports import Pulse

PENDING = frozenset({"pending", "overdue"})  # not seen at the sink, and no final verdict yet


@dataclass(frozen=True, slots=True)
class Pending:
    """`oldest` None: canaries run and none is on its way. `count` canaries are."""

    oldest: CanaryTrace | None
    count: int

    def age_ns(self, now_ns: int) -> int:
        return 0 if self.oldest is None else now_ns - self.oldest.sent_ns


def pending(pulse: Pulse, canary: Canary, now_ns: int) -> Pending | None:
    """None when that cannot be told: no canary is known, or none waits and the newest is unobservable or older than
    three periods, so that nothing was sent that could be waiting. Looks back over two deadlines, but at least 15 min
    and at most 2 h: beyond them the age is a lower bound."""
    back = min(max(2 * canary.deadline_ns, 15 * MINUTE), 2 * HOUR)
    traces = pulse.canaries(canary.name, now_ns - back)
    waiting = [trace for trace in traces if trace.verdict in PENDING]
    if waiting:
        return Pending(min(waiting, key=lambda trace: trace.sent_ns), len(waiting))
    newest = max(traces, key=lambda trace: trace.sent_ns, default=None)
    if newest is None or newest.sent_ns < now_ns - 3 * canary.every_ns:
        return None
    if newest.verdict == "unobservable" and SINK not in newest.seen_ns:
        return None
    return Pending(None, 0)
