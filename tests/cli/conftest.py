"""The real API over a fake world, on a loopback port, for commands that ask a running service."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog
import uvicorn
from click.testing import CliRunner, Result
from fastapi import FastAPI

from slo_service.cli import main
from slo_service.show.api import api
from tests.show.fakes import World

Serve = Callable[[World], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a service on the world and returns its address; all are stopped after the test."""
    running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def start(world: World) -> str:
        app = FastAPI()
        app.include_router(api(world, world, world))
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        running.append((server, thread, listener))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread, listener in running:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(autouse=True)
def _logs_go_where_they_went() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)
