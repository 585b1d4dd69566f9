"""The store on SQLite or PostgreSQL: every port of every room over one database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slo_service.collect.ports import Batch, StoreUnavailable
from slo_service.domain.budgeting import Slicing
from slo_service.domain.cell import Delta
from slo_service.store.recorder import AnnouncingRecorder, OnCommit
from slo_service.store.retention import Retention
from slo_service.store.sql.audit import SqlAuditLog
from slo_service.store.sql.cells import SqlCellReader
from slo_service.store.sql.changes import SqlChangeReader
from slo_service.store.sql.database import Database, sqlite_file
from slo_service.store.sql.definitions import SqlDefinitionVersions
from slo_service.store.sql.groups import SqlGroups
from slo_service.store.sql.history import SqlHistory
from slo_service.store.sql.ingest import Ingest
from slo_service.store.sql.journal import SqlJournal
from slo_service.store.sql.leadership import Leadership
from slo_service.store.sql.ledger import SqlLedger
from slo_service.store.sql.migrate import upgrade
from slo_service.store.sql.outbox import SqlOutbox
from slo_service.store.sql.prune import prune
from slo_service.store.sql.snapshots import SqlRingSnapshots
from slo_service.store.sql.sweep import SqlSweeper
from slo_service.store.sql.wanted import SqlDeliveryLog, SqlWantedStates


class SqlStore:
    """Reads are free to all; writes, but for the audit log, are the leader's: `leadership.acquire` comes first."""

    def __init__(self, database: Database, wall_ns: Callable[[], int], retention: Retention) -> None:
        self._database = database
        self._ingest = Ingest(database, wall_ns, retention)
        self._wall_ns = wall_ns
        self._retention = retention
        self.leadership = Leadership(database)
        self.ledger = SqlLedger(database)
        self.groups = SqlGroups(database)
        self.cells = SqlCellReader(database)
        self.changes = SqlChangeReader(database)
        self.sweeper = SqlSweeper(database)
        self.snapshots = SqlRingSnapshots(database)
        self.journal = SqlJournal(database)
        self.history = SqlHistory(database)
        self.wanted = SqlWantedStates(database)
        self.outbox = SqlOutbox(database)
        self.deliveries = SqlDeliveryLog(database)
        self.definitions = SqlDefinitionVersions(database)
        self.audit = SqlAuditLog(database)

    @property
    def name(self) -> str:
        """The database's address without its password."""
        return self._database.name

    async def ingest(self, batch: Batch) -> tuple[Delta, ...]:
        """See `Ingest.ingest`."""
        return await self._ingest.ingest(batch)

    def slicing(self, rules: Mapping[str, Slicing]) -> None:
        """See `Ingest.slicing`."""
        self._ingest.slicing(rules)

    def recorder(self, on_commit: OnCommit) -> AnnouncingRecorder:
        """A `Recorder` that tells of every committed batch, and what it changed."""
        return AnnouncingRecorder(self, on_commit)

    def counters(self) -> Mapping[str, int]:
        """Samples that changed nothing, since the start, by reason; all reasons are there from the start."""
        return dict(self._ingest.refused)

    async def prune(self, now_ns: int | None = None, limits: Retention | None = None) -> Mapping[str, int]:
        """Rows deleted, by table; at most `rows_a_run` each. Raises `StoreUnavailable` and `Deposed`."""
        return await prune(self._database, self._wall_ns() if now_ns is None else now_ns, limits or self._retention)

    async def close(self) -> None:
        await self.leadership.release()
        await self._database.close()


async def open_store(url: str, now_ns: Callable[[], int], retention: Retention | None = None) -> SqlStore:
    """Opens and upgrades `sqlite:///FILE`, `sqlite://` (in memory) or `postgresql://…`.

    Raises ValueError for another kind of database, `StoreTooNew`, and `StoreUnavailable` when it cannot be reached."""
    database = Database(url)
    file = sqlite_file(url)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        await upgrade(database)
    except OSError as error:
        raise StoreUnavailable(f"{database.name}: {error}") from error
    except BaseException:
        await database.close()
        raise
    return SqlStore(database, now_ns, retention or Retention())
