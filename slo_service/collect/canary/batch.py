"""What one round of the collector hands to the store: everything that changed, and how far everybody has looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.ports import Batch, Position
from slo_service.domain.cell import Progress
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Intake, Schedule
from slo_service.domain.instant import MILLISECOND, SECOND

QUIET_NS = 500 * MILLISECOND  # news that changes no count waits for company so long


@dataclass(slots=True)
class Standing:
    """How far readers and sender have come: by hop the newest mark and the positions; `through_ns` for the sender.

    `partitions`: how many are sent to now; the ledger's may be more, since it knows those that were once."""

    marks: dict[str, int] = field(default_factory=dict)
    positions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    through_ns: int | None = None
    partitions: int = 0


class BatchMaker:
    """`horizons`: by stream, the time after which a count is final, in nanoseconds."""

    def __init__(
        self, canary: str, every_ns: int, book: CellBook, ledger: CanaryLedger, horizons: Mapping[str, int]
    ) -> None:
        self._canary, self._every_ns, self._book, self._ledger = canary, every_ns, book, ledger
        self._horizons = horizons
        self._written: dict[tuple[str, str], str] = {}  # positions by reader and name
        self._progress: dict[tuple[str, str], int] = {}
        self._scheduled: int | None = None  # partitions
        self._made_ns: int | None = None

    def make(self, standing: Standing, now_ns: int, *, waiting: bool = True) -> Batch | None:
        """None while there is nothing, or (`waiting`) nothing that could not wait. Otherwise the ledger's changes
        are in the batch, which must be committed before the next is made."""
        looked = self._looked(standing)
        judged = {name: through_ns - self._horizons[name] for name, through_ns in looked.items()}
        samples = self._book.samples(self._ledger, judged)
        self._ledger.judged_ns = min(judged.values(), default=0)
        if waiting and not samples and self._made_ns is not None and 0 <= now_ns - self._made_ns < QUIET_NS:
            return None
        batch = Batch(
            samples=samples,
            progress=self._changed(looked),
            schedules=self._schedules(standing, now_ns),
            positions=self._moved(standing),
            pages=self._ledger.pages(now_ns),
        )
        self._ledger.clean()
        if batch == Batch():
            return None
        self._made_ns = now_ns
        return batch

    def _looked(self, standing: Standing) -> dict[str, int]:
        """By stream, the moment through which its reader, or for intake the sender, has looked."""
        found = {}
        for stream, name in self._book.streams:
            match stream.indicator:
                case Freshness(at=hop) | Completeness(at=hop) | Duplicates(at=hop):
                    through_ns = standing.marks.get(hop)
                case Intake():
                    through_ns = standing.through_ns
                case _:
                    through_ns = None
            if through_ns is not None:
                found[name] = through_ns
        return found

    def _changed(self, looked: Mapping[str, int]) -> tuple[Progress, ...]:
        """Every change is said, also back: a clock that is set back must not silence the stream until it catches up."""
        found = []
        for name, through_ns in looked.items():
            for partition in sorted(self._ledger.partitions):
                place = name, self._book.source(partition)
                if through_ns != self._progress.get(place):
                    self._progress[place] = through_ns
                    found.append(Progress(*place, through_ns))
        return tuple(found)

    def _schedules(self, standing: Standing, now_ns: int) -> tuple[Schedule, ...]:
        """Once sending has begun, and again when the number of partitions changes."""
        count = standing.partitions
        if standing.through_ns is None or count == self._scheduled:
            return ()
        self._scheduled = count
        rate = Fraction(count * SECOND, self._every_ns)
        return tuple(Schedule(name, now_ns, rate, count) for _, name in self._book.streams)

    def _moved(self, standing: Standing) -> tuple[Position, ...]:
        found = []
        for hop, positions in standing.positions.items():
            reader = reader_name(self._canary, hop)
            for name, value in positions.items():
                if self._written.get((reader, name)) != value:
                    self._written[reader, name] = value
                    found.append(Position(reader, name, value))
        return tuple(found)


def reader_name(canary: str, hop: str) -> str:
    return f"canary/{canary}/{hop}"
