"""A transaction is whole or nothing, whatever ends it, and nothing that was promised is announced twice or never."""

import contextlib
import itertools
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import event

from slo_service.collect.ports import Batch, Position, StoreUnavailable
from slo_service.decide.ports import Memory, Round
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.instant import SECOND
from slo_service.evaluate.ports import Block, SnapshotHeader
from slo_service.store.sql.store import SqlStore
from tests.contracts.store.test_journal import ROUND
from tests.contracts.store.test_slices import MINUTES
from tests.store.build import NOW, batch, page, sample

WHOLE = Batch(
    samples=(sample(good=3, bad=1),),
    progress=(Progress("s", "canary", NOW),),
    positions=(Position("reader", "topic/0", "42"),),
    pages=(page(),),
)


class _Survived(Exception):
    """The work was done before the fault came."""


class Fault:
    """The database goes away before its n-th statement from now on, or around a commit."""

    def __init__(self, store: SqlStore) -> None:
        self._engine = store._database.engine.sync_engine
        self._armed: list[tuple[str, Callable[..., None]]] = []

    def before_statement(self, number: int) -> None:
        left = [number]

        def count(*_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError("the cable was pulled")

        self._arm("before_cursor_execute", count)

    async def breaks(self, number: int, work: Awaitable[object]) -> None:
        """Does the work up to its n-th statement; `_Survived` when it has no such."""
        self.before_statement(number)
        try:
            await work
        except StoreUnavailable as error:
            if "cable was pulled" not in str(error):
                raise
        else:
            raise _Survived
        finally:
            self.heal()

    def after_commit(self) -> None:
        def commit_and_break(connection) -> None:
            if connection.dialect.name == "postgresql":
                connection.connection.dbapi_connection.commit()  # the driver counts its transactions itself
            else:
                connection.exec_driver_sql("COMMIT")
            raise OSError("the answer to COMMIT was lost")

        self._arm("commit", commit_and_break)

    def at_commit(self) -> None:
        def refuse(_: object) -> None:
            raise OSError("COMMIT never arrived")

        self._arm("commit", refuse)

    def heal(self) -> None:
        for name, listener in self._armed:
            event.remove(self._engine, name, listener)
        self._armed.clear()

    def _arm(self, name: str, listener: Callable[..., None]) -> None:
        event.listen(self._engine, name, listener)
        self._armed.append((name, listener))


async def test_a_batch_that_breaks_off_anywhere_leaves_nothing_and_can_be_sent_again(sql_store: SqlStore) -> None:
    fault = Fault(sql_store)
    sql_store.slicing({"s.slices": MINUTES})
    broken_off = 0
    with contextlib.suppress(_Survived):
        for broken_off in itertools.count(1):
            await fault.breaks(broken_off, sql_store.ingest(WHOLE))
            assert list(await sql_store.changes.touched(0)) == []
            assert list(await sql_store.cells.cells("s.slices", 60 * SECOND, 0, NOW + 1)) == []
            assert list(await sql_store.cells.cells("s", 60 * SECOND, 0, NOW + 1)) == []
            assert list(await sql_store.cells.progress(["s"])) == []
            assert await sql_store.ledger.positions("reader") == {}
            assert list(await sql_store.ledger.pages("orders-canary", 0)) == []
    assert broken_off > 17
    assert [row.bad for row in await sql_store.cells.cells("s.slices", 60 * SECOND, 0, NOW + 1)] == [1]
    assert [row.good for row in await sql_store.cells.cells("s", 60 * SECOND, 0, NOW + 1)] == [3]


async def test_a_round_that_breaks_off_anywhere_leaves_nothing(sql_store: SqlStore) -> None:
    fault = Fault(sql_store)
    broken_off = 0
    with contextlib.suppress(_Survived):
        for broken_off in itertools.count(1):
            await fault.breaks(broken_off, sql_store.journal.record(ROUND))
            assert await sql_store.journal.memory() == Memory()
            assert list(await sql_store.outbox.unfanned()) == []
            assert list(await sql_store.journal.transitions(None, 9)) == []
    assert broken_off > 9
    assert await sql_store.journal.memory() != Memory()


async def test_a_snapshot_that_breaks_off_anywhere_leaves_the_one_before(sql_store: SqlStore) -> None:
    await sql_store.snapshots.save("bank", [Block("fine", 0, b"old")], 1, NOW, "v1")
    blocks = [Block("fine", n, b"new") for n in range(100)]
    fault = Fault(sql_store)
    broken_off = 0
    with contextlib.suppress(_Survived):
        for broken_off in itertools.count(1):
            await fault.breaks(broken_off, sql_store.snapshots.save("bank", blocks, 2, NOW + 1, "v2"))
            assert await sql_store.snapshots.header("bank") == SnapshotHeader("v1", 1, NOW)
            assert list(await sql_store.snapshots.load("bank")) == [Block("fine", 0, b"old")]
    assert broken_off > 4
    assert len(await sql_store.snapshots.load("bank")) == 100


async def test_a_commit_whose_answer_was_lost_is_announced_with_the_next_answer_and_only_once(
    sql_store: SqlStore,
) -> None:
    fault = Fault(sql_store)
    fault.after_commit()
    with pytest.raises(StoreUnavailable, match="answer to COMMIT was lost"):
        await sql_store.ingest(batch(sample(good=3)))
    fault.heal()
    fault.before_statement(6)
    with pytest.raises(StoreUnavailable, match="cable"):
        await sql_store.ingest(batch(sample(good=3)))
    fault.heal()
    assert await sql_store.ingest(batch(sample(good=3))) == (Delta("s", NOW, 3, 0, 1, "canary/eu/0"),)
    assert await sql_store.ingest(batch(sample(good=3))) == ()


async def test_a_commit_that_never_took_place_is_not_announced_twice(sql_store: SqlStore) -> None:
    fault = Fault(sql_store)
    fault.at_commit()
    with pytest.raises(StoreUnavailable, match="never arrived"):
        await sql_store.ingest(batch(sample(good=3)))
    fault.heal()
    assert await sql_store.ingest(batch(sample(good=3))) == (Delta("s", NOW, 3, 0, 1, "canary/eu/0"),)


async def test_a_round_whose_answer_was_lost_may_be_written_again(sql_store: SqlStore) -> None:
    fault = Fault(sql_store)
    fault.after_commit()
    with pytest.raises(StoreUnavailable):
        await sql_store.journal.record(ROUND)
    fault.heal()
    await sql_store.journal.record(ROUND)
    assert (await sql_store.journal.memory()).wanted == ROUND.wanted


async def test_a_closed_store_says_so(sql_store: SqlStore) -> None:
    await sql_store.close()
    for call in (
        sql_store.ingest(WHOLE),
        sql_store.cells.cells("s", SECOND, 0, 1),
        sql_store.cells.progress(["s"]),
        sql_store.cells.schedules(["s"]),
        sql_store.cells.tier_states(),
        sql_store.changes.change(),
        sql_store.changes.touched(0),
        sql_store.changes.slots(SECOND, [("s", NOW)]),
        sql_store.changes.slots_by_source([("s", NOW)]),
        anext(sql_store.sweeper.sweep(SECOND, 0, 1)),
        sql_store.snapshots.save("b", [], 1, NOW),
        sql_store.snapshots.header("b"),
        sql_store.snapshots.load("b"),
        sql_store.ledger.pages("c", 0),
        sql_store.ledger.page("c", "sent", "k", 0),
        sql_store.ledger.positions("r"),
        sql_store.journal.record(Round(NOW)),
        sql_store.journal.memory(),
        sql_store.journal.transitions(None, 1),
        sql_store.history.decisions(None, 1),
        sql_store.history.chain("d"),
        sql_store.history.states("s", 0, NOW),
        sql_store.wanted.pending(),
        sql_store.wanted.record_done("t", 1, NOW, "x"),
        sql_store.outbox.lease(NOW, 1, 1),
        sql_store.outbox.unfanned(),
        sql_store.prune(),
    ):
        with pytest.raises(StoreUnavailable, match="closed"):
            await call
