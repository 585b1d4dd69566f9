"""A service that does what the scenario `incident` waits for, at once and by itself; each step can be left out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.demo.faults import Fault, Switches
from slo_service.demo.inbox import Inbox
from slo_service.demo.world import DemoWorld
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Change, Decision, Transition, Verdict, Wanted, WantedState
from slo_service.domain.pipeline import Job
from slo_service.domain.slo import WORKBOOK, Severity
from slo_service.domain.status import Phase, Reading, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.show.ports import Chain, Health, JobView, LoadReport

READING = Reading(0, Tally(), Fraction(0), Fraction(1), None)
JOBS = {"export": "best-effort", "enricher": "critical"}


@dataclass
class Double:
    """`leaves_out`: page, pause, message, quiet or resume. Live, Pulse and History in one."""

    leaves_out: str = ""
    pauses_critical: bool = False
    switches: Switches = field(default_factory=Switches)
    url: str = "http://127.0.0.1:0"

    def __post_init__(self) -> None:
        self.inbox = Inbox(time.time_ns)
        self.changes: list[Transition] = []
        self.made: list[Decision] = []
        self.states = dict.fromkeys(JOBS, "running")
        self.on_ns: int | None = None
        self.off_ns: int | None = None
        self.switches.listen(self._hear)

    @property
    def live(self) -> Double:
        return self

    @property
    def pulse(self) -> Double:
        return self

    @property
    def history(self) -> Double:
        return self

    def world(self) -> DemoWorld:
        return DemoWorld(
            port=0, directory=Path(), definitions=Path(), store_url="", clusters={}, environment={}, smtp_host="",
            smtp_port=0, switches=self.switches, inbox=self.inbox, routers=(), panel=str,
        )  # fmt: skip

    def now_ns(self) -> int:
        return time.time_ns()

    def catalogue(self) -> Catalogue:
        return Catalogue(jobs={n: Job(n, "orders", criticality, "process", {}) for n, criticality in JOBS.items()})

    def statuses(self) -> Mapping[str, Status]:
        return {}

    def health(self) -> Health:
        return Health("0", 0, LoadReport(1, 0, ok=True))

    def groups(self) -> Sequence[GroupAge]:
        return ()

    def jobs(self) -> Mapping[str, JobView]:
        return {name: JobView(name, state, time.time_ns(), None, ()) for name, state in self.states.items()}

    async def beats(self) -> AsyncIterator[int]:
        yield 0

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        found = []
        if self.on_ns is not None:
            found.append(CanaryTrace(canary, "r", 0, 1, self.on_ns + 1, True, {}, {}, "overdue"))
        if self.off_ns is not None:
            seen = {"sink": self.off_ns + 2}
            found.append(CanaryTrace(canary, "r", 0, 2, self.off_ns + 1, True, seen, {}, "on_time"))
        return [one for one in found if one.sent_ns >= since_ns]

    async def transitions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Transition]:
        return [one for one in self.changes if slo in {None, one.slo} and one.recorded_ns < (before_ns or 1 << 63)][
            :limit
        ]

    async def decisions(self, slo: str | None, limit: int, before_ns: int | None = None) -> Sequence[Decision]:
        assert slo is before_ns is None
        return self.made[:limit]

    async def chain(self, decision: str) -> Chain | None:
        found = next((one for one in self.made if one.id == decision), None)
        if found is None:
            return None
        state = Wanted.PAUSED if found.verdict is Verdict.ACT else Wanted.RUNNING
        wanted = WantedState(found.target, 1, state, found.at_ns, found.id, "running", found.at_ns + 1, "verified")
        return Chain(found, None, None, None, (wanted,), None, (), ())

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        raise AssertionError(f"no scenario reads cells, asked for {stream} {width_ns} {since_ns} {until_ns}")

    def _hear(self, on: frozenset[Fault]) -> None:
        now_ns = time.time_ns()
        if Fault.STALL in on:
            self.on_ns = now_ns
            self._change("page", Change.FIRED, now_ns)
            if self.leaves_out != "pause":
                self._decide("pauseJobs", Verdict.ACT, now_ns, "paused")
                self.states["enricher"] = "paused" if self.pauses_critical else "running"
            if self.leaves_out != "message":
                self.inbox.put("webhook", "late", "")
        elif self.on_ns is not None:
            self.off_ns = now_ns
            self._change("quiet", Change.CLEARED, now_ns)
            if self.leaves_out != "resume":
                self._decide("resumeJobs", Verdict.UNDO, now_ns, "running")

    def _decide(self, action: str, verdict: Verdict, at_ns: int, state: str) -> None:
        self.states["export"] = state
        decision = Decision(action, at_ns, "p", "r", "s", "orders", "e", None, action, "job:export", verdict, "because")
        self.made.append(decision)

    def _change(self, name: str, change: Change, at_ns: int) -> None:
        if self.leaves_out == name:
            return
        tier = TierState(
            "s", WORKBOOK[0], Fraction(14), Phase.FIRING, at_ns, True, at_ns, 0, at_ns, None, "e", READING, READING
        )  # fmt: skip
        self.changes.append(Transition(name, "s", Severity.PAGE, change, at_ns, at_ns, "e", True, True, tier))
