"""Jobs with their state and who holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slo_service.domain.event import Decision, Hold, Wanted
from slo_service.domain.pipeline import Job
from slo_service.show.ports import History, JobView
from slo_service.show.web.view import marks
from slo_service.show.web.view.marks import Mark

_REMEMBERED = 2_000


class Reasons:
    """Decisions by id, remembered since they never change; the oldest are forgotten beyond a bound."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[str, Decision] = {}

    async def of(self, holds: Sequence[Hold]) -> Mapping[str, Decision]:
        """The decision behind each hold; one the store no longer has is left out."""
        for hold in holds:
            if hold.decision not in self._known:
                chain = await self._history.chain(hold.decision)
                if chain is not None:
                    self._known[hold.decision] = chain.decision
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return {hold.decision: self._known[hold.decision] for hold in holds if hold.decision in self._known}


@dataclass(frozen=True, slots=True)
class Holder:
    decision: str
    slo: str | None
    placed_ns: int


@dataclass(frozen=True, slots=True)
class JobRow:
    name: str
    controller: str
    criticality: str
    mark: Mark
    holders: tuple[Holder, ...]
    by_others: bool  # paused, and not by us: never ours to undo
    note: str
    read_ns: int | None


def live_holds(jobs: Mapping[str, JobView]) -> list[Hold]:
    return [hold for job in jobs.values() for hold in job.holds if hold.released_ns is None]


def _note(job: JobView | None) -> str:
    if job is None:
        return ""
    if job.error:
        return job.error
    wanted = job.wanted
    if wanted is None:
        return ""
    if wanted.done_ns is None:
        return "pausing" if wanted.wanted is Wanted.PAUSED else "resuming"
    if wanted.outcome:
        return wanted.outcome
    return f"found {wanted.found}" if wanted.found and wanted.wanted is Wanted.PAUSED else ""


def job_rows(jobs: Sequence[Job], views: Mapping[str, JobView], reasons: Mapping[str, Decision]) -> tuple[JobRow, ...]:
    """Held ones first, then by name."""
    rows = []
    for job in jobs:
        view = views.get(job.name)
        holders = tuple(
            Holder(hold.decision, reasons[hold.decision].slo if hold.decision in reasons else None, hold.placed_ns)
            for hold in (view.holds if view else ())
            if hold.released_ns is None
        )
        rows.append(
            JobRow(
                name=job.name,
                controller=job.description or job.controller,
                criticality=job.criticality,
                mark=marks.of_job(view),
                holders=holders,
                by_others=view is not None and view.actual == "paused" and not holders,
                note=_note(view),
                read_ns=view.read_ns if view else None,
            )
        )
    return tuple(sorted(rows, key=lambda row: (not row.holders, row.name)))
