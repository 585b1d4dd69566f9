"""Remotes that really answer: a job behind HTTP, a child process, a mail server. All on loopback."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from aiosmtpd.smtp import SMTP, Envelope

from slo_service.act.registry import Smtp, Tools
from slo_service.domain.pipeline import Job

NOW = 1_790_000_000_000_000_000
BASE = "http://127.0.0.1:9/jobs"


def tools(handler: Callable[[httpx.Request], httpx.Response], smtp: Smtp | None = None) -> Tools:
    return Tools(httpx.AsyncClient(transport=httpx.MockTransport(handler)), lambda: NOW, smtp)


@dataclass
class JobServer:
    """`GET /jobs/<name>`, `POST /jobs/<name>/pause|resume`; unknown names are 404."""

    states: dict[str, str]
    answers: list[httpx.Response] = field(default_factory=list)  # given before anything else
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        _, _, name, *what = request.url.path.split("/")
        if name not in self.states:
            return httpx.Response(404)
        if what:
            self.states[name] = {"pause": "PAUSED", "resume": "RUNNING"}[what[0]]
        return httpx.Response(200, content=json.dumps({"spec": {"states": [self.states[name]]}}))


def http_job(name: str) -> Job:
    status = {"url": f"{BASE}/{name}", "running": {"json": "spec.states.0", "equals": "RUNNING"}}
    calls = {what: {"url": f"{BASE}/{name}/{what}"} for what in ("pause", "resume")}
    return Job(name, "orders", "best-effort", "http", {"status": status, **calls})


@asynccontextmanager
async def child(folder: Path) -> AsyncIterator[tuple[Job, asyncio.subprocess.Process]]:
    """A process that does nothing, and the job that names it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    pid_file = folder / f"{process.pid}.pid"
    pid_file.write_text(f"{process.pid}\n")
    try:
        yield process_job(pid_file), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def process_job(pid_file: Path) -> Job:
    return Job("child", "orders", "best-effort", "process", {"pidFile": str(pid_file)})


@dataclass
class MailServer:
    """Keeps what it takes. `reply` is given to every RCPT instead of taking it."""

    mails: list[Envelope] = field(default_factory=list)
    reply: str = ""

    @property
    def bodies(self) -> list[bytes]:
        return [mail.original_content or b"" for mail in self.mails]

    async def handle_RCPT(self, *call: object) -> str:  # noqa: N802 -- the server calls it by this name
        """Arguments: server, session, envelope, address, options."""
        envelope, address = call[2], str(call[3])
        assert isinstance(envelope, Envelope)
        if self.reply and not (self.reply.startswith("only ") and address in self.reply):
            return "550 no such user" if self.reply.startswith("only ") else self.reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *call: object) -> str:  # noqa: N802 -- the same
        """Arguments: server, session, envelope."""
        assert isinstance(call[2], Envelope)
        self.mails.append(call[2])
        return "250 taken"


@asynccontextmanager
async def mail_server(handler: MailServer) -> AsyncIterator[Smtp]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, hostname="mail.test"), "127.0.0.1", 0)
    try:
        yield Smtp("127.0.0.1", server.sockets[0].getsockname()[1], "SLO service <slo@example.com>")
    finally:
        server.close()
        await server.wait_closed()
