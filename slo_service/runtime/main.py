"""`slo serve`: runs the service until a signal, or until it must end by itself."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import TypeVar

import structlog

from slo_service.act.registry import BrokenAdapters
from slo_service.collect.ports import StoreUnavailable
from slo_service.runtime.folder import DefinitionsRefused
from slo_service.runtime.service import Service, start_service
from slo_service.runtime.settings import Settings
from slo_service.store.errors import StoreTooNew

MISUSE = 2
Started = TypeVar("Started")


def serve(settings: Settings) -> int:
    """0 after a signal, 1 when the service had to end, 2 when it could not start; then every reason is on stderr."""
    log_to_stderr()
    try:
        return asyncio.run(_serve(settings))
    except DefinitionsRefused as refused:
        complaint = "\n".join(str(finding) for finding in refused.findings)
        errors = sum(finding.severity == "error" for finding in refused.findings)
        complaint += f"\nnot started: {errors} mistakes in the definitions; mend them and start again"
    except (StoreTooNew, StoreUnavailable) as why:
        complaint = f"not started: the store cannot be used: {why}"
    except OSError as why:
        complaint = f"not started: {settings.host}:{settings.port}: {why.strerror or why}; choose another --port"
    except (BrokenAdapters, ValueError) as why:
        complaint = f"not started: {why}"
    sys.stderr.write(complaint + "\n")
    return MISUSE


async def _serve(settings: Settings) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with AsyncExitStack() as closing:
        service = await unless(ended, start_service(settings, closing))
        if service is None:
            return 0
        sys.stderr.write(f"slo-service is at {service.url}\n")
        sys.stderr.flush()
        return await _until(ended, service)


async def unless(ended: asyncio.Event, starting: Coroutine[object, object, Started]) -> Started | None:
    """What was started, or None when the end came first: a process that waits for the lead must obey a signal too."""
    start, end = asyncio.create_task(starting), asyncio.create_task(ended.wait())
    await asyncio.wait({start, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if start.done():
        return start.result()
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)
    return None


async def _until(ended: asyncio.Event, service: Service) -> int:
    waits = [asyncio.create_task(event.wait()) for event in (ended, service.stopped)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if service.failure:
        sys.stderr.write(f"stopped: {service.failure}\n")
        return 1
    return 0


def log_to_stderr() -> None:
    """One line an event, key=value; libraries' own warnings in the same form."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="level=warning logger=%(name)s event=%(message)r"
    )
