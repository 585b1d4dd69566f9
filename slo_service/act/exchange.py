"""One HTTP call, of whose answer only the beginning is read: a remote must not fill our memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

LARGEST_ANSWER = 64 * 1024
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Answer:
    """`whole` is false when the body is cut off, or left out because it is compressed, which nobody asked for."""

    response: httpx.Response
    whole: bool


async def exchange(
    client: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str], body: object = None
) -> Answer:
    """Reads up to LARGEST_ANSWER bytes and follows no redirects; a body that is no text is sent as JSON. Raises what
    httpx raises."""
    text = body if isinstance(body, str | bytes) else None
    sent = httpx.Headers(headers)
    sent["Accept-Encoding"] = "identity"  # what is compressed may be a thousand times longer than it seems
    async with client.stream(
        method, url, headers=sent, content=text, json=None if text is not None else body, follow_redirects=False
    ) as answer:
        plain = answer.headers.get("content-encoding", "identity") in {"", "identity"}
        read = await _beginning(answer) if plain else b""
    kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _OF_THE_WIRE]
    response = httpx.Response(answer.status_code, headers=kept, content=read[:LARGEST_ANSWER], request=answer.request)
    return Answer(response, plain and len(read) <= LARGEST_ANSWER)


async def _beginning(answer: httpx.Response) -> bytes:
    read = bytearray()
    async for chunk in answer.aiter_bytes():
        read += chunk
        if len(read) > LARGEST_ANSWER:
            break
    return bytes(read)
