"""What the evaluator asks of a store to start again where it stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import TierState


class CellReader(Protocol):
    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        """Sums over sources of the rows of this width (10 s, 1 min or 15 min), oldest first."""
        ...

    async def progress(self, streams: Sequence[str]) -> Sequence[Progress]: ...

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        """Each stream's schedules, oldest first."""
        ...

    async def tier_states(self) -> Sequence[TierState]:
        """The newest recorded state of every tier of every SLO."""
        ...
