from dataclasses import replace

import pytest

from slo_service.domain.catalogue import Written
from slo_service.show.ports import CollectorHealth
from tests.show.api.asking import asking
from tests.show.fakes import CATALOGUE, NOW, World


async def test_a_live_process_is_alive_whatever_it_knows() -> None:
    assert (await asking(World(judged={}, store_is_away=True), "/healthz")).text == "alive\n"


@pytest.mark.parametrize("missing", ["judgement", "definitions"])
async def test_it_is_not_ready_before_it_has_judged_what_is_defined(missing: str) -> None:
    world = World()
    assert (await asking(world, "/readyz")).status_code == 200
    if missing == "judgement":
        del world.judged["orders-freshness"]
    else:
        world.service = replace(world.service, load=replace(world.service.load, number=0))
    answer = await asking(world, "/readyz")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")


@pytest.mark.parametrize(
    ("last_success_ns", "error", "up"),
    [
        pytest.param(NOW, "", True, id="succeeds"),
        pytest.param(NOW, "refused", False, id="has failed since"),
        pytest.param(None, "refused", False, id="never succeeded"),
        pytest.param(None, "", None, id="has not tried yet"),
    ],
)
async def test_a_collector_is_up_only_when_it_said_so(last_success_ns: int | None, error: str, up: bool | None) -> None:
    world = World()
    world.service = replace(world.service, collectors=(CollectorHealth("c", "canary", last_success_ns, error),))
    assert (await asking(world, "/api/v1/health")).json()["collectors"][0]["up"] is up


async def test_a_job_nobody_has_read_is_unknown_rather_than_running() -> None:
    jobs = (await asking(World(views={}), "/api/v1/jobs")).json()["jobs"]
    assert [job["actual"] for job in jobs] == ["unknown", "unknown"]


async def test_definitions_name_where_each_object_was_written() -> None:
    objects = (await asking(World(), "/api/v1/definitions")).json()["objects"]
    assert {"kind": "SLO", "name": "orders-freshness", "defined_at": "orders.yaml:31"} in objects
    assert {row["kind"] for row in objects} == {"Pipeline", "Canary", "SLO", "BudgetPolicy", "Job", "Contact"}


async def test_documents_are_served_as_written_with_what_the_last_load_changed() -> None:
    written = Written("Job", "export", "orders.yaml:80", 'spec: {url: "${JOB_URL}"}\n')
    world = World(definitions=replace(CATALOGUE, documents=(written,)))
    world.service = replace(world.service, load=replace(world.service.load, changes=("job export changed: spec",)))
    body = (await asking(world, "/api/v1/definitions")).json()
    assert body["documents"] == [
        {"kind": "Job", "name": "export", "defined_at": "orders.yaml:80", "text": 'spec: {url: "${JOB_URL}"}\n'}
    ]
    assert body["load"]["changes"] == ["job export changed: spec"]
