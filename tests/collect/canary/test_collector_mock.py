from __future__ import annotations

import asyncio
import copy
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from slo_service.collect.canary.envelope import CanaryId
from slo_service.domain.pipeline import SqlTable
from tests.collect.canary.fakes import (
    COMPLETE,
    FRESH,
    MIDDLE_TOPIC,
    SINGLE,
    SINK_TOPIC,
    SOURCE_TOPIC,
    TAKEN,
    FakeStore,
    collector,
    mock_cluster,
    pipeline,
    running,
    until,
)
from tests.collect.canary.flow import Fate, Mover

pytestmark = pytest.mark.lengthy

TOPICS = (SOURCE_TOPIC, MIDDLE_TOPIC, SINK_TOPIC)


async def test_a_sound_pipeline_is_good_in_every_indicator() -> None:
    store = FakeStore()
    with mock_cluster(TOPICS) as address, ExitStack() as stack:
        first = stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC))
        stack.enter_context(Mover(address, MIDDLE_TOPIC, SINK_TOPIC))
        async with running(collector(store, address, pipeline())) as measured:
            await until(lambda: store.tally(COMPLETE).good >= 20)
            traces = measured.recent(0)
            facts = measured.health()
    assert facts.error == ""
    assert [store.tally(slo).bad for slo in (FRESH, COMPLETE, SINGLE, TAKEN)] == [0, 0, 0, 0]
    assert len(first.met) >= 20
    assert {trace.verdict for trace in traces} <= {"on_time", "pending"}
    assert set(traces[0].seen_ns) == {"source", "enrich", "sink"}
    assert store.conflicts == 0
    assert store.schedules[0].sources == 4


def _every_nth(who: CanaryId) -> Fate:
    match (who.seq * 4 + who.partition) % 7:
        case 3:
            return Fate.DROP
        case 5:
            return Fate.DOUBLE
        case _:
            return Fate.PASS


async def test_what_is_measured_equals_what_was_done_canary_for_canary() -> None:
    store = FakeStore()
    with mock_cluster(TOPICS) as address, ExitStack() as stack:
        enrich = stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC, fate=_every_nth))
        stack.enter_context(Mover(address, MIDDLE_TOPIC, SINK_TOPIC))
        async with running(collector(store, address, pipeline())) as measured:
            await until(lambda: len(enrich.met) >= 60)
            met = dict(enrich.met)
            newest = max(who.sent_ns for who in met)
            await until(
                lambda: all(t.verdict in {"on_time", "lost"} for t in measured.recent(0) if t.sent_ns <= newest)
            )
            verdicts = {(t.run, t.partition, t.seq): t for t in measured.recent(0) if t.sent_ns <= newest}
        everybody = dict(enrich.met)
    assert {who.key for who in met} == set(verdicts)
    assert {key for key, t in verdicts.items() if t.verdict == "lost"} == {
        who.key for who, fate in met.items() if fate is Fate.DROP
    }
    assert {key for key, t in verdicts.items() if t.copies.get("sink") == 2} == {
        who.key for who, fate in met.items() if fate is Fate.DOUBLE
    }
    lost = next(t for t in verdicts.values() if t.verdict == "lost")
    assert lost.reason == "not seen at enrich within 3s"
    single = store.tally(SINGLE)
    assert single.bad <= list(everybody.values()).count(Fate.DOUBLE)
    assert store.tally(COMPLETE).bad >= list(met.values()).count(Fate.DROP)


async def test_a_table_is_watched_row_for_row(tmp_path: Path) -> None:
    store, file = FakeStore(), tmp_path / "sink.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table orders_live (event_id text, amount int, source_system text)")
        database.commit()

    def load(rows: list[dict[str, object]]) -> None:
        with closing(sqlite3.connect(file, timeout=5)) as database:
            for row in rows:
                values = (row.get("event_id"), row.get("amount"), row.get("source_system"))
                database.execute("insert into orders_live values (?, ?, ?)", values)
            database.commit()

    table = SqlTable(f"sqlite+aiosqlite:///{file}", "orders_live", "event_id")
    with mock_cluster(TOPICS[:2]) as address, ExitStack() as stack:
        stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC, with_headers=False))
        sink = stack.enter_context(Mover(address, MIDDLE_TOPIC, None, fate=_every_nth, load=load))
        async with running(collector(store, address, pipeline(table))) as measured:
            await until(lambda: len(sink.met) >= 40)
            met = dict(sink.met)
            newest = max(who.sent_ns for who in met)
            await until(
                lambda: all(t.verdict in {"on_time", "lost"} for t in measured.recent(0) if t.sent_ns <= newest)
            )
            verdicts = {(t.run, t.partition, t.seq): t for t in measured.recent(0) if t.sent_ns <= newest}
    assert {key for key, t in verdicts.items() if t.verdict == "lost"} == {
        who.key for who, fate in met.items() if fate is Fate.DROP
    }
    assert {key for key, t in verdicts.items() if t.copies.get("sink") == 2} == {
        who.key for who, fate in met.items() if fate is Fate.DOUBLE
    }
    assert {key for key, t in verdicts.items() if t.seen_ns.get("enrich")} == set(verdicts)


async def test_a_collector_built_anew_in_the_middle_loses_nothing_and_doubles_nothing() -> None:
    store = FakeStore()
    with mock_cluster(TOPICS) as address, ExitStack() as stack:
        enrich = stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC))
        stack.enter_context(Mover(address, MIDDLE_TOPIC, SINK_TOPIC))
        async with running(collector(store, address, pipeline(), epoch=1)):
            await until(lambda: len(enrich.met) >= 20)
            enrich.hold.set()  # some are under way while nobody looks
        enrich.hold.clear()
        async with running(collector(store, address, pipeline(), epoch=2)) as again:
            await until(lambda: len(enrich.met) >= 60)
            known = [t for t in again.recent(0) if t.sent_ns <= max(who.sent_ns for who in list(enrich.met))]
            await until(lambda: all(again.recent(t.sent_ns)[0].verdict != "pending" for t in known[-4:]))
            seen = {(t.run, t.partition, t.seq): t for t in again.recent(0)}
            met = [who for who in list(enrich.met) if who.sent_ns <= known[-1].sent_ns]
        await until(lambda: len(enrich.met) == store.tally(TAKEN).good)  # every acknowledged one, and no other
    assert len({trace.run for trace in seen.values()}) == 2
    assert store.tally(COMPLETE).bad == store.tally(SINGLE).bad == store.tally(TAKEN).bad == 0
    assert {trace.verdict for trace in seen.values()} <= {"on_time", "pending", "unobservable"}
    assert {who.key for who in met} <= set(seen)
    assert store.conflicts == 0


async def test_a_crash_loses_nothing_doubles_nothing_and_invents_no_loss() -> None:
    store = FakeStore()
    with mock_cluster(TOPICS) as address, ExitStack() as stack:
        enrich = stack.enter_context(Mover(address, SOURCE_TOPIC, MIDDLE_TOPIC, fate=_every_nth))
        stack.enter_context(Mover(address, MIDDLE_TOPIC, SINK_TOPIC))
        async with running(collector(store, address, pipeline(), epoch=1)):
            await until(lambda: len(enrich.met) >= 20)
            left_behind = copy.deepcopy(store)  # what a kill -9 at this moment leaves
            await asyncio.sleep(0.5)  # sent and seen by the dead one, and written down nowhere
        before = dict(enrich.met)
        enrich.hold.set()
        async with running(collector(left_behind, address, pipeline(), epoch=2)) as again:
            enrich.hold.clear()
            await until(lambda: len(again.recent(0)) >= 50)
            await until(lambda: all(t.verdict not in {"pending", "overdue"} for t in again.recent(0)[: len(before)]))
            traces = {(t.run, t.partition, t.seq): t for t in again.recent(0)}
    assert {who.key for who in before} <= set(traces)
    for who, fate in before.items():
        verdict, copies = traces[who.key].verdict, traces[who.key].copies.get("sink", 0)
        assert copies == fate.value
        assert verdict in ({"lost"} if fate is Fate.DROP else {"on_time", "unobservable"})
    assert left_behind.conflicts == 0
