from slo_service.act.ports import Due
from slo_service.decide.ports import Round
from slo_service.domain.instant import SECOND
from slo_service.store.sql.store import SqlStore
from tests.store.build import NOW, delivery, message

LEASE = 30 * SECOND


async def _sent(store: SqlStore, channels: int = 1) -> None:
    await store.journal.record(Round(NOW, messages=(message(),)))
    await store.outbox.fan_out("m-1", channels)


async def test_a_message_waits_to_be_fanned_out_once(sql_store: SqlStore) -> None:
    await sql_store.journal.record(Round(NOW, messages=(message(), message("m-0", created_ns=NOW - 1))))
    assert [m.id for m in await sql_store.outbox.unfanned()] == ["m-0", "m-1"]
    await sql_store.outbox.fan_out("m-0", 0)  # a contact without channels
    await sql_store.outbox.fan_out("m-1", 2)
    await sql_store.outbox.fan_out("m-1", 3)
    assert list(await sql_store.outbox.unfanned()) == []
    assert list(await sql_store.outbox.lease(NOW, LEASE, 9)) == [Due(message(), 0, 0), Due(message(), 1, 0)]


async def test_a_leased_part_is_not_leased_again_before_the_lease_is_over(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    assert len(await sql_store.outbox.lease(NOW, LEASE, 9)) == 1
    assert list(await sql_store.outbox.lease(NOW + LEASE - 1, LEASE, 9)) == []
    assert len(await sql_store.outbox.lease(NOW + LEASE, LEASE, 9)) == 1


async def test_a_new_leader_need_not_wait_for_the_leases_of_the_old_one(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    await sql_store.outbox.lease(NOW, LEASE, 9)
    await sql_store.leadership.acquire("restarted", NOW, LEASE)
    assert len(await sql_store.outbox.lease(NOW + 1, LEASE, 9)) == 1


async def test_the_oldest_message_is_leased_first(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    await sql_store.journal.record(Round(NOW, messages=(message("m-0", created_ns=NOW - 1),)))
    await sql_store.outbox.fan_out("m-0", 1)
    assert [due.message.id for due in await sql_store.outbox.lease(NOW, LEASE, 1)] == ["m-0"]


async def test_a_failed_attempt_is_due_again_at_its_next_try(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    (due,) = await sql_store.outbox.lease(NOW, LEASE, 9)
    await sql_store.outbox.record(due, delivery(ok=False, final=False), NOW + 5)
    assert list(await sql_store.outbox.lease(NOW + 4, LEASE, 9)) == []
    assert list(await sql_store.outbox.lease(NOW + 5, LEASE, 9)) == [Due(message(), 0, 1)]


async def test_a_delivered_part_has_ended_even_if_a_late_record_says_otherwise(sql_store: SqlStore) -> None:
    await _sent(sql_store, channels=2)
    due, other = await sql_store.outbox.lease(NOW, LEASE, 9)
    await sql_store.outbox.record(due, delivery(), None)
    await sql_store.outbox.record(due, delivery("v-2", ok=False), NOW)
    assert list(await sql_store.outbox.lease(NOW + LEASE, LEASE, 9)) == [other]


async def test_an_attempt_recorded_twice_is_one_row_and_one_attempt(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    (due,) = await sql_store.outbox.lease(NOW, LEASE, 9)
    failed = delivery(decision="d-1", ok=False, final=False)
    for _ in range(2):
        await sql_store.outbox.record(due, failed, NOW)
    assert [again.attempts for again in await sql_store.outbox.lease(NOW, LEASE, 9)] == [1]


async def test_what_was_refused_for_good_is_a_dead_letter_with_its_reason(sql_store: SqlStore) -> None:
    await _sent(sql_store, channels=2)
    delivered, refused = await sql_store.outbox.lease(NOW, LEASE, 9)
    await sql_store.outbox.record(delivered, delivery(), None)
    last = delivery("v-2", ok=False, detail="410 Gone")
    await sql_store.outbox.record(refused, last, None)
    (dead,) = await sql_store.outbox.dead_letters(10)
    assert (dead.due, dead.last) == (Due(message(), 1, 1), last)


async def test_an_answer_no_database_could_store_is_recorded_readably(sql_store: SqlStore) -> None:
    await _sent(sql_store)
    (due,) = await sql_store.outbox.lease(NOW, LEASE, 9)
    await sql_store.outbox.record(due, delivery(ok=False, detail="a\x00b\udc80c – 🙂"), None)
    assert (await sql_store.outbox.dead_letters(1))[0].last.detail == "a\ufffdb\ufffdc – 🙂"
