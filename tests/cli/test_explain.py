import json
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.indicator import Composite, Member
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.slo import Unjudged
from slo_service.domain.status import State, Status
from tests.cli.conftest import Serve, run
from tests.show.fakes import CATALOGUE, FRESHNESS, World, reading, status, tier_state


def explained(serve: Serve, world: World, name: str = "orders-freshness") -> str:
    done = run("explain", name, "--url", serve(world))
    assert done.exit_code == 0
    return done.stdout


def test_an_objective_is_explained_tier_by_tier_with_counts(serve: Serve) -> None:
    said = explained(serve, World())
    assert "orders-freshness is burning since 2026-11-20 09:35:00Z" in said
    assert "because a page fires: page-1h" in said
    assert "1h: 600 bad of 21,600 expected = burn 27.78 > 13.44" in said
    assert "page-6h (page, 5.6× = 5 % of the budget within 6h): quiet" in said
    assert "  1h: 600 bad of 21,600 expected = burn 27.78 > 13.44: 600 > 13.44 × 0.1 % × 21,600 = 290.3\n" in said
    assert "  base      14,515,200 judged events\n  allowed   0.1 % of them = 14,515.2\n" in said
    assert "  spent     600 bad ÷ 14,515.2 = 4.13 %\n" in said
    assert "95.87 % = 38.7 min of total outage = 13,915.2 events" in said


def test_a_burn_a_hair_over_the_factor_is_shown_with_the_digits_that_tell(serve: Serve) -> None:
    tier = FRESHNESS.alerting.tiers[0]
    long = reading(HOUR, 10**9 - 13_440_001, 13_440_001)
    state = tier_state(FRESHNESS, tier, long, long, firing=True)
    judged = replace(status(FRESHNESS, State.BURNING), tiers=(state,))
    assert "= burn 13.440001 > 13.44" in explained(serve, World(judged={FRESHNESS.name: judged}))


def test_partial_coverage_shows_what_it_leaves_open(serve: Serve) -> None:
    world = World(judged={FRESHNESS.name: status(FRESHNESS, State.WARN, bad=216, unmeasured=21_600)})
    said = explained(serve, world)
    assert "216 bad of 21,600 judged, 43,200 expected (coverage 50 %) = burn 10 < 13.44" in said
    assert "5 to 505 if all that is unmeasured was good, or bad" in said


def test_each_declared_value_is_said_to_come_from_its_file_and_line(serve: Serve) -> None:
    sources = {"target": "orders.yaml:42", "tiers": "preset workbook", "policy default": "orders.yaml:60"}
    known = replace(CATALOGUE, slos={FRESHNESS.name: replace(FRESHNESS, sources=sources)})
    said = explained(serve, World(definitions=known))
    assert "  target from orders.yaml:42, tiers from preset workbook, policy default from orders.yaml:60\n" in said


@pytest.mark.parametrize(
    ("state", "because"),
    [
        (State.FROZEN, "nothing was measured since 2026-11-20 09:35:00Z"),
        (State.WARMING, "no page tier has seen enough yet"),
        (State.HEALTHY, "no tier fires and the budget is not overspent"),
    ],
)
def test_every_state_says_why(serve: Serve, state: State, because: str) -> None:
    assert because in explained(serve, World(judged={FRESHNESS.name: status(FRESHNESS, state)}))


def test_an_overspent_budget_is_the_reason_where_no_ticket_fires(serve: Serve) -> None:
    overspent = status(FRESHNESS, State.WARN, bad=20_000)
    assert "because the budget is overspent" in explained(serve, World(judged={FRESHNESS.name: overspent}))


def test_an_objective_not_judged_yet_is_said_to_be_so(serve: Serve) -> None:
    assert "has not been judged yet" in explained(serve, World(judged={}))


def test_one_that_this_version_does_not_judge_is_explained_by_the_reason(serve: Serve) -> None:
    known = replace(CATALOGUE, unjudged={"slices": Unjudged(replace(FRESHNESS, name="slices"), "not judged yet")})
    said = explained(serve, World(definitions=known), "slices")
    assert said.startswith("slices is unknown: ")
    assert "\n  because not judged yet\n" in said


def test_several_indicators_as_one_are_explained_without_a_method(serve: Serve) -> None:
    parts = Composite(
        (Member("a", FRESHNESS.indicator, Fraction(1, 2)), Member("b", FRESHNESS.indicator, Fraction(1, 2)))
    )
    whole = replace(FRESHNESS, name="whole", indicator=parts)
    said = explained(
        serve, World(definitions=replace(CATALOGUE, unjudged={"whole": Unjudged(whole, "not yet")})), "whole"
    )
    assert "defined at orders.yaml:31; measured by composite" in said


def waiting() -> Status:
    """The strictest tier burns for four of its ten minutes, and nothing fires."""
    tier = replace(FRESHNESS.alerting.tiers[0], after_ns=10 * MINUTE)
    bad = reading(HOUR, 1_000, 600)
    state = replace(tier_state(FRESHNESS, tier, bad, bad, firing=False), burned_ns=4 * MINUTE)
    return replace(status(FRESHNESS, State.WARN), tiers=(state,))


def test_a_tier_that_waits_says_how_long_it_has_burned_and_must(serve: Serve) -> None:
    said = explained(serve, World(judged={FRESHNESS.name: waiting()}))
    assert "because page-1h burns for 4m of the 10m after which it fires" in said
    assert "within 1h): burns for 4m of the 10m after which it fires" in said


def test_a_burn_at_a_limit_that_counts_is_not_called_below_it(serve: Serve) -> None:
    tier = replace(FRESHNESS.alerting.tiers[0], burn=Fraction(2), inclusive=True)
    limit = reading(HOUR, 998, 2)
    state = tier_state(FRESHNESS, tier, limit, limit, firing=True)
    judged = replace(status(FRESHNESS, State.BURNING), tiers=(state,))
    assert "1h: 2 bad of 1,000 expected = burn 2 ≥ 2" in explained(serve, World(judged={FRESHNESS.name: judged}))


def test_a_decision_is_told_in_the_order_of_time_from_cause_to_undo(serve: Serve) -> None:
    said = explained(serve, World(), "dec-1")
    steps = [
        "page-1h fired",
        "600 bad of 21,600 expected = burn 27.78 > 13.44",
        "rule protect of policy default became active",
        "asked for: pauseJobs job:export",
        "because page-1h burns at 27.8, over 13.44",
        "witness lag: orders-enricher is 5 min behind",
        "hold hold-1 placed",
        "job:export wanted paused (epoch 1)",
        "message msg-1 to oncall written: Orders are late",
        "found running; enacted and verified",
        "http attempt 1 for job:export@1: done (200 OK)",
        "job:export wanted running (epoch 2)",
        "rule protect was released",
        "undone by: resumeJobs job:export",
        "hold hold-1 released",
        "job:export running: verified",
    ]
    assert all(step in said for step in steps), said
    assert [line[:20] for line in said.splitlines()[1:] if line[0] != " "] == sorted(
        line[:20] for line in said.splitlines()[1:] if line[0] != " "
    )
    assert said.index("fired") < said.index("asked for") < said.index("enacted") < said.index("undone by")


def test_a_decision_as_json_is_what_the_api_says(serve: Serve) -> None:
    done = run("explain", "dec-1", "--url", serve(World()), "--json")
    assert json.loads(done.stdout)["wanted"][0]["found"] == "running"


def test_an_objective_as_json_brings_its_decisions(serve: Serve) -> None:
    done = run("explain", "orders-freshness", "--url", serve(World()), "--json")
    assert [row["id"] for row in json.loads(done.stdout)["decisions"]] == ["dec-1"]


def test_without_a_store_the_figures_are_still_explained(serve: Serve) -> None:
    done = run("explain", "orders-freshness", "--url", serve(World(store_is_away=True)))
    assert done.exit_code == 0
    assert "burn 27.78 > 13.44" in done.stdout
    assert "cannot be told" in done.stderr


def test_a_name_of_nothing_is_misuse(serve: Serve) -> None:
    done = run("explain", "no-such", "--url", serve(World()))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "neither an SLO nor a decision" in done.stderr
