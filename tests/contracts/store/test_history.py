from dataclasses import replace

from slo_service.decide.ports import Round
from slo_service.domain.cell import Delta
from slo_service.domain.event import Chain, Verdict, Wanted
from slo_service.domain.instant import MINUTE
from slo_service.store.sql.store import SqlStore
from tests.store.build import NOW, batch, decision, delivery, episode, hold, message, sample, transition, wanted


async def test_the_chain_of_an_act_leads_from_its_transition_to_the_last_delivery_of_its_undo(
    sql_store: SqlStore,
) -> None:
    undo = decision("d-9", at_ns=NOW + MINUTE, action="resumeJobs", verdict=Verdict.UNDO, transition=None)
    resumed = wanted(2, Wanted.RUNNING, decided_ns=NOW + MINUTE, decision="d-9")
    other = decision("d-3", target="job:backfill")
    await sql_store.journal.record(
        Round(NOW, (transition(),), (), (episode(),), (decision(), other), (hold(),), (wanted(),))
    )
    await sql_store.journal.record(
        Round(NOW, decisions=(undo, replace(undo, id="d-8", target="job:backfill")), wanted=(resumed,))
    )
    attempts = [
        delivery(f"v-{n}", of=f"job:export@{n}", decision=d, at_ns=NOW + n) for n, d in ((1, "d-1"), (2, "d-9"))
    ]
    for attempt in (*attempts, delivery("v-3", of="job:backfill@1", decision="d-3")):
        await sql_store.deliveries.log(attempt)
    assert await sql_store.history.chain("d-1") == Chain(
        decision(), transition(), episode(), hold(), (wanted(), resumed), None, tuple(attempts), (undo,)
    )


async def test_the_chain_of_a_message_holds_the_message_and_no_job(sql_store: SqlStore) -> None:
    told = decision("d-2", action="notify", target="contact:oncall", transition=None, episode="r-unknown")
    await sql_store.journal.record(Round(NOW, decisions=(told,), messages=(message(),), holds=(hold(),)))
    assert await sql_store.history.chain("d-2") == Chain(told, None, None, None, (), message(), (), ())


async def test_a_decision_nobody_made_has_no_chain(sql_store: SqlStore) -> None:
    assert await sql_store.history.chain("d-404") is None


async def test_pages_go_backwards_without_losing_or_repeating_a_row(sql_store: SqlStore) -> None:
    rows = [decision(f"d-{n}", at_ns=NOW + n // 3, slo=f"slo-{n % 2}") for n in range(9)]
    await sql_store.journal.record(Round(NOW, decisions=tuple(rows)))
    seen: list[str] = []
    before: int | None = None
    while page := await sql_store.history.decisions(None, 2, before):
        seen += [row.id for row in page]
        before = page[-1].at_ns
    assert sorted(seen) == [row.id for row in rows]
    assert [row.id for row in await sql_store.history.decisions("slo-1", 1)] == ["d-7"]
    assert list(await sql_store.history.transitions(None, 5, NOW)) == []


async def test_history_reads_the_same_cells(sql_store: SqlStore) -> None:
    await sql_store.ingest(batch(sample(good=2)))
    assert list(await sql_store.history.cells("s", MINUTE, 0, NOW + 1)) == [Delta("s", NOW, 2, 0, 1)]
