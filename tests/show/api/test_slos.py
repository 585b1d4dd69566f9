from dataclasses import replace
from typing import get_args

import pytest

from slo_service.domain.instant import HOUR
from slo_service.domain.status import State
from slo_service.show.api.models import StateName
from slo_service.show.status_json import STATES
from tests.show.api.asking import asking
from tests.show.fakes import COMPLETENESS, FRESHNESS, NOW, World, status


async def test_the_stable_names_carry_what_was_measured() -> None:
    body = (await asking(World(), "/api/v1/slos/orders-freshness")).json()
    stable = {"objective", "window", "good", "bad", "unmeasured", "sli", "budget_remaining", "burn_rates", "coverage",
              "state", "tiers"}  # fmt: skip
    assert stable <= body.keys()
    assert (body["objective"], body["window"], body["bad"], body["state"]) == (0.999, 28 * 86_400, 600, "burning")
    assert body["burn_rates"]["1h"] == pytest.approx(600 / 21_600 * 1000)
    assert body["sli"] == pytest.approx(1 - 600 / 14_515_200)
    assert body["since"] == "2026-11-20T09:35:00Z"


async def test_unmeasured_is_said_in_seconds() -> None:
    world = World(judged={FRESHNESS.name: status(FRESHNESS, State.HEALTHY, unmeasured=21_600)})
    body = (await asking(world, "/api/v1/slos/orders-freshness")).json()
    assert body["windows"]["1h"]["coverage"] == 0.5
    assert body["windows"]["1h"]["unmeasured"] == 1800
    assert body["unmeasured"] == pytest.approx(28 * 86_400 * 21_600 / (14_515_200 + 21_600))


async def test_burn_is_bounded_by_what_the_unmeasured_may_have_been() -> None:
    world = World(judged={FRESHNESS.name: status(FRESHNESS, State.WARN, bad=216, unmeasured=21_600)})
    hour = (await asking(world, "/api/v1/slos/orders-freshness")).json()["windows"]["1h"]
    assert (hour["burn_lowest"], hour["burn"], hour["burn_highest"]) == (5.0, 10.0, 505.0)


async def test_an_objective_not_judged_yet_is_unknown_rather_than_healthy() -> None:
    body = (await asking(World(judged={}), "/api/v1/slos/orders-freshness")).json()
    assert (body["state"], body["sli"], body["budget_remaining"], body["tiers"]) == ("unknown", None, None, [])


async def test_over_the_factor_is_decided_exactly_and_at_the_limit_is_not_over_it() -> None:
    at_limit = status(FRESHNESS, State.HEALTHY, bad=0)
    tier = at_limit.tiers[0]
    hour = replace(tier.long, burn=tier.factor)
    world = World(judged={FRESHNESS.name: replace(at_limit, tiers=(replace(tier, long=hour),))})
    body = (await asking(world, "/api/v1/slos/orders-freshness")).json()
    assert body["tiers"][0]["long"]["over"] is False


async def test_the_most_urgent_objective_is_listed_first() -> None:
    body = (await asking(World(), "/api/v1/slos")).json()
    assert [slo["name"] for slo in body["slos"]] == ["orders-freshness", "orders-completeness"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("state=healthy", ["orders-completeness"], id="one state"),
        pytest.param("state=healthy&state=burning", ["orders-freshness", "orders-completeness"], id="either of two"),
        pytest.param("pipeline=orders&label=importance%3D1", ["orders-freshness"], id="pipeline and label"),
        pytest.param("label=importance%3D2", [], id="a label with another value"),
        pytest.param("q=COMPLETE", ["orders-completeness"], id="text, whatever its case"),
        pytest.param("pipeline=other", [], id="another pipeline"),
    ],
)
async def test_a_filter_keeps_only_what_matches(query: str, names: list[str]) -> None:
    body = (await asking(World(), f"/api/v1/slos?{query}")).json()
    assert [slo["name"] for slo in body["slos"]] == names
    assert body["total"] == len(names)


async def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    first = (await asking(World(), "/api/v1/slos?limit=1")).json()
    second = (await asking(World(), "/api/v1/slos?limit=1&offset=1")).json()
    assert [first["slos"][0]["name"], second["slos"][0]["name"]] == ["orders-freshness", "orders-completeness"]
    assert first["total"] == 2


async def test_a_client_that_has_seen_this_tick_gets_no_body() -> None:
    world = World()
    tag = (await asking(world, "/api/v1/slos")).headers["etag"]
    again = await asking(world, "/api/v1/slos", {"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("what", ["tick", "load", "restart"])
async def test_a_new_tick_load_or_start_is_a_new_tag(what: str) -> None:
    world = World()
    tag = (await asking(world, "/api/v1/slos")).headers["etag"]
    if what == "tick":
        world.judged[COMPLETENESS.name] = replace(world.judged[COMPLETENESS.name], at_ns=NOW + 1)
    elif what == "load":
        world.service = replace(world.service, load=replace(world.service.load, number=2))
    else:
        world.service = replace(world.service, started_ns=NOW - HOUR + 1)
    assert (await asking(world, "/api/v1/slos", {"If-None-Match": tag})).status_code == 200


def test_the_state_filter_takes_every_state_there_is() -> None:
    assert get_args(StateName) == STATES
