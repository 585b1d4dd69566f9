"""What the worker asks of the world (controllers, channels) and of the store (wanted states, outbox)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from slo_service.domain.event import Delivery, Message, WantedState
from slo_service.domain.pipeline import ChannelSpec, Job


class JobState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    ABSENT = "absent"  # nothing there to pause or resume


@dataclass(frozen=True, slots=True)
class Delivered:
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A broken remote is an answer, not an exception."""

    reason: str
    retryable: bool
    retry_after_ns: int | None = None


class JobController(Protocol):
    """Pauses and resumes jobs of one system. Never raises for a remote that fails. Calls are idempotent."""

    async def state(self, job: Job) -> JobState | Refused: ...
    async def pause(self, job: Job, key: str) -> Delivered | Refused: ...
    async def resume(self, job: Job, key: str) -> Delivered | Refused: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered message. `key` is stable over retries: Message-ID, idempotency header."""

    key: str
    subject: str
    text: str
    html: str
    facts: dict[str, object]


class Channel(Protocol):
    """Sends to one kind of address. Never raises for a remote that fails."""

    async def send(self, spec: ChannelSpec, letter: Letter) -> Delivered | Refused: ...


class WantedStates(Protocol):
    """All writes are refused for a (target, epoch) that is no longer the newest: the answer is False."""

    async def pending(self) -> Sequence[WantedState]:
        """Newest per target, where not done."""
        ...

    async def record_found(self, target: str, epoch: int, found: str) -> bool: ...

    async def record_done(self, target: str, epoch: int, at_ns: int, outcome: str) -> bool: ...

    async def found_at_pause(self, target: str, before_epoch: int) -> str | None:
        """What the newest earlier `paused` epoch with a recorded `found` found, unless a later `running` epoch (still
        before this one) was done: then nothing of ours is outstanding, and the answer is None. So a pause whose
        release was overtaken by a new pause stays ours to undo."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """A leased part of a message: one channel of its contact (by index)."""

    message: Message
    channel: int
    attempts: int


class Outbox(Protocol):
    async def lease(self, now_ns: int, lease_ns: int, limit: int) -> Sequence[Due]:
        """Undelivered parts that are due and not leased, oldest first; leased to us until now + lease."""
        ...

    async def fan_out(self, message: str, channels: int) -> None:
        """Creates the parts of a message once its contact's channels are known. Idempotent."""
        ...

    async def unfanned(self) -> Sequence[Message]:
        """Messages whose parts do not exist yet."""
        ...

    async def record(self, due: Due, delivery: Delivery, next_try_ns: int | None) -> None:
        """Writes the attempt; `next_try_ns` None ends the part (delivered, or refused for good)."""
        ...


class DeliveryLog(Protocol):
    """Attempts on wanted states, beside the outbox's own."""

    async def log(self, delivery: Delivery) -> None: ...
