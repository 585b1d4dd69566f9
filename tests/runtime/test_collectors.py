"""Which collectors run, and what is said of those that cannot."""

from dataclasses import replace

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Canary, Contract, FolderSink, HttpSink, KafkaTopic, Pipeline
from slo_service.runtime.collectors import Collectors, Surroundings
from slo_service.runtime.supervision import Supervisor

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
