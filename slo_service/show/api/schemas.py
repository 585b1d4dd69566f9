"""The JSON Schemas of definitions, for editors; with the controllers and channels that are installed here."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request, Response

from slo_service.definitions.schema import as_text, schemas
from slo_service.show.api.answer import answer_tagged_by_content, tagged_by_content
from slo_service.show.api.errors import unknown_name
from slo_service.show.api.event_models import SchemaPage


def routes(router: APIRouter) -> None:
    async def listed(request: Request) -> Response:
        """The schemas there are; the first takes a document of any kind."""
        rows = [{"name": name, "address": f"/schemas/{name}"} for name in _texts()]
        return answer_tagged_by_content(request, {"total": len(rows), "schemas": rows})

    async def schema(request: Request, name: str) -> Response:
        """A JSON Schema, draft 2020-12, of the documents of one kind, or with `slo-service.json` of any kind."""
        text = _texts().get(name)
        if text is None:
            raise unknown_name("schema", name, _texts(), "/schemas/")
        return tagged_by_content(request, text, "application/schema+json")

    router.add_api_route("/schemas/", listed, response_model=SchemaPage, tags=["schemas"], name="list_schemas")
    router.add_api_route("/schemas/{name}", schema, tags=["schemas"], name="get_schema")


@cache
def _texts() -> dict[str, bytes]:
    """Made once: what is installed does not change while the process runs."""
    return {name: as_text(schema).encode() for name, schema in schemas().items()}
