"""How long what is kept: one table of defaults, in nanoseconds, and how much one run may delete."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.instant import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Retention:
    """`cells_ns` also bounds how late a correction may come: an older sample is refused and counted.

    `ledger_ns` is the longest budget window and seven days more; pages still open are kept whatever their age.
    What is still in force (open episodes, live holds, the newest wanted state and state, undelivered messages) is never
    deleted. What ingests touched is kept until all snapshots contain it, and no longer than `touched_ns`.
    """

    cells_ns: int = 48 * HOUR
    cells_1m_ns: int = 14 * DAY
    cells_15m_ns: int = 400 * DAY
    touched_ns: int = 6 * HOUR
    ledger_ns: int = 37 * DAY
    history_ns: int = 400 * DAY
    rows_a_run: int = 1_000_000  # for each table; ten thousand streams make 600,000 cells in ten minutes
