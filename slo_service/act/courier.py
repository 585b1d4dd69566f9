"""Carries messages from the outbox to channels: lease, render, send, record. A message may repeat once for each crash
between a channel's acceptance and our record, under the same key; none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from slo_service.act.answer import ask
from slo_service.act.notify.letter import Unreadable, render
from slo_service.act.ports import Channel, Delivered, DeliveryLog, Due, Letter, Outbox, Refused
from slo_service.act.retry import Backoff
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Delivery, Message, short_id
from slo_service.domain.instant import MINUTE
from slo_service.domain.pipeline import ChannelSpec

LEASE_NS = MINUTE  # well above the time-out of a send, so that no second sender starts while one is at work
AT_ONCE = 16
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Courier:
    catalogue: Callable[[], Catalogue]
    outbox: Outbox
    log: DeliveryLog
    channels: Mapping[str, Channel]
    now_ns: Callable[[], int]
    url: str
    backoff: Backoff
    timeout_seconds: float

    async def step(self) -> None:
        """Everything due now, a bounded number at once, until nothing is due."""
        for message in await self.outbox.unfanned():
            await self._fan_out(message)
        while due := await self.outbox.lease(self.now_ns(), LEASE_NS, AT_ONCE):
            # one that cannot be recorded must not cut off the others between their sending and their record
            for failed in await asyncio.gather(*(self._deliver(part) for part in due), return_exceptions=True):
                if failed is not None:
                    raise failed

    async def _fan_out(self, message: Message) -> None:
        contact = self.catalogue().contacts.get(message.contact)
        if contact is None or not contact.channels:
            missing = f"no contact is defined as {message.contact} any more" if contact is None else "no channel"
            await self.log.log(self._delivery(message, "worker", 0, 1, Refused(missing, retryable=False), final=True))
        await self.outbox.fan_out(message.id, len(contact.channels) if contact else 0)

    async def _deliver(self, due: Due) -> None:
        message, attempt = due.message, due.attempts + 1
        spec = self._spec(due)
        answer = spec if isinstance(spec, Refused) else await self._send(spec, due)
        by = "worker" if isinstance(spec, Refused) else spec.kind
        next_ns: int | None = None
        if isinstance(answer, Refused) and answer.retryable and not self.backoff.over(attempt):
            wait_ns = self.backoff.wait_ns(f"{message.id}.{due.channel}", attempt, answer.retry_after_ns)
            next_ns = self.now_ns() + wait_ns
        delivery = self._delivery(message, by, due.channel, attempt, answer, final=next_ns is None)
        await self.outbox.record(due, delivery, next_ns)
        log.info("message_sent" if delivery.ok else "message_refused", message=message.id, by=by, attempt=attempt)

    def _spec(self, due: Due) -> ChannelSpec | Refused:
        contact = self.catalogue().contacts.get(due.message.contact)
        if contact is None or due.channel >= len(contact.channels):
            return Refused(f"{due.message.contact} has no such channel any more", retryable=False)
        return contact.channels[due.channel]

    async def _send(self, spec: ChannelSpec, due: Due) -> Delivered | Refused:
        channel = self.channels.get(spec.kind)
        if channel is None:
            return Refused(f"no channel {spec.kind} is installed", retryable=False)
        try:
            letter: Letter = render(due.message, due.channel, self.url)
        except Unreadable as unreadable:
            return Refused(str(unreadable), retryable=False)
        return await ask(channel.send(spec, letter), self.timeout_seconds, spec.kind)

    def _delivery(
        self, message: Message, by: str, channel: int, attempt: int, answer: Delivered | Refused, *, final: bool
    ) -> Delivery:
        return Delivery(
            id=short_id("v", message.id, channel, attempt),
            of=message.id,
            decision=message.decision,
            by=by,
            attempt=attempt,
            at_ns=self.now_ns(),
            ok=isinstance(answer, Delivered),
            final=final,
            detail=answer.detail if isinstance(answer, Delivered) else answer.reason,
        )
