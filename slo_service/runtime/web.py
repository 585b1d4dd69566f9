"""The web side: one FastAPI application from the rooms of `show`, served in process by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from fastapi import APIRouter, FastAPI

import slo_service
from slo_service.runtime.panel import Panel
from slo_service.show.api.router import api
from slo_service.show.metrics import EventCounters, metrics
from slo_service.show.ports import Records
from slo_service.show.web import pages, security_headers

STOP_SECONDS = 5


def application(
    panel: Panel,
    history: Records,
    counters: EventCounters,
    routers: Sequence[APIRouter] = (),
    fragment: Callable[[], str] | None = None,
) -> FastAPI:
    """Pages, API and metrics; `fragment` is shown on the pages, for the demo's switches."""
    app = FastAPI(title="slo-service", version=slo_service.__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(metrics(panel, panel, counters))
    for router in routers:
        app.include_router(router)
    app.include_router(pages(panel, panel, history, fragment))
    app.include_router(api(panel, panel, history))  # last: it answers for every unknown path under /api
    security_headers(app)
    return app


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to the process it runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves the application on a socket that is already bound."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2, lifespan="off")
        self._server = _Quiet(config)
        self._serving = asyncio.create_task(self._server.serve([listener]), name="web")

    async def stop(self) -> None:
        self._server.should_exit = True
        await asyncio.wait({self._serving}, timeout=STOP_SECONDS)
