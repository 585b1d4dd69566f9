"""The API's own description: the OpenAPI document, and a page made from it without scripts or any other host."""

from __future__ import annotations

from html import escape
from typing import cast

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from slo_service import __version__

_INTRO = (
    "Durations are seconds, shares lie between 0 and 1, instants are RFC 3339 in UTC, and what is not known is null. "
    "More keys may join, none leaves. Every error has the shape "
    '{"error": {"code", "message", "remedy"}}. Answers carry an ETag; If-None-Match saves the body.'
)


def routes(router: APIRouter) -> None:
    def described() -> dict[str, object]:
        return get_openapi(title="slo-service", version=__version__, description=_INTRO, routes=router.routes)

    async def openapi() -> JSONResponse:
        return JSONResponse(described())

    async def page() -> HTMLResponse:
        return HTMLResponse(docs_page(described()))

    router.add_api_route("/api/openapi.json", openapi, include_in_schema=False)
    router.add_api_route("/api/docs", page, include_in_schema=False)


def docs_page(described: dict[str, object]) -> str:
    """Every address with its parameters and the schema of its answer, as plain HTML that needs no script."""
    paths = cast("dict[str, dict[str, dict[str, object]]]", described["paths"])
    schemas = cast("dict[str, dict[str, dict[str, object]]]", described["components"])["schemas"]
    parts = [_operation(path, said["get"]) for path, said in paths.items()]
    shapes = [_schema(name, schema) for name, schema in sorted(schemas.items())]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>API · slo-service</title>'
        '<link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" href="/static/page.css"></head>'
        f"<body><main><h1>slo-service API</h1><p>{escape(_INTRO)}</p>"
        '<p><a href="/">Overview</a> · <a href="/api/openapi.json">OpenAPI document</a></p>'
        f"<h2>Addresses</h2>{''.join(parts)}<h2>Shapes</h2>{''.join(shapes)}</main></body></html>"
    )


def _operation(path: str, said: dict[str, object]) -> str:
    parameters = cast("list[dict[str, object]]", said.get("parameters", []))
    rows = [
        f"<li><code>{escape(str(one['name']))}</code> {escape(str(one.get('description', one['in'])))}</li>"
        for one in parameters
    ]
    link = f'<a href="{escape(path)}">{escape(path)}</a>' if "{" not in path else escape(path)
    return (
        f"<section><h3>GET <code>{link}</code></h3><p>{escape(str(said.get('description', '')))}</p>"
        f"<ul>{''.join(rows)}</ul></section>"
    )


def _schema(name: str, schema: dict[str, object]) -> str:
    properties = cast("dict[str, dict[str, object]]", schema.get("properties", {}))
    rows = [
        f"<li><code>{escape(key)}</code>: {escape(_type(said))} {escape(str(said.get('description', '')))}</li>"
        for key, said in properties.items()
    ]
    about = escape(str(schema.get("description", "")))
    return f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{about}</p><ul>{"".join(rows)}</ul></section>'


def _type(said: dict[str, object]) -> str:
    if "anyOf" in said:
        return " or ".join(_type(option) for option in cast("list[dict[str, object]]", said["anyOf"]))
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if said.get("type") == "array":
        return f"list of {_type(cast('dict[str, object]', said['items']))}"
    return str(said.get("format") or said.get("type", "value"))
