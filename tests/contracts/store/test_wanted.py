from slo_service.decide.ports import Round
from slo_service.domain.event import Wanted, WantedState
from slo_service.store.sql.store import SqlStore
from tests.store.build import NOW, decision, delivery, wanted

RUNNING, JOB = Wanted.RUNNING, "job:export"


async def _want(store: SqlStore, *states: WantedState) -> None:
    for state in states:
        await store.journal.record(Round(NOW, wanted=(state,)))


async def test_only_the_newest_wanted_state_is_pending_until_it_is_done(sql_store: SqlStore) -> None:
    await _want(sql_store, wanted(1), wanted(2, RUNNING), wanted(1, target="job:backfill"))
    assert list(await sql_store.wanted.pending()) == [wanted(1, target="job:backfill"), wanted(2, RUNNING)]
    assert await sql_store.wanted.record_done(JOB, 2, NOW + 1, "resumed")
    assert list(await sql_store.wanted.pending()) == [wanted(1, target="job:backfill")]


async def test_a_word_about_a_superseded_epoch_is_refused(sql_store: SqlStore) -> None:
    await _want(sql_store, wanted(1), wanted(2, RUNNING))
    assert not await sql_store.wanted.record_found(JOB, 1, "running")
    assert not await sql_store.wanted.record_done(JOB, 1, NOW, "paused")
    assert not await sql_store.wanted.record_found("job:unknown", 1, "running")
    assert await sql_store.wanted.found_at_pause(JOB, 2) is None


async def test_what_was_found_first_stays_because_later_we_might_see_our_own_pause(sql_store: SqlStore) -> None:
    await _want(sql_store, wanted(1))
    assert await sql_store.wanted.record_found(JOB, 1, "running")
    assert await sql_store.wanted.record_found(JOB, 1, "paused")
    assert [state.found for state in await sql_store.wanted.pending()] == ["running"]


async def test_a_resume_asks_what_the_pause_before_it_found(sql_store: SqlStore) -> None:
    await _want(sql_store, wanted(1))
    await sql_store.wanted.record_found(JOB, 1, "paused")
    await sql_store.wanted.record_done(JOB, 1, NOW, "was paused")
    await _want(sql_store, wanted(2, RUNNING))
    assert await sql_store.wanted.found_at_pause(JOB, 2) == "paused"


async def test_a_pause_after_a_resume_that_never_came_about_does_not_hide_that_the_pause_is_ours(
    sql_store: SqlStore,
) -> None:
    await _want(sql_store, wanted(1))
    await sql_store.wanted.record_found(JOB, 1, "running")
    await sql_store.wanted.record_done(JOB, 1, NOW, "paused")
    await _want(sql_store, wanted(2, RUNNING), wanted(3))
    await sql_store.wanted.record_found(JOB, 3, "paused")  # by us, at epoch 1
    await _want(sql_store, wanted(4, RUNNING))
    assert await sql_store.wanted.found_at_pause(JOB, 4) == "running"


async def test_what_an_earlier_incident_found_is_forgotten_once_it_was_resumed(sql_store: SqlStore) -> None:
    await _want(sql_store, wanted(1))
    await sql_store.wanted.record_found(JOB, 1, "running")
    await _want(sql_store, wanted(2, RUNNING))
    await sql_store.wanted.record_done(JOB, 2, NOW, "resumed")
    await _want(sql_store, wanted(3), wanted(4, RUNNING))
    assert await sql_store.wanted.found_at_pause(JOB, 4) is None


async def test_an_attempt_logged_twice_is_one_delivery(sql_store: SqlStore) -> None:
    await sql_store.journal.record(Round(NOW, decisions=(decision(),)))
    for _ in range(2):
        await sql_store.deliveries.log(delivery(of="job:export@1", decision="d-1"))
    chain = await sql_store.history.chain("d-1")
    assert chain is not None
    assert len(chain.deliveries) == 1
