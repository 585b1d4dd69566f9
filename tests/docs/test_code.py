"""The code in the documentation does what the page around it says."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from slo_service.act.jobs.http import HttpJobs
from slo_service.act.notify.webhook import Webhook
from slo_service.act.outbound import Guard
from slo_service.act.ports import Delivered, JobState, Letter, Refused
from slo_service.act.registry import Tools
from slo_service.domain.pipeline import ChannelSpec, Job
from tests.act.servers import NOW, tools
from tests.docs.pages import block, blocks

LETTER = Letter("m-1.0", "Burning: Orders", "late\n", "<p>late</p>", {"slo": "orders-freshness"})
NOW_SECONDS = NOW // 10**9


def run(page: str, containing: str) -> dict[str, Any]:
    """What the block defines."""
    names: dict[str, Any] = {}
    exec(compile(block(page, "python", containing).text, page, "exec"), names)  # noqa: S102 -- our own pages
    return names


async def sent(secret: str) -> httpx.Request:
    calls: list[httpx.Request] = []

    def answer(call: httpx.Request) -> httpx.Response:
        calls.append(call)
        return httpx.Response(200)

    spec = ChannelSpec("webhook", {"url": "http://127.0.0.1/hook", "secret": secret})
    assert isinstance(await Webhook(tools(answer)).send(spec, LETTER), Delivered)
    return calls[0]


async def test_the_receiver_takes_what_our_webhook_sends() -> None:
    call = await sent("s3cret")
    message_of = run("docs/how-to/webhooks.md", "message_of")["message_of"]
    message = message_of(call.headers, call.content, "s3cret", NOW_SECONDS)
    assert message["subject"] == "Burning: Orders"
    assert set(message) == {"key", "subject", "text", "html", "facts"}


@pytest.mark.parametrize(
    ("secret", "changed", "late_seconds"),
    [
        pytest.param("another", b"", 0, id="with another secret"),
        pytest.param("s3cret", b" ", 0, id="changed on its way"),
        pytest.param("s3cret", b"", 301, id="sent again after five minutes"),
    ],
)
async def test_the_receiver_refuses_a_message(secret: str, changed: bytes, late_seconds: int) -> None:
    call = await sent("s3cret")
    message_of = run("docs/how-to/webhooks.md", "message_of")["message_of"]
    with pytest.raises(ValueError, match=r"signature|old"):
        message_of(call.headers, call.content + changed, secret, NOW_SECONDS + late_seconds)


class Record:
    def __init__(self, headers: list[tuple[str, bytes]] | None) -> None:
        self._headers = headers

    def headers(self) -> list[tuple[str, bytes]] | None:
        return self._headers

    def value(self) -> bytes:
        return b"an order"


def test_the_consumer_leaves_canaries_out_and_nothing_else() -> None:
    handle = run("docs/how-to/leave-canaries-out.md", "is_canary")["handle"]
    assert handle(Record([("slo-canary", b"1")])) is None
    assert handle(Record([("trace", b"1")])) == handle(Record(None)) == b"an order"


def test_the_view_leaves_canaries_out_and_keeps_rows_without_a_marker() -> None:
    rows = [(1, "slo-canary"), (2, "web"), (3, None)]
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE orders_live (id, source_system)")
        connection.executemany("INSERT INTO orders_live VALUES (?, ?)", rows)
        connection.execute(block("docs/how-to/leave-canaries-out.md", "sql").text)
        shown = connection.execute("SELECT id FROM orders_shown ORDER BY id").fetchall()
    connection.close()
    assert shown == [(2,), (3,)]


async def anywhere(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def test_the_translator_makes_a_unit_a_job_that_can_be_paused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.write_text("running")
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nfile = pathlib.Path({str(state)!r})\n"
        "words = {'freeze': 'frozen', 'thaw': 'running'}\n"
        "print(file.read_text()) if sys.argv[1] == 'show' else file.write_text(words[sys.argv[1]])\n"
    )
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    app = run("docs/how-to/job-systems.md", "systemctl")["app"]
    url = "http://127.0.0.1/report"
    spec = {
        "status": {"url": url, "running": {"json": "state", "equals": "running"}},
        "pause": {"url": f"{url}/pause"},
        "resume": {"url": f"{url}/resume"},
    }
    job = Job("report", "orders", "best-effort", "http", spec)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        jobs = HttpJobs(Tools(client, lambda: NOW, guard=Guard(anywhere)))
        assert await jobs.state(job) is JobState.RUNNING
        assert isinstance(await jobs.pause(job, "k"), Delivered)
        assert await jobs.state(job) is JobState.PAUSED
        assert isinstance(await jobs.resume(job, "k"), Delivered)
        assert await jobs.state(job) is JobState.RUNNING


async def test_the_plug_in_answers_delivered_or_refused() -> None:
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await lines.put(await reader.readline())
        writer.close()

    channel = run("docs/how-to/job-systems.md", "class Syslog")["channel"](None)
    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    spec = ChannelSpec("syslog", {"host": "127.0.0.1", "port": port})
    async with server:
        assert isinstance(await channel.send(spec, LETTER), Delivered)
        assert await lines.get() == b"m-1.0 Burning: Orders\n"
    assert await channel.send(spec, LETTER) == Refused(
        "syslog could not be reached (ConnectionRefusedError)", retryable=True
    )


def test_the_settings_shown_for_clusters_and_peers_are_json() -> None:
    shown = [
        line.partition("='")[2].rpartition("'")[0]
        for each in blocks("bash")
        for line in each.text.splitlines()
        if line.startswith(("export SLO_CLUSTERS='", "export SLO_ALERTMANAGERS='"))
    ]
    assert len([json.loads(text) for text in shown]) >= 3
