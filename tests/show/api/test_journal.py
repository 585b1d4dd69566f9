from slo_service.domain.instant import SECOND
from tests.show.api.asking import asking
from tests.show.fakes import NOW, World, decision, transition


async def test_a_chain_tells_before_and_after() -> None:
    body = (await asking(World(), "/api/v1/decisions/dec-1")).json()
    assert body["transition"]["change"] == "fired"
    assert body["decision"]["witnesses"][0]["says"] == "orders-enricher is 5 min behind"
    assert [(row["wanted"], row["found"]) for row in body["wanted"]] == [("paused", "running"), ("running", None)]
    assert body["undo"][0]["action"] == "resumeJobs"


async def test_pages_of_the_journal_join_without_gap_or_overlap_even_inside_one_instant() -> None:
    instants = [NOW, NOW - SECOND, NOW - SECOND, NOW - SECOND, NOW - 2 * SECOND, NOW - 3 * SECOND, NOW - 4 * SECOND]
    world = World(changes=[transition(number, at_ns) for number, at_ns in enumerate(instants)])
    seen, mark = [], ""
    for _ in range(10):
        body = (await asking(world, f"/api/v1/transitions?limit=2{mark}")).json()
        seen += [row["id"] for row in body["transitions"]]
        if body["next_before"] is None:
            break
        mark = f"&before={body['next_before']}"
    assert sorted(seen) == [f"tr-{number}" for number in range(7)]


async def test_decisions_are_newest_first_and_stand_before_the_mark() -> None:
    world = World(decided=[decision(number, NOW - number * SECOND) for number in range(3)])
    body = (await asking(world, "/api/v1/decisions?before=2026-11-20T09:40:30Z")).json()
    assert [row["id"] for row in body["decisions"]] == ["dec-1", "dec-2"]


async def test_transitions_of_one_objective_leave_out_the_others() -> None:
    world = World(changes=[transition(1, NOW), transition(2, NOW, of="orders-completeness")])
    body = (await asking(world, "/api/v1/transitions?slo=orders-completeness")).json()
    assert [row["id"] for row in body["transitions"]] == ["tr-2"]
