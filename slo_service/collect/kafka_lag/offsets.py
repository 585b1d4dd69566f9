"""What is read of a consumer group in one poll, and the port through which it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment on both clocks: wall time to file under, monotonic time to measure durations with."""

    wall_ns: int
    mono_ns: int


@dataclass(frozen=True, slots=True)
class PartitionOffsets:
    """`committed` None: the group committed nothing here. `begin` is asked only then. `error`: could not be read."""

    partition: int
    committed: int | None = None
    end: int | None = None
    begin: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class GroupOffsets:
    """Commits were read before `at`, ends after it, so lag is never negative."""

    at: Stamp
    partitions: tuple[PartitionOffsets, ...]


@dataclass(frozen=True, slots=True)
class DataRecord:
    """The first data record at or after an offset. `appended_ns` only when its timestamp is the broker's own."""

    offset: int
    appended_ns: int | None = None


@dataclass(frozen=True, slots=True)
class NoRecord:
    """Nothing but control markers, aborted batches or holes up to `end`."""

    end: int


FirstUnread = DataRecord | NoRecord


class OffsetsUnavailable(Exception):
    """The cluster did not answer, or refused; the text says which and why."""


class OffsetSource(Protocol):
    """Blocking; every call ends within its own time-out. Raises `OffsetsUnavailable` only."""

    def read(self, group: str, topic: str) -> GroupOffsets: ...

    def first_unread(self, topic: str, committed: Mapping[int, int]) -> Mapping[int, FirstUnread]:
        """By partition, the first data record at or after its committed offset; absent if not found in time."""
        ...

    def close(self) -> None: ...
