"""Claims about every address: shape, errors, secrets."""

import json

import pytest
from pydantic import BaseModel

from slo_service.show.api import event_models, models, past_models, pipeline_models
from tests.show.api.asking import asking
from tests.show.fakes import World

ANSWERS: list[tuple[str, type[BaseModel]]] = [
    ("/api/v1/slos", models.SloPage),
    ("/api/v1/slos/orders-freshness", models.SloDetail),
    ("/api/v1/slos/orders-freshness/history", past_models.SloHistory),
    ("/api/v1/pipelines", pipeline_models.PipelinePage),
    ("/api/v1/pipelines/orders", pipeline_models.PipelineDetail),
    ("/api/v1/pipelines/orders/canaries", pipeline_models.CanaryPage),
    ("/api/v1/jobs", event_models.JobPage),
    ("/api/v1/transitions", event_models.TransitionPage),
    ("/api/v1/decisions", event_models.DecisionPage),
    ("/api/v1/decisions/dec-1", event_models.ChainDetail),
    ("/api/v1/health", event_models.HealthDetail),
    ("/api/v1/definitions", event_models.DefinitionPage),
    ("/schemas/", event_models.SchemaPage),
]


@pytest.mark.parametrize(("address", "model"), ANSWERS)
async def test_an_answer_has_exactly_the_documented_keys(address: str, model: type[BaseModel]) -> None:
    body = (await asking(World(), address)).json()
    assert model.model_validate(body).model_dump(mode="json", by_alias=True) == body


@pytest.mark.parametrize(("address", "model"), ANSWERS)
async def test_an_answer_is_empty_rather_than_broken_before_the_first_evaluation(
    address: str, model: type[BaseModel]
) -> None:
    world = World(judged={}, ages=(), views={}, traces=[], changes=[], decided=[])
    answer = await asking(world, address)
    assert model.model_validate(answer.json()).model_dump(mode="json", by_alias=True) == answer.json()


@pytest.mark.parametrize("address", [*(address for address, _ in ANSWERS), "/api/openapi.json", "/api/docs"])
async def test_no_answer_holds_a_secret_of_the_definitions(address: str) -> None:
    assert "planted-secret" not in (await asking(World(), address)).text


async def test_every_documented_address_is_held_against_its_shape() -> None:
    described = (await asking(World(), "/api/openapi.json")).json()["paths"]
    tried = {
        address.replace("orders-freshness", "{name}").replace("/orders", "/{name}").replace("dec-1", "{decision}")
        for address, _ in ANSWERS
    }
    assert set(described) == tried | {"/healthz", "/readyz", "/schemas/{name}"}


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/slos/no-such", 404, "not_found"),
        ("/api/v1/slos/no-such/history", 404, "not_found"),
        ("/api/v1/slos/orders-freshness/history?from=2026-11-21T00:00:00Z", 422, "invalid_request"),
        ("/api/v1/slos/orders-freshness/history?from=2020-01-01T00:00:00Z", 422, "invalid_request"),
        ("/api/v1/slos/orders-freshness/history?to=noon", 422, "invalid_request"),
        ("/api/v1/pipelines/no-such", 404, "not_found"),
        ("/api/v1/decisions/no-such", 404, "not_found"),
        ("/api/v1/transitions?slo=no-such", 404, "not_found"),
        ("/api/v1/no-such", 404, "not_found"),
        ("/api/v1/slos?limit=501", 422, "invalid_request"),
        ("/api/v1/slos?limit=0", 422, "invalid_request"),
        ("/api/v1/slos?state=fine", 422, "invalid_request"),
        ("/api/v1/slos?label=team", 422, "invalid_request"),
        ("/api/v1/transitions?before=yesterday", 422, "invalid_request"),
        ("/api/v1/pipelines/orders/canaries?since=2026-11-20T09:40:00", 422, "invalid_request"),
    ],
)
async def test_every_refusal_has_one_shape_and_a_remedy(address: str, status: int, code: str) -> None:
    answer = await asking(World(), address)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], set(error)) == (code, {"code", "message", "remedy"})
    assert error["message"]
    assert error["remedy"]


async def test_an_unknown_name_is_answered_with_the_nearest_known_one() -> None:
    answer = await asking(World(), "/api/v1/slos/orders-freshnes")
    assert answer.json()["error"]["remedy"] == "did you mean orders-freshness?"


async def test_a_refusal_does_not_echo_what_was_sent() -> None:
    answer = await asking(World(), "/api/v1/slos?limit=planted-secret&state=planted-secret")
    assert answer.status_code == 422
    assert "planted-secret" not in answer.text


async def test_writing_to_an_address_that_only_reads_is_refused_in_the_same_shape() -> None:
    answer = await asking(World(), "/api/v1/slos/orders-freshness", method="DELETE")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_history_without_a_store_is_503_while_live_figures_go_on() -> None:
    world = World(store_is_away=True)
    refused = await asking(world, "/api/v1/decisions")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert (await asking(world, "/api/v1/slos")).status_code == 200


async def test_a_fault_of_ours_is_500_in_the_same_shape_and_tells_no_internals() -> None:
    world = World()
    world.traces = [None]  # type: ignore[list-item]  # the fault
    answer = await asking(world, "/api/v1/pipelines/orders")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "NoneType" not in answer.text


async def test_what_changes_between_ticks_is_tagged_by_its_content() -> None:
    world = World()
    tag = (await asking(world, "/api/v1/jobs")).headers["etag"]
    assert (await asking(world, "/api/v1/jobs", {"If-None-Match": tag})).status_code == 304
    del world.views["export"]
    assert (await asking(world, "/api/v1/jobs", {"If-None-Match": tag})).status_code == 200


async def test_the_documentation_needs_no_other_host_and_no_script() -> None:
    page = (await asking(World(), "/api/docs")).text
    assert "/api/v1/slos/{name}" in page
    assert "burn_rates" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


async def test_the_description_is_valid_json_without_a_second_error_shape() -> None:
    described = json.dumps((await asking(World(), "/api/openapi.json")).json())
    assert "HTTPValidationError" not in described
