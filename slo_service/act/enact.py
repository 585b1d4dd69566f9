"""Makes targets what they are wanted to be. What was found is committed before the first pause call, so that only what
we found running is resumed by us; a retry reads again what is wanted, so an undo cannot be overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from slo_service.act.answer import ask
from slo_service.act.ports import Delivered, DeliveryLog, JobController, JobState, Refused, WantedStates
from slo_service.act.retry import Backoff
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Delivery, Wanted, WantedState, short_id
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Job

VERIFY_AFTER_SECONDS = (0.0, 0.1, 0.4)  # a target may need a moment to show what it was told
ABSENT_LOOKS, ABSENT_FOR_NS = 3, 30 * SECOND  # before a job that we paused is believed to be gone
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """The same state in a row, at the looks of one epoch."""

    epoch: int
    state: JobState
    since_ns: int
    looks: int


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
    _seen: dict[str, _Seen] = field(default_factory=dict)
    # whether pauses of ours may still take effect, though they did not while we looked; not there after a restart
    _pause_open: dict[str, bool] = field(default_factory=dict)

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
            return Refused(f"no controller {job.controller} is installed", retryable=False)
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
            found = JobState.RUNNING if earlier == JobState.RUNNING else actual  # ours to undo, whatever it shows now
            if not await self.wanted.record_found(state.target, state.epoch, found.value):
                return Settled(SUPERSEDED)
            if found is not JobState.RUNNING:
                return _left_alone(found)
        if actual is JobState.PAUSED:
            return Settled("paused by us already; found running before")
        if actual is JobState.ABSENT:
            return Settled("gone by now; nothing left to pause")
        # what was recorded as found before we remember anything was followed by a call of our predecessor
        was_open = self._pause_open.get(state.target, state.found is not None)
        self._pause_open[state.target] = True
        result: Settled | Delivered | Refused
        result = await ask(controller.pause(job, _key(state)), self.timeout_seconds, job.controller)
        if isinstance(result, Delivered):
            result = await self._verified(job, controller, JobState.PAUSED, "paused; found running before")
        if not (isinstance(result, Refused) and result.retryable):
            self._pause_open[state.target] = was_open
        return result

    async def _resume(self, state: WantedState, job: Job, controller: JobController) -> Settled | Refused:
        found = await self.wanted.found_at_pause(state.target, state.epoch)
        if found != JobState.RUNNING:
            why = "the pause was not made yet" if found is None else f"it was {found} before us"
            return Settled(f"not resumed: {why}, so there is nothing of ours to undo")
        actual = await ask(controller.state(job), self.timeout_seconds, job.controller)
        if isinstance(actual, Refused):
            self._seen.pop(state.target, None)
            return actual
        seen = self._look(state, actual)
        if actual is JobState.RUNNING:
            return self._running(seen, state.target)
        if actual is JobState.ABSENT:
            return self._gone(seen)
        answer = await ask(controller.resume(job, _key(state)), self.timeout_seconds, job.controller)
        if isinstance(answer, Refused):
            return answer
        result = await self._verified(job, controller, JobState.RUNNING, "resumed")
        if isinstance(result, Settled) and self._pause_open.get(state.target, False):
            return self._running(self._look(state, JobState.RUNNING), state.target)
        return result

    def _look(self, state: WantedState, actual: JobState) -> _Seen:
        now_ns, last = self.now_ns(), self._seen.get(state.target)
        seen = _Seen(state.epoch, actual, now_ns, 1)
        if last is not None and (last.epoch, last.state) == (state.epoch, actual):
            seen = replace(last, looks=last.looks + 1)
        self._seen[state.target] = seen
        return seen

    def _running(self, seen: _Seen, target: str) -> Settled | Refused:
        """A pause that went unanswered, maybe before a restart, may be carried out after all."""
        sure = not self._pause_open.get(target, True)
        if sure or self.now_ns() - seen.since_ns > self.timeout_seconds * SECOND:
            return Settled("running already")
        return Refused("running, but a pause of ours may still come through; looked at again", retryable=True)

    def _gone(self, seen: _Seen) -> Settled | Refused:
        """One 404 may be a remote that restarts."""
        if seen.looks >= ABSENT_LOOKS and self.now_ns() - seen.since_ns >= ABSENT_FOR_NS:
            return Settled("gone by now; nothing to resume")
        return Refused("not there now; looked at again before it is given up as gone", retryable=True)

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
        self._seen.pop(state.target, None)
        if state.wanted is Wanted.RUNNING:
            self._pause_open.pop(state.target, None)
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
