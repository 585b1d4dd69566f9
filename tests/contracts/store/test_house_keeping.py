"""Retention, the audit log and the definitions in force."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sqlalchemy import delete, select, update

from slo_service.collect.ports import Batch
from slo_service.decide.ports import Round
from slo_service.domain.event import Wanted
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.status import State, StateChange
from slo_service.evaluate.ports import Block, ChangesForgotten, Touched
from slo_service.store.retention import Retention
from slo_service.store.sql import prune, schema
from slo_service.store.sql.store import SqlStore
from tests.store.build import (
    LONG_AGO,
    NOW,
    batch,
    decision,
    delivery,
    episode,
    hold,
    message,
    page,
    sample,
    transition,
    wanted,
)

ALL = Retention(history_ns=DAY, ledger_ns=DAY)


async def test_fine_rows_are_forgotten_before_coarse_ones(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(sample(NOW, good=1), sample(NOW + HOUR, good=1)))
    counts = await sql_store.prune(NOW + 48 * HOUR + 1)
    assert (counts["cells"], counts["cells_1m"], counts["cells_15m"]) == (1, 0, 0)
    assert [row.slice_start_ns for row in await sql_store.cells.cells("s", SECOND, 0, NOW + DAY)] == [NOW + HOUR]
    assert len(await sql_store.cells.cells("s", 15 * MINUTE, 0, NOW + DAY)) == 2


async def test_a_run_deletes_no_more_than_its_limit(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(*(sample(NOW + n, good=1, source=f"c/{n % 3}") for n in range(7))))
    limits = Retention(rows_a_run=4)
    assert [(await sql_store.prune(NOW + 3 * DAY, limits))["cells"] for _ in range(3)] == [4, 3, 0]


async def test_a_run_goes_on_in_transactions_that_nobody_waits_long_for(
    sql_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "ROWS_AT_ONCE", 2)
    await sql_store.ingest(batch(*(sample(NOW + n, good=1) for n in range(7))))
    limits = Retention(rows_a_run=5)
    assert [(await sql_store.prune(NOW + 3 * DAY, limits))["cells"] for _ in range(3)] == [5, 2, 0]


async def test_a_sample_for_a_forgotten_cell_is_too_late_even_after_the_clock_was_set_back(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(sample(good=1)))
    await sql_store.prune(NOW + 48 * HOUR + 1)
    assert await sql_store.ingest(batch(sample(good=2, counter=2))) == ()  # the store's clock still says NOW
    assert sql_store.counters()["samples_too_late"] == 1


async def test_open_pages_are_kept_whatever_their_age(sql_store: SqlStore) -> None:
    await sql_store.ingest(Batch(pages=(page(LONG_AGO, open=True), page(LONG_AGO, key="done"))))
    assert (await sql_store.prune(NOW, ALL))["canary_ledger"] == 1
    assert list(await sql_store.ledger.pages("orders-canary", 0)) == [page(LONG_AGO, open=True)]


async def test_what_is_in_force_outlives_its_retention(sql_store: SqlStore) -> None:
    await sql_store.journal.record(
        Round(
            NOW,
            rule_episodes=(episode(),),
            decisions=(decision(),),
            holds=(hold(),),
            wanted=(wanted(),),
            messages=(message(),),
        )
    )
    await sql_store.outbox.fan_out("m-1", 1)
    before = await sql_store.journal.memory()
    counts = await sql_store.prune(NOW + 9 * DAY, ALL)
    assert set(counts.values()) == {0}
    assert await sql_store.journal.memory() == before
    assert len(await sql_store.outbox.lease(NOW, 1, 9)) == 1


async def test_what_is_over_goes_after_its_retention(sql_store: SqlStore) -> None:
    await sql_store.journal.record(
        Round(
            NOW,
            transitions=(transition(),),
            rule_episodes=(episode(left_ns=NOW),),
            decisions=(decision(),),
            holds=(hold(released_ns=NOW),),
            wanted=(wanted(1), wanted(2, Wanted.RUNNING)),
            messages=(message(),),
        )
    )
    await sql_store.outbox.fan_out("m-1", 1)
    (due,) = await sql_store.outbox.lease(NOW, 1, 9)
    await sql_store.outbox.record(due, delivery(), None)
    counts = await sql_store.prune(NOW + 9 * DAY, ALL)
    assert {table for table, count in counts.items() if count == 1} == {
        "transitions", "rule_episodes", "decisions", "holds", "wanted_states", "messages", "message_parts",
        "deliveries",
    }  # fmt: skip
    assert [state.epoch for state in (await sql_store.journal.memory()).wanted] == [2]


async def test_the_state_an_slo_is_in_outlives_its_retention_and_those_before_do_not(sql_store: SqlStore) -> None:
    states = [StateChange("s", NOW + n, NOW, State.WARN, None, Fraction(1)) for n in range(3)]
    await sql_store.journal.record(Round(NOW, states=tuple(states)))
    assert (await sql_store.prune(NOW + 9 * DAY, ALL))["state_changes"] == 2
    assert list(await sql_store.history.states("s", 0, NOW + DAY)) == states[2:]


async def test_what_ingests_touched_is_forgotten_once_every_snapshot_contains_it(sql_store: SqlStore) -> None:
    for counter in range(1, 5):
        await sql_store.ingest(batch(sample(good=counter, counter=counter)))
    await sql_store.snapshots.save("a", [Block("fine", 0, b"")], 3, NOW)
    await sql_store.snapshots.save("b", [Block("fine", 0, b"")], 2, NOW)
    assert (await sql_store.prune(NOW))["touched_slots"] == 2
    assert len(await sql_store.changes.touched(2)) == 1
    with pytest.raises(ChangesForgotten, match="after 1, that up to 2 is forgotten"):
        await sql_store.changes.touched(1)
    assert (await sql_store.prune(NOW))["touched_slots"] == 0


async def test_without_snapshots_what_was_touched_is_kept_for_its_retention(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(sample(good=1)))
    assert (await sql_store.prune(NOW + 6 * HOUR))["touched_slots"] == 0
    assert (await sql_store.prune(NOW + 6 * HOUR + 1))["touched_slots"] == 1
    with pytest.raises(ChangesForgotten):
        await sql_store.changes.touched(0)


async def test_a_cell_that_changed_is_known_though_it_was_forgotten_since(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(sample(good=1)))
    await sql_store.prune(NOW + 48 * HOUR + 1, Retention(touched_ns=DAY * 3))
    assert list(await sql_store.changes.touched(0)) == [Touched("s", NOW)]


async def test_the_audit_log_is_whole_after_honest_use(sql_store: SqlStore) -> None:
    entries = [await sql_store.audit.append(NOW + n, "ann", "paused", "why\x00", {"n": n}) for n in range(3)]
    assert list(await sql_store.audit.entries(2)) == [entries[2], entries[1]]
    assert list(await sql_store.audit.entries(2, before_seq=2)) == [entries[0]]
    assert await sql_store.audit.first_broken() is None


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        pytest.param(update(schema.audit_log).where(schema.audit_log.c.seq == 2).values(who="eve"), 2, id="a name"),
        pytest.param(
            update(schema.audit_log).where(schema.audit_log.c.seq == 3).values(why="no reason"), 3, id="a reason"
        ),
        pytest.param(delete(schema.audit_log).where(schema.audit_log.c.seq == 1), 1, id="the first entry is gone"),
        pytest.param(delete(schema.audit_log).where(schema.audit_log.c.seq == 3), 3, id="the last entry is gone"),
    ],
)
async def test_tampering_with_the_audit_log_is_found(sql_store: SqlStore, tamper, broken: int) -> None:
    for n in range(3):
        await sql_store.audit.append(NOW + n, "ann", "paused", "because", {})
    async with sql_store._database.write() as connection:
        await connection.execute(tamper)
    assert await sql_store.audit.first_broken() == broken


async def test_a_set_of_definitions_keeps_its_number_until_it_changes(sql_store: SqlStore) -> None:
    one, two = {"a.yaml": "kind: SLO"}, {"a.yaml": "kind: SLO", "b.yaml": ""}
    numbers = [await sql_store.definitions.record(files, NOW) for files in (one, one, two, one)]
    assert numbers == [1, 1, 2, 3]
    assert await sql_store.definitions.files(2) == two
    assert await sql_store.definitions.files(9) is None


async def test_each_ingest_has_a_number_that_its_cells_carry(sql_store: SqlStore) -> None:
    first, second = sample(good=1), sample(NOW + 1, good=1)
    await sql_store.ingest(batch(first, second))
    await sql_store.ingest(batch(first, replace(second, revision=replace(second.revision, counter=9))))
    async with sql_store._database.read() as connection:
        query = select(schema.cells.c.change).order_by(schema.cells.c.start_ns)
        assert list(await connection.scalars(query)) == [1, 2]
