"""Where the partitions of a topic end, asked of the brokers in one batch and without waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import (  # the package lists them for use but not for type checkers
    ListOffsetsResultInfo,
    OffsetSpec,
)

from slo_service.collect.canary.report import Moment

REQUEST_SECONDS = 5.0
_DESCRIBE_SECONDS = 1.0
_FLOORS = 8
_EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # the client leaves it untyped
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # the same

Answers = Mapping[TopicPartition, "Future[ListOffsetsResultInfo]"]


@dataclass(frozen=True, slots=True)
class Ends:
    """End offsets of all partitions that answered. Asked at `asked`, so what was visible then lies before them."""

    asked: Moment
    by_partition: Mapping[int, int]
    error: str = ""


class LogEnds:
    """One question at a time. `level`: whether records of open transactions count as visible."""

    def __init__(self, admin: AdminClient, topic: str, level: IsolationLevel, clock: Callable[[], Moment]) -> None:
        self._admin, self._topic, self._level, self._clock = admin, topic, level, clock
        self._asked: Moment | None = None
        self._answers: Answers = {}
        self._positions: dict[int, int] = {}

    def ask(self, positions: Mapping[int, int]) -> None:
        """Of the partitions that are read, with the positions up to which they have been."""
        self._asked, self._positions = self._clock(), dict(positions)
        self._answers = self._request(positions, _LATEST)

    def drop(self) -> None:
        """Forget the question: its answer would be about another assignment."""
        self._asked = None

    def answer(self) -> Ends | None:
        """Once, when all of it is there. A log that ends before our position is not the one that we were reading, or
        it was cut: nothing can be said then, so there are no ends."""
        if self._asked is None or not all(found.done() for found in self._answers.values()):
            return None
        found, error = _collect(self._answers)
        behind = [partition for partition, end in found.items() if end < self._positions[partition]]
        if behind:
            found, error = {}, f"{self._topic}/{behind[0]} ends before our position"
        ends = Ends(self._asked, found, error)
        self._asked = None
        return ends

    @property
    def asking(self) -> bool:
        return self._asked is not None

    def bounds(self, partitions: Iterable[int]) -> tuple[Mapping[int, int], Mapping[int, int], str]:
        """First and end offsets by partition, and what went wrong with the others; waits for the brokers."""
        known = tuple(partitions)
        starts = self._request(known, _EARLIEST)
        ends = self._request(known, _LATEST)
        (low, low_error), (high, high_error) = _collect(starts), _collect(ends)
        return low, high, low_error or high_error

    def topic_id(self) -> str | None:
        """The id that a topic of the same name, created anew, would not share; None when the brokers do not tell."""
        wanted = TopicCollection([self._topic])
        try:
            answers = self._admin.describe_topics(wanted, request_timeout=_DESCRIBE_SECONDS)
            return str(answers[self._topic].result().topic_id)
        except KafkaException:
            return None

    def _request(self, partitions: Iterable[int], spec: OffsetSpec) -> Answers:
        wanted = {TopicPartition(self._topic, partition): spec for partition in partitions}
        if not wanted:
            return {}
        answers: Answers = self._admin.list_offsets(
            wanted, isolation_level=self._level, request_timeout=REQUEST_SECONDS
        )
        return answers


def _collect(answers: Answers) -> tuple[dict[int, int], str]:
    found, error = {}, ""
    for place, answer in answers.items():
        try:
            found[place.partition] = answer.result().offset
        except KafkaException as failed:
            error = f"{place.topic}/{place.partition}: {failed.args[0].str()}"
    return found, error


class Floors:
    """For one partition: at which moments its log ended where. Tells of a record when it was not there yet."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, Moment]] = deque(maxlen=_FLOORS)

    def learn(self, end: int, at: Moment) -> None:
        if self._known and self._known[-1][0] == end:
            self._known.pop()
        self._known.append((end, at))

    def before(self, offset: int) -> Moment | None:
        """The latest known moment at which the log ended at or before this offset."""
        return next((at for end, at in reversed(self._known) if end <= offset), None)
