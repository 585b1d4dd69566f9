"""The schemas as a running service gives them to editors."""

import pytest

from slo_service.definitions.schema import schemas
from tests.show.api.asking import asking
from tests.show.fakes import World


async def test_the_index_lists_every_schema_at_an_address_that_answers() -> None:
    world = World()
    listed = (await asking(world, "/schemas/")).json()
    assert [row["name"] for row in listed["schemas"]] == list(schemas())
    for row in listed["schemas"]:
        assert (await asking(world, row["address"])).json() == schemas()[row["name"]]


async def test_a_schema_says_that_it_is_one_and_is_not_sent_twice() -> None:
    answer = await asking(World(), "/schemas/slo-service.json")
    assert answer.headers["content-type"] == "application/schema+json"
    again = await asking(World(), "/schemas/slo-service.json", {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["Slo.json", "slo-service.yaml"])
async def test_a_schema_that_does_not_exist_is_not_found(name: str) -> None:
    answer = await asking(World(), f"/schemas/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
