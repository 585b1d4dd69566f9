"""E-mail by SMTP: a text and an HTML part, and a Message-ID that stays the same over retries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib

from slo_service.act.ports import Channel, Delivered, Letter, Refused
from slo_service.act.registry import Smtp, Tools
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import ChannelSpec

TIMEOUT_SECONDS = 8.0  # below the worker's own, so that its reason is the one recorded


@dataclass(frozen=True, slots=True)
class Email:
    """Spec: `{to: [address, …], from?}`. A server that takes the message for some recipients has taken it: those it
    refused are named, because a retry would reach the others twice."""

    tools: Tools

    async def send(self, spec: ChannelSpec, letter: Letter) -> Delivered | Refused:
        smtp = self.tools.smtp
        if smtp is None:
            return Refused("no SMTP server is configured", retryable=False)
        to = _addresses(spec.spec.get("to"))
        sender = str(spec.spec.get("from") or smtp.sender)
        try:
            message = compose(letter, sender, to, self.tools.now_ns())
        except ValueError:
            return Refused("the addresses cannot be written into a mail's head", retryable=False)
        try:
            refused, _ = await _hand_over(message, sender, to, smtp)
        except aiosmtplib.SMTPRecipientsRefused as error:
            again = any(400 <= recipient.code < 500 for recipient in error.recipients)
            return Refused(f"{smtp.host} refused every recipient", retryable=again)
        except aiosmtplib.SMTPResponseException as error:
            return Refused(f"{smtp.host} answered {error.code}", retryable=400 <= error.code < 500)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Refused(f"{smtp.host} could not be reached ({type(error).__name__})", retryable=True)
        if refused:
            return Delivered(f"{smtp.host} took it, except for {len(refused)} of {len(to)} recipients")
        return Delivered(f"{smtp.host} took it")


def compose(letter: Letter, sender: str, to: Sequence[str], now_ns: int) -> EmailMessage:
    """ValueError where an address would break out of its header line."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_ns // SECOND, UTC))
    message["Message-ID"] = f"<{letter.key}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps holiday replies away
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def channel(tools: Tools) -> Channel:
    return Email(tools)


async def _hand_over(
    message: EmailMessage, sender: str, to: Sequence[str], smtp: Smtp
) -> tuple[dict[str, aiosmtplib.SMTPResponse], str]:
    return await aiosmtplib.send(
        message,
        sender=sender,
        recipients=list(to),
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.username,
        password=smtp.password,
        use_tls=smtp.security == "tls",
        start_tls=smtp.security == "starttls",
        timeout=TIMEOUT_SECONDS,
    )


def _addresses(given: object) -> list[str]:
    if isinstance(given, str):
        return [given]
    return [str(address) for address in given] if isinstance(given, Sequence) else []


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("> ") or "localhost"
