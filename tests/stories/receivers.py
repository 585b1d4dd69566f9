"""What the service calls, as servers of the stories on loopback: jobs, a webhook and mail, each with a log."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.ports import LOOPBACK, free_port

SECRET = "a secret of this story only"  # both ends are in this test


class _Loopback:
    """An HTTP server in a thread; subclasses answer."""

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, said = outer.answer(self.command, self.path, headers, body)
                told = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Says nothing: every call is in the log of the server."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def answer(self, _method: str, _path: str, _headers: dict[str, str], _body: bytes, /) -> tuple[int, object]:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@dataclass(frozen=True, slots=True)
class Call:
    """A job was told something."""

    at_ns: int
    job: str
    what: str
    key: str


class JobServer(_Loopback):
    """Jobs behind HTTP: `GET /<job>`, `POST /<job>/pause`, `POST /<job>/resume`; all of them run at first."""

    def __init__(self) -> None:
        super().__init__()
        self.paused: set[str] = set()
        self.calls: list[Call] = []

    def answer(self, method: str, path: str, headers: dict[str, str], _body: bytes) -> tuple[int, object]:
        job, _, what = path.strip("/").partition("/")
        if method == "POST":
            self.calls.append(Call(time.time_ns(), job, what, headers.get("idempotency-key", "")))
            (self.paused.add if what == "pause" else self.paused.discard)(job)
        return 200, {"state": "PAUSED" if job in self.paused else "RUNNING"}

    def told(self, job: str) -> list[str]:
        return [call.what for call in self.calls if call.job == job]


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook call."""

    at_ns: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, object]:
        return cast(dict[str, object], json.loads(self.body))

    @property
    def about(self) -> str:
        """The objective it is about."""
        return str(cast(dict[str, object], self.message["facts"])["slo"])

    @property
    def is_all_clear(self) -> bool:
        return "again since" in str(self.message["text"])

    @property
    def is_signed(self) -> bool:
        """As the documentation of the webhook tells its receivers to check."""
        signed = self.headers["x-slo-timestamp"].encode() + b"." + self.body
        expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, self.headers["x-slo-signature"])


class HookServer(_Loopback):
    """A receiver of webhooks that takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[Hook] = []

    def answer(self, _method: str, _path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        self.hooks.append(Hook(time.time_ns(), headers, body))
        return 200, {}


@dataclass(frozen=True, slots=True)
class Mail:
    at_ns: int
    to: tuple[str, ...]
    message: EmailMessage

    def part(self, kind: str) -> str:
        """The text of the `plain` or `html` part."""
        found = self.message.get_body(preferencelist=(kind,))
        assert found is not None, f"the mail has no {kind} part"
        return str(found.get_content())


@dataclass(eq=False)
class MailServer:
    """A real SMTP server that keeps what it is handed."""

    port: int = field(default_factory=free_port)
    mails: list[Mail] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd calls it so
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        self.mails.append(Mail(time.time_ns(), tuple(envelope.rcpt_tos), message))
        return "250 OK"
