"""What a scenario knows of the service: the ports its pages read, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.demo.world import DemoWorld
from slo_service.domain.event import Change, Decision, Transition, Verdict
from slo_service.domain.indicator import SINK
from slo_service.domain.pipeline import Job
from slo_service.domain.slo import Severity
from slo_service.show.ports import History, JobView, Live, Pulse

CANARY = "orders-canary"
BEST_EFFORT = "best-effort"
_ROWS = 200


class Watched(Protocol):
    """The running service."""

    @property
    def live(self) -> Live: ...
    @property
    def pulse(self) -> Pulse: ...
    @property
    def history(self) -> History: ...
    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Questions a scenario asks, all about what happened since an instant."""

    service: Watched
    world: DemoWorld

    def now_ns(self) -> int:
        return self.service.live.now_ns()

    def canaries(self, since_ns: int) -> Sequence[CanaryTrace]:
        return self.service.pulse.canaries(CANARY, since_ns)

    def first_unseen_ns(self, since_ns: int) -> int | None:
        """When the first canary was sent that is overdue. One just sent may only not have been looked up yet."""
        overdue = (one.sent_ns for one in self.canaries(since_ns) if one.verdict in {"overdue", "lost"})
        return min(overdue, default=None)

    def first_arrival_ns(self, since_ns: int) -> int | None:
        """When the first canary sent since then was seen in the table."""
        return min((one.seen_ns[SINK] for one in self.canaries(since_ns) if SINK in one.seen_ns), default=None)

    async def pages(self, since_ns: int, change: Change) -> list[Transition]:
        """Oldest first."""
        found = await self.service.history.transitions(None, _ROWS)
        wanted = [t for t in found if t.severity is Severity.PAGE and t.change is change and t.recorded_ns >= since_ns]
        return sorted(wanted, key=lambda transition: transition.recorded_ns)

    async def decisions(self, since_ns: int) -> list[Decision]:
        """Oldest first."""
        found = await self.service.history.decisions(None, _ROWS)
        return sorted((d for d in found if d.at_ns >= since_ns), key=lambda decision: decision.at_ns)

    async def enacted_ns(self, since_ns: int, verdict: Verdict) -> dict[str, int]:
        """By job, when its pause (`ACT`) or resumption (`UNDO`) was carried out and verified."""
        done: dict[str, int] = {}
        for decision in await self.decisions(since_ns):
            if decision.verdict is not verdict or not decision.target.startswith("job:"):
                continue
            chain = await self.service.history.chain(decision.id)
            for wanted in chain.wanted if chain else ():
                if wanted.decision == decision.id and wanted.done_ns is not None:
                    done.setdefault(decision.target.removeprefix("job:"), wanted.done_ns)
        return done

    def message_ns(self, since_ns: int) -> int | None:
        return min((one.at_ns for one in self.world.inbox.messages() if one.at_ns >= since_ns), default=None)

    def jobs(self, best_effort: bool) -> dict[str, JobView]:
        """Those whose state was read; critical ones when not `best_effort`."""
        declared: dict[str, Job] = dict(self.service.live.catalogue().jobs)
        wanted = {name for name, job in declared.items() if (job.criticality == BEST_EFFORT) is best_effort}
        return {name: view for name, view in self.service.pulse.jobs().items() if name in wanted}

    def all_are(self, state: str, best_effort: bool = True) -> bool:
        views = self.jobs(best_effort)
        return bool(views) and all(view.actual == state for view in views.values())
