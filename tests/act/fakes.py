"""In-memory ports that can be killed at any call, and a controller whose jobs really have a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from slo_service.act.ports import Delivered, Due, JobState, Letter, Refused
from slo_service.domain.event import Delivery, Message, Wanted, WantedState
from slo_service.domain.pipeline import ChannelSpec, Job


class Killed(BaseException):
    """The process ended here."""


@dataclass(slots=True)
class Fuse:
    """Kills the n-th call from now on, before or after it took effect; 0 never does."""

    at: int = 0
    after: bool = False
    calls: int = 0

    def before_effect(self) -> None:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise Killed

    def after_effect(self) -> None:
        if self.calls == self.at and self.after:
            raise Killed


@dataclass
class FakeJobs:
    """A controller with its jobs' states, and every call that reached it."""

    states: dict[str, JobState]
    fuse: Fuse = field(default_factory=Fuse)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)  # given to the next pause or resume calls

    async def state(self, job: Job) -> JobState | Refused:
        self.fuse.before_effect()
        return self.states.get(job.name, JobState.ABSENT)

    async def pause(self, job: Job, key: str) -> Delivered | Refused:  # noqa: ARG002 -- its effects are idempotent
        return self._tell("pause", job, JobState.PAUSED)

    async def resume(self, job: Job, key: str) -> Delivered | Refused:  # noqa: ARG002 -- the same
        return self._tell("resume", job, JobState.RUNNING)

    def _tell(self, what: str, job: Job, becomes: JobState) -> Delivered | Refused:
        self.fuse.before_effect()
        self.calls.append((what, job.name))
        if self.refusals:
            return self.refusals.pop(0)
        if job.name not in self.states:
            return Refused("no such job", retryable=False)
        self.states[job.name] = becomes
        self.fuse.after_effect()
        return Delivered()


@dataclass
class FakeWanted:
    fuse: Fuse = field(default_factory=Fuse)
    rows: dict[str, list[WantedState]] = field(default_factory=dict)

    def want(self, target: str, wanted: Wanted) -> None:
        rows = self.rows.setdefault(target, [])
        rows.append(WantedState(target, len(rows) + 1, wanted, 0, "d-1"))

    async def pending(self) -> Sequence[WantedState]:
        self.fuse.before_effect()
        return [rows[-1] for rows in self.rows.values() if rows[-1].done_ns is None]

    async def record_found(self, target: str, epoch: int, found: str) -> bool:
        return self._update(target, epoch, found=found)

    async def record_done(self, target: str, epoch: int, at_ns: int, outcome: str) -> bool:
        return self._update(target, epoch, done_ns=at_ns, outcome=outcome)

    async def found_at_pause(self, target: str, before_epoch: int) -> str | None:
        self.fuse.before_effect()
        for row in reversed([row for row in self.rows[target] if row.epoch < before_epoch]):
            if row.wanted is Wanted.RUNNING and row.done_ns is not None:
                return None
            if row.wanted is Wanted.PAUSED and row.found is not None:
                return row.found
        return None

    def _update(self, target: str, epoch: int, **values: object) -> bool:
        self.fuse.before_effect()
        rows = self.rows[target]
        if rows[-1].epoch != epoch:
            return False
        rows[-1] = replace(rows[-1], **values)  # type: ignore[arg-type]  # named by the two callers above
        self.fuse.after_effect()
        return True


@dataclass(slots=True)
class _Part:
    message: Message
    channel: int
    attempts: int = 0
    next_ns: int | None = 0
    leased_ns: int = 0


@dataclass(slots=True)
class FakeOutbox:
    fuse: Fuse = field(default_factory=Fuse)
    fresh: list[Message] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    async def unfanned(self) -> Sequence[Message]:
        self.fuse.before_effect()
        return list(self.fresh)

    async def fan_out(self, message: str, channels: int) -> None:
        self.fuse.before_effect()
        for found in [m for m in self.fresh if m.id == message]:
            self.fresh.remove(found)
            self.parts += [_Part(found, channel) for channel in range(channels)]
        self.fuse.after_effect()

    async def lease(self, now_ns: int, lease_ns: int, limit: int) -> Sequence[Due]:
        self.fuse.before_effect()
        free = [p for p in self.parts if p.next_ns is not None and max(p.next_ns, p.leased_ns) <= now_ns][:limit]
        for part in free:
            part.leased_ns = now_ns + lease_ns
        return [Due(part.message, part.channel, part.attempts) for part in free]

    async def record(self, due: Due, delivery: Delivery, next_try_ns: int | None) -> None:
        self.fuse.before_effect()
        part = next(p for p in self.parts if (p.message.id, p.channel) == (due.message.id, due.channel))
        part.attempts, part.next_ns, part.leased_ns = due.attempts + 1, next_try_ns, 0
        self.deliveries.append(delivery)
        self.fuse.after_effect()


@dataclass(slots=True)
class FakeLog:
    fuse: Fuse = field(default_factory=Fuse)
    rows: list[Delivery] = field(default_factory=list)

    async def log(self, delivery: Delivery) -> None:
        self.fuse.before_effect()
        self.rows.append(delivery)
        self.fuse.after_effect()


@dataclass
class FakeChannel:
    fuse: Fuse = field(default_factory=Fuse)
    letters: list[Letter] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)

    async def send(self, spec: ChannelSpec, letter: Letter) -> Delivered | Refused:  # noqa: ARG002 -- one address
        self.fuse.before_effect()
        if self.refusals:
            return self.refusals.pop(0)
        self.letters.append(letter)
        self.fuse.after_effect()
        return Delivered()
