from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import short_id
from slo_service.domain.pipeline import Job
from slo_service.domain.policy import (
    MEANT,
    CallWebhook,
    CloseGate,
    OpenIncident,
    Postponed,
    Remediate,
    RunCommand,
    ScaleJob,
    Selector,
    Throttle,
)
from tests.domain.test_objectives import SLO

TEAM = Selector({"team": "a"})
TWO = Selector({"team": "a", "region": "eu"})


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        pytest.param(Selector(), {}, True, id="an empty selector matches everything"),
        pytest.param(TEAM, {"team": "a", "more": "b"}, True, id="other labels say nothing"),
        pytest.param(TEAM, {"team": "b"}, False, id="another value"),
        pytest.param(TEAM, {}, False, id="no such label"),
        pytest.param(TEAM, {"team": "b,a"}, True, id="one of several texts"),
        pytest.param(TEAM, {"team": "ab"}, False, id="a text that only contains it"),
        pytest.param(Selector({"team": "a,b"}), {"team": "a,b"}, True, id="the very text, comma and all"),
        pytest.param(TWO, {"team": "a", "region": "eu"}, True, id="all of two"),
        pytest.param(TWO, {"team": "a"}, False, id="one of two"),
    ],
)
def test_a_selector_matches_labels(selector: Selector, labels: dict[str, str], matches: bool) -> None:
    assert selector.matches(labels) is matches


def test_a_selector_with_names_picks_from_those_only() -> None:
    selector = Selector({"team": "a"}, names=("one", "two"))
    assert [selector.matches({"team": "a"}, name) for name in ("one", "three", "")] == [True, False, False]
    assert not selector.matches({"team": "b"}, "one")


def objectives() -> Catalogue:
    made = [("one", "orders", "a"), ("two", "payments", "a"), ("three", "orders", "b")]
    slos = {
        name: dataclasses.replace(SLO, name=name, pipeline=pipeline, labels={"team": team})
        for name, pipeline, team in made
    }
    jobs = {name: Job(name, pipeline, "low", "http", {}) for name, pipeline in [("x", "orders"), ("y", None)]}
    return Catalogue(slos=slos, jobs=jobs)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        (Selector(), ["one", "two", "three"]),
        (TEAM, ["one", "two"]),
        (Selector(names=("three", "gone", "one")), ["three", "one"]),
        (Selector({"team": "b"}, names=("one", "three")), ["three"]),
    ],
)
def test_objectives_are_selected_by_labels_and_names(selector: Selector, names: list[str]) -> None:
    assert [slo.name for slo in objectives().selected(selector)] == names


def test_a_pipeline_knows_its_objectives_and_jobs() -> None:
    catalogue = objectives()
    for _ in range(2):  # the second time from what was found the first
        assert [slo.name for slo in catalogue.slos_of("orders")] == ["one", "three"]
        assert [slo.name for slo in catalogue.slos_of("payments")] == ["two"]
        assert catalogue.slos_of("nowhere") == ()
    assert [job.name for job in catalogue.jobs_of("orders")] == ["x"]


@pytest.mark.parametrize(
    ("action", "name", "target"),
    [
        (ScaleJob(TWO), "scaleJob", "jobs:region=eu,team=a"),
        (Throttle(TEAM), "throttle", "jobs:team=a"),
        (CloseGate(("shop", "till")), "closeGate", "gate:shop,till"),
        (OpenIncident(), "openIncident", "incident:new"),
        (Remediate("restart"), "remediate", "runbook:restart"),
        (CallWebhook({}), "webhook", "webhook:declared"),
        (RunCommand(("drain", "--now")), "command", "command:drain"),
        (RunCommand(()), "command", "command:"),
    ],
)
def test_an_action_says_what_it_is_and_whom_it_meets(action: Postponed, name: str, target: str) -> None:
    assert (action.name, action.target) == (name, target)


def test_secrets_of_actions_stay_out_of_what_is_printed() -> None:
    assert "hush" not in repr(CallWebhook({"token": "hush"})) + repr(Remediate("r", parameters={"token": "hush"}))


def test_an_incident_needs_a_post_mortem_from_a_fifth_of_the_budget_on() -> None:
    assert OpenIncident().postmortem_above == Fraction(1, 5)


def test_words_that_mean_tiers_name_none() -> None:
    assert frozenset({"page", "ticket", "any", "early"}) == MEANT


def test_the_same_event_has_the_same_id_and_another_another() -> None:
    assert short_id("t", "fresh", 5) == "t-444cfd870b77"
    assert short_id("t", "fresh", 5) == short_id("t", "fresh", "5")
    assert (
        len({short_id("t", "ab", "c"), short_id("t", "a", "bc"), short_id("t", "abc"), short_id("t", "c", "ab")}) == 4
    )
