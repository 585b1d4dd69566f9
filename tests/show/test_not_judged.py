"""What is declared and cannot be judged or measured yet is shown as that, with the reason."""

from dataclasses import replace
from fractions import Fraction

import httpx
import pytest

from slo_service.cli.slo_story import reason
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Comparison, Composite, Member, Metric, Ratio, Side, Threshold
from slo_service.domain.instant import MINUTE
from slo_service.domain.slo import Unjudged
from slo_service.domain.status import State
from slo_service.evaluate.evaluator import Evaluator
from slo_service.show.api.models import Slo as Answer
from slo_service.show.api.models import SloPage
from slo_service.show.obstacle import declared
from slo_service.show.ports import LoadReport
from slo_service.show.status_json import status_json, tier_json
from slo_service.show.web.view import said
from slo_service.show.web.view.definitions import definitions
from slo_service.show.web.view.lede import lede
from slo_service.show.web.view.objective import PastRows, objective_view
from slo_service.show.web.view.overview import Query, overview
from slo_service.show.web.view.tiers import tier_rows
from tests.show.api.asking import asking
from tests.show.fakes import FRESHNESS, NOW, World, reading, status, tier_state
from tests.show.web.conftest import application
from tests.show.web.seeded import Seeded

METRIC = Metric.of("prometheus", "main", {"query": "up"})
QUERY = replace(FRESHNESS, name="web", pipeline="", service="shop", indicator=Ratio(Side.GOOD, METRIC, METRIC, True))
LATENCY = replace(QUERY, name="slow", indicator=Threshold(METRIC, Comparison.LT, Fraction(3, 10)))
WHOLE = replace(QUERY, name="whole", indicator=Composite((Member("up", QUERY.indicator, Fraction(9, 10)),)))
DECLARED = Catalogue(
    slos={"web": QUERY, "slow": LATENCY},
    unjudged={"whole": Unjudged(WHOLE, "several indicators as one are not judged yet")},
)
STATUSES = Evaluator(DECLARED).tick(NOW).statuses
NO_COLLECTOR = "no collector measures metrics of prometheus yet"


async def test_the_api_lists_them_as_unknown_with_the_reason() -> None:
    page = SloPage.model_validate(
        (await asking(World(definitions=DECLARED, judged=dict(STATUSES)), "/api/v1/slos")).json()
    )
    assert {slo.name: (slo.state, slo.not_judged) for slo in page.slos} == {
        "web": ("frozen", NO_COLLECTOR),
        "slow": ("frozen", NO_COLLECTOR),
        "whole": ("unknown", "several indicators as one are not judged yet"),
    }


async def test_one_that_is_not_judged_can_be_asked_for() -> None:
    answer = await asking(World(definitions=DECLARED, judged={}), "/api/v1/slos/whole")
    assert (answer.status_code, answer.json()["sli"], answer.json()["tiers"]) == (200, None, [])


def test_the_terminal_says_why_instead_of_since_when() -> None:
    row = Answer.model_validate(status_json(QUERY, STATUSES["web"]))
    assert reason(row) == NO_COLLECTOR


def test_the_query_is_shown_and_no_repr_of_it() -> None:
    said_of = status_json(QUERY, None)["indicator"]
    assert isinstance(said_of, dict)
    assert (said_of["metric"], said_of["source"], said_of["counter"]) == ('{"query":"up"}', "prometheus", "true")


def test_the_page_of_definitions_lists_them_with_the_reason() -> None:
    kinds = {kind.title: kind.items for kind in definitions(DECLARED, LoadReport(1, NOW, ok=True)).kinds}
    (whole,) = kinds["Objectives that are not judged"]
    assert (whole.name, whole.says) == ("whole", "several indicators as one are not judged yet")
    assert all("not measured: no collector" in each.says for each in kinds["Objectives"])


def test_the_overview_counts_them_and_calls_nothing_healthy() -> None:
    view = overview(DECLARED, STATUSES, {}, {}, {}, Query())
    assert "1 more is declared and not judged by this version" in said.plain(view.aside)
    assert "healthy" not in view.headline
    assert {row.mark.word for row in view.rows} == {"Frozen"}
    assert {(row.pipeline, row.service) for row in view.rows} == {("", "shop")}


def test_an_objective_of_another_system_says_that_nobody_measures_it() -> None:
    assert said.plain(lede(QUERY, STATUSES["web"])).startswith(f"Not measured: {NO_COLLECTOR}.")


def test_every_declared_objective_is_told_of_once() -> None:
    assert [each.slo.name for each in declared(DECLARED)] == ["web", "slow", "whole"]


@pytest.mark.parametrize("address", ["/", "/slos/web", "/slos/slow", "/definitions", "/pipelines"])
async def test_every_page_shows_an_objective_without_a_pipeline_under_its_service(address: str) -> None:
    transport = httpx.ASGITransport(application(Seeded(known=DECLARED)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get(address)
    assert answer.status_code == 200
    assert 'href="/pipelines/"' not in answer.text


async def page(address: str) -> httpx.Response:
    transport = httpx.ASGITransport(application(Seeded(known=DECLARED)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(address)


async def test_one_that_is_not_judged_has_a_page_that_says_why_and_shows_its_definition() -> None:
    answer = await page("/slos/whole")
    assert answer.status_code == 200
    assert "Not judged: several indicators as one are not judged yet. That is neither good nor bad." in answer.text
    assert "There are no figures: several indicators" in answer.text
    assert 'href="/slos/whole"' in (await page("/definitions")).text


def test_no_chart_shows_a_budget_of_which_nothing_was_measured() -> None:
    view = objective_view(QUERY, STATUSES["web"], PastRows(), ())
    assert view.nothing == NO_COLLECTOR
    assert "<svg" not in view.budget


def test_the_share_of_a_tier_follows_from_the_factor_where_that_was_declared() -> None:
    tier = replace(FRESHNESS.alerting.tiers[0], burn=Fraction(14))
    assert tier.share(FRESHNESS.window_ns) == Fraction(14, 28 * 24)
    hour = reading(tier.long_ns, 1, 0)
    said_of = tier_json(FRESHNESS, tier_state(FRESHNESS, tier, hour, hour, firing=False))
    assert said_of["budget_share"] == float(Fraction(14, 28 * 24))


def test_a_burn_at_a_limit_that_counts_is_over_it_on_every_surface() -> None:
    tier = replace(FRESHNESS.alerting.tiers[0], burn=Fraction(2), inclusive=True)
    limit = reading(tier.long_ns, 998, 2)
    state = tier_state(FRESHNESS, tier, limit, limit, firing=True)
    (row,) = tier_rows(FRESHNESS, replace(status(FRESHNESS, State.BURNING), tiers=(state,)))
    assert (state.over(limit), row.long.over) == (True, True)
    assert not replace(state, tier=replace(tier, inclusive=False)).over(limit)


def test_a_tier_that_waits_says_so_and_when_it_fires() -> None:
    tier = replace(FRESHNESS.alerting.tiers[0], after_ns=10 * MINUTE)
    bad = reading(tier.long_ns, 10, 90)
    state = replace(tier_state(FRESHNESS, tier, bad, bad, firing=False), burned_ns=4 * MINUTE)
    waiting = replace(status(FRESHNESS, State.WARN), tiers=(state,))
    (row,) = tier_rows(FRESHNESS, waiting)
    assert (row.mark.word, row.next[:15]) == ("Burning, not firing yet", "burning; fires ")
    assert said.plain(lede(FRESHNESS, waiting)).endswith("fires as a page if that goes on for 6\u202fmin more.")


def test_mistakes_stand_before_warnings_on_the_page_of_definitions() -> None:
    told = ("a.yaml:1:1: warning W501: no owner; add one", "b.yaml:1:1: error E201: unknown key; remove it")
    assert definitions(DECLARED, LoadReport(1, NOW, ok=False, findings=told)).findings == told[::-1]
