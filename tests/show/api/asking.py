"""Asks the API without a socket."""

import httpx
from fastapi import FastAPI

from slo_service.show.api import api
from tests.show.fakes import World


async def asking(
    world: World, address: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> httpx.Response:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(api(world, world, world))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.request(method, address, headers=headers)
