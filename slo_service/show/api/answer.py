"""Bodies with entity tags: a client that has seen this tick already gets 304 and no body."""

from __future__ import annotations

import hashlib

import orjson
from fastapi import Request, Response

from slo_service.show.ports import Live


def tick_tag(live: Live) -> str:
    """Names the service's start, the definitions in force and the last evaluation: everything statuses depend on."""
    health = live.health()
    tick = max((status.at_ns for status in live.statuses().values()), default=0)
    return f"{health.started_ns:x}-{health.load.number:x}-{tick:x}"


def seen(request: Request, tag: str) -> Response | None:
    """304 when the client holds this very tag; asked before the body is built."""
    held = request.headers.get("if-none-match", "")
    known = {part.strip().removeprefix("W/") for part in held.split(",")}
    return Response(status_code=304, headers=_headers(tag)) if f'"{tag}"' in known or held.strip() == "*" else None


def answer(body: dict[str, object], tag: str) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers=_headers(tag))


def answer_tagged_by_content(request: Request, body: dict[str, object]) -> Response:
    """For what changes between ticks, such as jobs and the journal: the tag is a digest of the body."""
    return tagged_by_content(request, orjson.dumps(body), "application/json")


def tagged_by_content(request: Request, content: bytes, media_type: str) -> Response:
    tag = hashlib.blake2b(content, digest_size=12).hexdigest()
    return seen(request, tag) or Response(content, media_type=media_type, headers=_headers(tag))


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'W/"{tag}"', "Cache-Control": "no-cache"}
