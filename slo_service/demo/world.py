"""The world the service is shown: cluster, shop, enricher, loader, table, jobs, inbox; started and stopped together."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter

import slo_service
from slo_service.demo.cluster import DemoCluster
from slo_service.demo.faults import Switches
from slo_service.demo.inbox import LOOPBACK, Inbox, Mailbox, WebhookReceiver
from slo_service.demo.jobs import BestEffortJobs
from slo_service.demo.loader import Loader
from slo_service.demo.orders import Shop
from slo_service.demo.panel import panel_html, router
from slo_service.demo.stage import Stage

FLOWING_SECONDS = 15
CLUSTER = "main"  # the name by which the definitions know it


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """What the service needs to be told. `environment` fills the `${…}` of the definitions."""

    port: int
    directory: Path
    definitions: Path
    store_url: str
    clusters: Mapping[str, Mapping[str, str]]
    environment: Mapping[str, str]
    smtp_host: str
    smtp_port: int
    switches: Switches
    inbox: Inbox
    routers: tuple[APIRouter, ...]
    panel: Callable[[], str]


class NotFlowing(Exception):
    """The pipeline was started, but no order arrived in its table."""


async def open_world(port: int, wall_ns: Callable[[], int], closing: AsyncExitStack) -> DemoWorld:
    """Starts everything and returns once orders arrive in the table; `closing` ends it all and removes its files.

    Raises `NotFlowing`."""
    directory = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="slo-demo-")))
    switches, inbox = Switches(), Inbox(wall_ns)
    database = directory / "orders.db"
    cluster = await asyncio.to_thread(DemoCluster)
    closing.callback(_keep, cluster)
    loader = Loader(cluster.bootstrap, database)
    stage = Stage(cluster.bootstrap, switches, directory / "enricher.pid")
    closing.callback(stage.stop)
    loader.start()
    closing.push_async_callback(asyncio.to_thread, loader.stop)
    switches.listen(loader.show_to_readers)
    shop = Shop(cluster.bootstrap, switches.active, random.Random())  # noqa: S311  orders need variety, not secrecy
    shop.start()
    closing.push_async_callback(asyncio.to_thread, shop.stop)
    jobs = BestEffortJobs(directory, database)
    closing.callback(jobs.stop)
    webhook, mailbox = WebhookReceiver(inbox), Mailbox(inbox)
    closing.push_async_callback(asyncio.to_thread, webhook.stop)
    await mailbox.start()
    closing.push_async_callback(mailbox.stop)
    if not await asyncio.to_thread(loader.first_order.wait, FLOWING_SECONDS):
        why = "" if stage.alive else "; the enricher has ended"
        raise NotFlowing(f"no order arrived in the table within {FLOWING_SECONDS} s{why}")
    return DemoWorld(
        port=port,
        directory=directory,
        definitions=_definitions(),
        store_url=f"sqlite+aiosqlite:///{directory / 'slo.db'}",
        clusters={CLUSTER: {"bootstrap.servers": cluster.bootstrap}},
        environment={
            "ORDERS_DB_URL": f"sqlite+aiosqlite:///{database}",
            "ORDERS_WEBHOOK_URL": webhook.url,
            "ORDERS_MAIL_TO": "orders-team@demo.example",
            "ORDERS_EXPORT_PID_FILE": str(jobs.pid_file("export")),
            "ORDERS_BACKFILL_PID_FILE": str(jobs.pid_file("backfill")),
            "ORDERS_ENRICHER_PID_FILE": str(directory / "enricher.pid"),
        },
        smtp_host=LOOPBACK,
        smtp_port=mailbox.port,
        switches=switches,
        inbox=inbox,
        routers=(router(switches, inbox),),
        panel=lambda: panel_html(switches, inbox),
    )


def _definitions() -> Path:
    """The set people copy: beside the package in a checkout, inside it when installed."""
    inside = Path(slo_service.__file__).parent / "demo" / "definitions"
    return inside if inside.is_dir() else Path(slo_service.__file__).parents[1] / "slo_definitions"


def _keep(cluster: DemoCluster) -> None:
    """Holds the cluster until everything that talks to it has been stopped."""
    del cluster
