import pytest

from slo_service.act.ports import Due
from slo_service.decide.ports import Memory
from slo_service.domain.instant import SECOND
from slo_service.store.errors import Deposed
from slo_service.store.sql.database import Database
from slo_service.store.sql.leadership import Leadership
from slo_service.store.sql.store import SqlStore
from tests.contracts.store.test_failures import WHOLE
from tests.contracts.store.test_journal import ROUND
from tests.store.build import NOW, delivery, message

TTL = 10 * SECOND


def _writes(store: SqlStore):
    return (
        store.ingest(WHOLE),
        store.journal.record(ROUND),
        store.wanted.record_found("job:export", 1, "running"),
        store.wanted.record_done("job:export", 1, NOW, "paused"),
        store.outbox.fan_out("m-1", 2),
        store.outbox.lease(NOW, 1, 1),
        store.outbox.record(Due(message(), 0, 0), delivery(), None),
        store.deliveries.log(delivery()),
        store.snapshots.save("bank", [], 1, NOW),
        store.snapshots.forget(["bank"]),
        store.definitions.record({}, NOW),
        store.prune(),
    )


async def test_nobody_records_before_leading(sql_store: SqlStore) -> None:
    await sql_store.leadership.release()
    for write in _writes(sql_store):
        with pytest.raises(Deposed, match="does not lead"):
            await write


async def test_a_deposed_writer_is_refused_by_the_database_and_leaves_nothing(sql_store: SqlStore) -> None:
    newer = Leadership(sql_store._database)
    assert await newer.acquire("newer", NOW + TTL, TTL) == 2
    sql_store._database.epoch = 1  # as the process that was passed over still believes
    for write in _writes(sql_store):
        with pytest.raises(Deposed, match="leader epoch 2 has taken over from epoch 1"):
            await write
    assert await sql_store.journal.memory() == Memory()
    assert await sql_store.ledger.positions("reader") == {}
    assert not await sql_store.leadership.renew(NOW, TTL)
    assert sql_store.leadership.epoch is None


async def test_the_epoch_grows_with_every_start(sql_store: SqlStore) -> None:
    assert [await sql_store.leadership.acquire("again", NOW, TTL) for _ in range(2)] == [2, 3]
    assert await sql_store.leadership.renew(NOW, TTL)


async def _other(store: SqlStore) -> tuple[Database, Leadership]:
    other = Database(store._database.url.render_as_string(hide_password=False))
    return other, Leadership(other)


@pytest.mark.parametrize("sql_store", ["file"], indirect=True)
async def test_on_sqlite_a_new_process_takes_over_at_once(sql_store: SqlStore) -> None:
    database, newer = await _other(sql_store)
    assert await newer.acquire("newer", NOW, TTL) == 2
    assert not await sql_store.leadership.renew(NOW, TTL)
    await database.close()


@pytest.mark.services
@pytest.mark.parametrize("sql_store", ["postgres"], indirect=True)
class TestSeveralProcesses:
    """On PostgreSQL, where they are allowed."""

    async def test_one_leads_until_it_lets_go(self, sql_store: SqlStore) -> None:
        assert await sql_store.leadership.renew(NOW, TTL)
        database, newer = await _other(sql_store)
        assert await newer.acquire("newer", NOW, TTL) is None
        await sql_store.leadership.release()
        assert await newer.acquire("newer", NOW, TTL) == 2
        await newer.release()
        await database.close()

    async def test_a_killed_process_is_followed_before_its_lease_is_over(self, sql_store: SqlStore) -> None:
        database, newer = await _other(sql_store)
        assert await sql_store.leadership.renew(NOW, 1000 * TTL)
        async with database.session() as connection:  # what the server does when the process is gone
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        assert await newer.acquire("newer", NOW, TTL) == 2
        assert not await sql_store.leadership.renew(NOW, TTL)
        await newer.release()
        await database.close()

    async def test_a_leader_whose_connection_broke_goes_on_if_nobody_has_followed(self, sql_store: SqlStore) -> None:
        database, newer = await _other(sql_store)
        async with database.session() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        assert await sql_store.leadership.renew(NOW, TTL)
        assert await newer.acquire("newer", NOW, TTL) is None
        await database.close()

    async def test_a_hung_leader_is_passed_over_once_its_lease_is_over(self, sql_store: SqlStore) -> None:
        assert await sql_store.leadership.renew(NOW, TTL)
        database, newer = await _other(sql_store)
        assert await newer.acquire("newer", NOW + TTL, TTL) == 2
        with pytest.raises(Deposed):
            await sql_store.ingest(WHOLE)
        assert not await sql_store.leadership.renew(NOW + TTL, TTL)
        assert await newer.renew(NOW + TTL, TTL)  # takes the lock that the other has left
        assert await sql_store.leadership.acquire("old", NOW + TTL, TTL) is None
        await newer.release()
        await database.close()
