"""The door to the database: short reads, one writer at a time whose every transaction carries the fencing epoch, and
one answer, `StoreUnavailable`, for everything that keeps the database from recording."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import orjson
from sqlalchemy import event, exc, make_url, select
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from slo_service.collect.ports import StoreUnavailable
from slo_service.store.errors import Deposed
from slo_service.store.sql.schema import LEADER, leaders

BUSY_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_SECONDS = 60
POOL_TIMEOUT_SECONDS = 10
_WRITES = "slo_writes"  # marks a connection whose transaction takes SQLite's write lock when it begins

# A hung or vanished holder of a lock must not keep others waiting for hours, the default of TCP and PostgreSQL
POSTGRES_SETTINGS = {
    "application_name": "slo-service",
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_OUR_MISTAKES = (exc.IntegrityError, exc.ProgrammingError, exc.DataError, exc.NotSupportedError)


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """`epoch` is the fencing epoch this process leads with; None while it does not lead."""

    def __init__(self, url: str) -> None:
        """ValueError for a URL of a database that is neither SQLite nor PostgreSQL. Connects to nothing yet."""
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        self.epoch: int | None = None
        self._closed = False
        self._writer = asyncio.Lock()
        self._in_memory = self.dialect == "sqlite" and self.url.database in (None, "", ":memory:")
        self._unreachable: tuple[type[Exception], ...] = (exc.TimeoutError, OSError, TimeoutError)
        self.engine = self._create()

    @property
    def name(self) -> str:
        """For people: never shows the password."""
        return self.url.render_as_string(hide_password=True)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent snapshot. Raises `StoreUnavailable`."""
        waits = self._writer if self._in_memory else contextlib.nullcontext()  # there it has only one connection
        engine = self.engine
        if self.dialect == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        async with waits:
            with self._translated():
                async with engine.connect() as connection, connection.begin():
                    yield connection

    @contextlib.asynccontextmanager
    async def write(self, *, fenced: bool = True) -> AsyncIterator[AsyncConnection]:
        """One transaction, all or nothing. Raises `StoreUnavailable`, or `Deposed` when we do not lead (any more)."""
        async with self._writer:
            with self._translated():
                engine = self.engine.execution_options(**{_WRITES: True})
                async with engine.connect() as connection, connection.begin():
                    if fenced:
                        await self._check_fence(connection)
                    yield connection

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside transactions, for locks that live as long as it does. Raises `StoreUnavailable`."""
        with self._translated():
            async with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                try:
                    yield connection
                finally:
                    await connection.invalidate()  # back in the pool it would keep its locks

    async def close(self) -> None:
        self._closed = True
        await self.engine.dispose()

    async def _check_fence(self, connection: AsyncConnection) -> None:
        if self.epoch is None:
            raise Deposed("this process does not lead, so it may not record")
        # the shared lock makes a new leader wait for this transaction, so that none of ours commits after it has begun
        newest = await connection.scalar(
            select(leaders.c.epoch).where(leaders.c.name == LEADER).with_for_update(read=True)
        )
        if newest != self.epoch:
            raise Deposed(f"leader epoch {newest} has taken over from epoch {self.epoch}")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        if self._closed:
            raise StoreUnavailable(f"{self.name}: the store is closed")
        try:
            yield
        except _OUR_MISTAKES as error:  # what it was raised from may quote values, so the chain ends here
            told = type(error)(error.statement, None, Exception(_without_values(error)), hide_parameters=True)
            raise told.with_traceback(error.__traceback__) from None
        except exc.DBAPIError as error:
            away = StoreUnavailable(f"{self.name}: {_without_values(error)}")
            raise away.with_traceback(error.__traceback__) from None
        except self._unreachable as error:
            raise StoreUnavailable(f"{self.name}: {str(error) or type(error).__name__}") from error

    def _create(self) -> AsyncEngine:
        if self.dialect == "postgresql":
            import asyncpg  # type: ignore[import-untyped]  # it ships no types; loaded only where it is used

            # SQLAlchemy translates what a connection says, but not why there is none
            self._unreachable += (asyncpg.PostgresError, asyncpg.InterfaceError)
            return create_async_engine(
                self.url.set(drivername="postgresql+asyncpg"),
                pool_pre_ping=True,
                pool_timeout=POOL_TIMEOUT_SECONDS,
                connect_args={"server_settings": POSTGRES_SETTINGS, "command_timeout": STATEMENT_TIMEOUT_SECONDS},
                json_serializer=_dumps,
                json_deserializer=orjson.loads,
                hide_parameters=True,
            )
        if self.dialect != "sqlite":
            raise ValueError(f"{self.name} is neither SQLite nor PostgreSQL; write sqlite:///slo.db or postgresql://…")
        engine = create_async_engine(
            self.url.set(drivername="sqlite+aiosqlite"),
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            hide_parameters=True,
            **({"poolclass": StaticPool} if self._in_memory else {"pool_timeout": POOL_TIMEOUT_SECONDS}),
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine


def _without_values(error: exc.DBAPIError) -> str:
    """What the driver says, less what it quotes of a statement's values: details, which follow on lines of their own,
    and complaints about the values themselves (SQLSTATE class 22, and those that never left the driver)."""
    refused = getattr(error.orig, "__cause__", None) or error.orig
    state = getattr(refused, "sqlstate", None) or ""
    if isinstance(refused, ValueError) or state.startswith("22"):
        return f"{type(refused).__name__} {state}: a value is refused".replace(" :", ":")
    return str(error.orig).partition("\n")[0]


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own idea of when a transaction begins is too late for us
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database, None for others: its folder must exist, and backups copy it."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


assert sqlite3.sqlite_version_info >= (3, 35), "SQLite 3.35 or newer is needed"
