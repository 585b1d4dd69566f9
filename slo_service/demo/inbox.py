"""Where the demo's messages arrive: a webhook receiver and a mailbox, both on loopback, both as real as the senders."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"
MOST_KEPT = 200
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Received:
    at_ns: int
    by: str  # webhook or e-mail
    subject: str
    text: str


class Inbox:
    """Messages, oldest first. Thread-safe."""

    def __init__(self, wall_ns: Callable[[], int]) -> None:
        self._wall_ns = wall_ns
        self._kept: deque[Received] = deque(maxlen=MOST_KEPT)

    def put(self, by: str, subject: str, text: str) -> None:
        self._kept.append(Received(self._wall_ns(), by, subject, text))

    def messages(self) -> tuple[Received, ...]:
        return tuple(self._kept)


class WebhookReceiver:
    """Takes what is posted to `url`; answers 400 to what is no message."""

    def __init__(self, inbox: Inbox) -> None:
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(inbox))
        self._server.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/orders-team"
        self._thread = threading.Thread(target=self._server.serve_forever, name="demo-webhook", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("Content-Length", "0"))
                if not 0 < length <= MOST_BYTES:
                    raise ValueError
                body = json.loads(self.rfile.read(length))
                inbox.put("webhook", str(body["subject"]), str(body["text"]))
                self.send_response(204)
            except (ValueError, KeyError, TypeError):
                self.send_response(400)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            """Silent: the inbox is the log."""

    return Handler


class Mailbox:
    """As much of SMTP (RFC 5321) as a client needs to hand over a message."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, LOOPBACK, 0, limit=MOST_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 demo\r\n")
            while line := await reader.readline():
                verb = line[:4].upper().strip()
                if verb == b"DATA":
                    writer.write(b"354 end with a dot\r\n")
                    self._keep(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    break
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the sender went away; it will try again
        finally:
            writer.close()

    def _keep(self, raw: bytes) -> None:
        message = email.message_from_bytes(raw.replace(b"\r\n..", b"\r\n.")[:-3], policy=email.policy.default)
        assert isinstance(message, EmailMessage), "the default policy makes no other"
        body = message.get_body(("plain",))
        text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
        self._inbox.put("e-mail", str(message["Subject"]), text)
