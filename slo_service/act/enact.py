"""Makes targets what they are wanted to be. What was found is committed before the first pause call, so that only what
we found running is resumed by us; a retry reads again what is wanted, so an undo cannot be overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from slo_service.act.answer import ask
from slo_service.act.ports import DeliveryLog, JobController, JobState, Refused, WantedStates
from slo_service.act.retry import Backoff
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Delivery, Wanted, WantedState, short_id
from slo_service.domain.pipeline import Job

VERIFY_AFTER_SECONDS = (0.0, 0.1, 0.4)  # a target may need a moment to show what it was told
SUPERSEDED = "superseded by a newer wish; nothing done"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is left to do for this epoch."""

    outcome: str


@dataclass(frozen=True, slots=True)
class _Attempts:
    epoch: int
    made: int
    next_ns: int


@dataclass(slots=True)
class Enactor:
    catalogue: Callable[[], Catalogue]
    wanted: WantedStates
    log: DeliveryLog
    controllers: Mapping[str, JobController]
    now_ns: Callable[[], int]
    backoff: Backoff
    timeout_seconds: float
    slots: asyncio.Semaphore
    _tried: dict[str, _Attempts]

    def due(self, state: WantedState) -> bool:
        tried = self._tried.get(state.target)
        return tried is None or tried.epoch != state.epoch or tried.next_ns <= self.now_ns()

    async def enact(self, state: WantedState) -> None:
        """One attempt at one target. Records it, and the outcome once there is nothing left to do."""
        async with self.slots:
            tried = self._tried.get(state.target)
            attempt = tried.made + 1 if tried and tried.epoch == state.epoch else 1
            result = await self._attempt(state)
            if isinstance(result, Refused):
                await self._refused(state, result, attempt)
            else:
                await self._settled(state, result.outcome, attempt, ok=True)

    async def _attempt(self, state: WantedState) -> Settled | Refused:
        job = self.catalogue().jobs.get(state.target.partition(":")[2])
        if job is None:
            return Refused("no job is defined under this name any more", retryable=False)
        controller = self.controllers.get(job.controller)
        if controller is None:
            return Refused(f"no controller is called {job.controller}", retryable=False)
        if state.wanted is Wanted.PAUSED:
            return await self._pause(state, job, controller)
        return await self._resume(state, job, controller)

    async def _pause(self, state: WantedState, job: Job, controller: JobController) -> Settled | Refused:
        if state.found not in (None, JobState.RUNNING):
            return _left_alone(JobState(state.found))
        actual = await ask(controller.state(job), self.timeout_seconds, job.controller)
        if isinstance(actual, Refused):
            return actual
        if state.found is None:
            earlier = await self.wanted.found_at_pause(state.target, state.epoch)
            still_ours = actual is JobState.PAUSED and earlier == JobState.RUNNING
            found = JobState.RUNNING if still_ours else actual
            if not await self.wanted.record_found(state.target, state.epoch, found.value):
                return Settled(SUPERSEDED)
            if found is not JobState.RUNNING:
                return _left_alone(found)
        if actual is JobState.PAUSED:
            return Settled("paused by us already; found running before")
        if actual is JobState.ABSENT:
            return Settled("gone by now; nothing left to pause")
        answer = await ask(controller.pause(job, _key(state)), self.timeout_seconds, job.controller)
        if isinstance(answer, Refused):
            return answer
        return await self._verified(job, controller, JobState.PAUSED, "paused; found running before")

    async def _resume(self, state: WantedState, job: Job, controller: JobController) -> Settled | Refused:
        found = await self.wanted.found_at_pause(state.target, state.epoch)
        if found != JobState.RUNNING:
            why = "the pause was not made yet" if found is None else f"it was {found} before us"
            return Settled(f"not resumed: {why}, so there is nothing of ours to undo")
        actual = await ask(controller.state(job), self.timeout_seconds, job.controller)
        if isinstance(actual, Refused):
            return actual
        if actual is JobState.RUNNING:
            return Settled("running already")
        if actual is JobState.ABSENT:
            return Settled("gone by now; nothing to resume")
        answer = await ask(controller.resume(job, _key(state)), self.timeout_seconds, job.controller)
        if isinstance(answer, Refused):
            return answer
        return await self._verified(job, controller, JobState.RUNNING, "resumed")

    async def _verified(self, job: Job, controller: JobController, goal: JobState, outcome: str) -> Settled | Refused:
        """Told is not done: the state is read again."""
        for pause_seconds in VERIFY_AFTER_SECONDS:
            await asyncio.sleep(pause_seconds)
            actual = await ask(controller.state(job), self.timeout_seconds, job.controller)
            if isinstance(actual, Refused):
                return actual
            if actual is goal:
                return Settled(outcome)
        return Refused(f"the controller accepted, but the job is not {goal} yet", retryable=True)

    async def _settled(self, state: WantedState, outcome: str, attempt: int, *, ok: bool) -> None:
        await self._record(state, attempt, outcome, ok=ok, final=True)
        newest = await self.wanted.record_done(state.target, state.epoch, self.now_ns(), outcome)
        self._tried.pop(state.target, None)
        log.info("wanted_state_enacted", target=state.target, epoch=state.epoch, outcome=outcome, newest=newest)

    async def _refused(self, state: WantedState, refused: Refused, attempt: int) -> None:
        """A pause is given up for good; a resume never is, because a job of others that we leave paused is worse."""
        over = not refused.retryable or self.backoff.over(attempt)
        if over and state.wanted is Wanted.PAUSED:
            await self._settled(state, f"not paused: {refused.reason}", attempt, ok=False)
            return
        wait_ns = self.backoff.wait_ns(_key(state), attempt, refused.retry_after_ns)
        await self._record(state, attempt, refused.reason, ok=False, final=False)
        self._tried[state.target] = _Attempts(state.epoch, attempt, self.now_ns() + wait_ns)
        log.warning("wanted_state_refused", target=state.target, epoch=state.epoch, reason=refused.reason)

    async def _record(self, state: WantedState, attempt: int, detail: str, *, ok: bool, final: bool) -> None:
        job = self.catalogue().jobs.get(state.target.partition(":")[2])
        now_ns = self.now_ns()
        await self.log.log(
            Delivery(
                id=short_id("v", _key(state), attempt, now_ns),
                of=_key(state),
                decision=state.decision,
                by=job.controller if job else "worker",
                attempt=attempt,
                at_ns=now_ns,
                ok=ok,
                final=final,
                detail=detail,
            )
        )


def _left_alone(found: JobState) -> Settled:
    if found is JobState.ABSENT:
        return Settled("absent; nothing to pause")
    return Settled("already paused, not by us; left so")


def _key(state: WantedState) -> str:
    return f"{state.target}@{state.epoch}"
