"""`slo demo`: starts the real service on the demo's world."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from slo_service.demo import run_demo
from slo_service.demo.watch import Watched
from slo_service.demo.world import DemoWorld, NotFlowing
from slo_service.runtime.folder import DefinitionsRefused
from slo_service.runtime.main import log_to_stderr
from slo_service.runtime.service import Extras, start_service
from slo_service.runtime.settings import SettingsRefused, Smtp, read_settings

MISUSE = 2


def demo(scenario: str | None, for_ns: int | None, port: int) -> int:
    """0 when all that was expected happened, 1 when not, 2 when it could not start; then the reason is on stderr."""
    log_to_stderr()
    try:
        return asyncio.run(run_demo(scenario, for_ns, port, start_in))
    except DefinitionsRefused as refused:
        complaint = "\n".join(str(finding) for finding in refused.findings)
    except OSError as why:
        complaint = f"not started: port {port}: {why.strerror or why}; choose another --port"
    except (SettingsRefused, NotFlowing) as why:
        complaint = f"not started: {why}"
    sys.stderr.write(complaint + "\n")
    return MISUSE


async def start_in(world: DemoWorld, closing: AsyncExitStack) -> Watched:
    """The service as in production, with the demo's addresses and its switches on the pages."""
    settings = read_settings(
        definitions=[world.definitions],
        store=world.store_url,
        port=world.port,
        clusters=world.clusters,
        smtp=Smtp(host=world.smtp_host, port=world.smtp_port, sender="slo-service@demo.example"),
    )
    return await start_service(settings, closing, world.environment, Extras(world.routers, world.panel))
