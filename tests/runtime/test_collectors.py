"""Which collectors run, and what is said of those that cannot."""

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Completeness, Composite, Freshness, Lag, Member, Timing
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Contract, FolderSink, HttpSink, KafkaTopic, Pipeline, Stage
from slo_service.runtime.collectors import Collectors, Surroundings, wanted_collectors
from slo_service.runtime.supervision import Supervisor
from tests.evaluate.timeline import an_slo

PIPELINE = Pipeline("p", "", "us", KafkaTopic("main", "t"), (), KafkaTopic("main", "u"))
CANARY = Canary("c", "p", SECOND, {"id": "${canary.id}"}, "m")


@pytest.mark.parametrize(
    ("pipeline", "why"),
    [
        (replace(PIPELINE, contract=Contract.JOIN), "no collector follows canaries through the contract join yet"),
        (replace(PIPELINE, sink=HttpSink("http://127.0.0.1/")), "no collector reads a sink of the kind http yet"),
        (replace(PIPELINE, sink=FolderSink("/x", "jsonl", "id")), "no collector reads a sink of the kind folder yet"),
    ],
)
async def test_a_canary_that_nobody_can_follow_is_shown_with_the_reason(pipeline, why):
    nothing = Surroundings({}, None, None, lambda: 0, lambda: 0, 1)  # type: ignore[arg-type]  # nothing of it is asked
    collectors = Collectors(nothing, Supervisor())
    await collectors.serve(Catalogue(pipelines={"p": pipeline}, canaries={"c": CANARY}))
    (health,) = collectors.health()
    assert (health.name, health.error, health.last_success_ns) == ("canary:c", why, None)


FRESH, COMPLETE, LAG = Freshness("c", 5 * SECOND), Completeness("c", 60 * SECOND), Lag("stage", 5 * SECOND)
MEMBERS = (Member("fresh", FRESH, Fraction(9, 10)), Member("complete", COMPLETE, Fraction(9, 10)))
GROUPED = replace(PIPELINE, stages=(Stage("stage", KafkaTopic("main", "v"), "g"),))


def streams_measured(*slos):
    """By collector, as it would be built."""
    catalogue = Catalogue(pipelines={"p": GROUPED}, canaries={"c": CANARY}, slos={slo.name: slo for slo in slos})
    return {name: {slo.stream.id for slo in measured} for name, (_, measured) in wanted_collectors(catalogue).items()}


def test_the_members_of_a_composite_are_measured_as_streams_of_their_own() -> None:
    whole = replace(an_slo(), pipeline="p", indicator=Composite(MEMBERS))
    assert streams_measured(whole) == {"canary:c": set(whole.measured), "lag:p": set()}
    assert len(whole.measured) == 2


def test_a_member_that_tells_of_lag_is_measured_by_the_collector_of_lag() -> None:
    whole = replace(an_slo(), pipeline="p", indicator=Composite((MEMBERS[0], Member("lag", LAG, Fraction(9, 10)))))
    fresh, lag = whole.measured
    assert streams_measured(whole) == {"canary:c": {fresh}, "lag:p": {lag}}


@pytest.mark.parametrize("indicator", [FRESH, Composite(MEMBERS)])
def test_what_slices_of_time_follow_from_is_measured(indicator) -> None:
    slo = replace(an_slo(), pipeline="p", indicator=indicator, budgeting=Timeslices(Fraction(9, 10), MINUTE))
    assert streams_measured(slo)["canary:c"] == set(slo.measured)
    assert slo.counted not in slo.measured


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_stream_that_two_objectives_share_the_sooner_horizon_counts(order) -> None:
    alone = replace(an_slo(), name="alone", pipeline="p", indicator=FRESH, timing=Timing(SECOND, SECOND))
    whole = replace(alone, name="whole", indicator=Composite(MEMBERS), timing=Timing(60 * SECOND, SECOND))
    catalogue = Catalogue(canaries={"c": CANARY}, pipelines={"p": PIPELINE},
                          slos={slo.name: slo for slo in (alone, whole)[::order]})  # fmt: skip
    _, slos = wanted_collectors(catalogue)["canary:c"]
    assert {slo.stream.id: slo.timing.horizon_ns for slo in slos}[alone.stream.id] == SECOND
