"""Alertmanager as a mirror of tier state: `POST /api/v2/alerts` of every peer, as its OpenAPI document describes it
(https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlerts)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

import httpx
import structlog

from slo_service.act.alert import Alert, Key, firing_alert, removed_alert, resolved_alert
from slo_service.act.answer import host_of
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.statuses import glance

RESEND_NS = MINUTE
RESOLVED_FOR_NS = 15 * MINUTE
AHEAD = 4  # a firing alert ends by itself after so many missed re-sends
QUEUE = 10_000
BATCH = 256
REST_NS = 5 * SECOND  # how long a peer that failed is left alone
TIMEOUT_SECONDS = 5.0
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Told:
    """What was last queued of one alert."""

    alert: Alert
    at_ns: int
    resolved_ns: int | None

    @property
    def kind(self) -> Kind:
        return self.alert.kind


class _Peer:
    """A bounded queue that keeps the newest word of each alert, and at most one sender at work."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url, self._client = url.rstrip("/"), client
        self.queue: dict[Key, Alert] = {}
        self.dropped = self.failed = self.sent = 0
        self.sender: asyncio.Task[None] | None = None
        self._rest_until_ns = 0

    def offer(self, key: Key, alert: Alert) -> None:
        self.queue.pop(key, None)
        if len(self.queue) >= QUEUE:
            self.queue.pop(next(iter(self.queue)))
            self.dropped += 1
        self.queue[key] = alert

    def wake(self, now_ns: int) -> None:
        if self.queue and now_ns >= self._rest_until_ns and (self.sender is None or self.sender.done()):
            self.sender = asyncio.create_task(self._send_all(now_ns))

    async def _send_all(self, now_ns: int) -> None:
        while self.queue:
            batch = dict(list(self.queue.items())[:BATCH])
            for key in batch:
                del self.queue[key]
            if not await self._send(batch):
                self._put_back(batch)
                self._rest_until_ns = now_ns + REST_NS
                return

    async def _send(self, batch: Mapping[Key, Alert]) -> bool:
        """Whether the peer is done with this batch: taken, or refused for good (then counted as dropped)."""
        try:
            body = [alert.body() for alert in batch.values()]
            answer = await self._client.post(f"{self.url}/api/v2/alerts", json=body, timeout=TIMEOUT_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.failed += 1
            log.warning("alertmanager_unreachable", peer=host_of(self.url), error=type(error).__name__)
            return False
        if answer.is_success:
            self.sent += len(batch)
            return True
        self.failed += 1
        log.warning("alertmanager_refused", peer=host_of(self.url), status=answer.status_code)
        if answer.status_code == 429 or answer.status_code >= 500:
            return False
        self.dropped += len(batch)
        return True

    def _put_back(self, batch: Mapping[Key, Alert]) -> None:
        """In front of what came meanwhile, which is newer and wins."""
        merged = {**batch, **self.queue}
        excess = max(0, len(merged) - QUEUE)
        self.dropped += excess
        self.queue = dict(list(merged.items())[excess:])


class Mirror:
    """Call `push` every tick: it queues what changed and what is due again, and never waits for a peer."""

    def __init__(
        self,
        peers: Sequence[str],
        client: httpx.AsyncClient,
        url: str,
        now_ns: Callable[[], int],
        *,
        resend_ns: int = RESEND_NS,
        tick_ns: int = SECOND,
    ) -> None:
        self._peers = [_Peer(peer, client) for peer in peers]
        self._url, self._now_ns, self._resend_ns = url.rstrip("/"), now_ns, resend_ns
        self._ahead_ns = AHEAD * max(resend_ns, tick_ns)
        self._told: dict[Key, _Told] = {}

    async def push(self, catalogue: Catalogue, statuses: Mapping[str, Status]) -> None:
        """Firing tiers at least once every re-send and on change, resolved ones for 15 minutes. A tier whose status
        is missing is neither: Alertmanager lets it end by itself."""
        now_ns = self._now_ns()
        for key, alert, resolved_ns in self._present(catalogue, statuses, now_ns):
            told = self._told.get(key)
            fresh = told is None or told.alert.meaning != alert.meaning or now_ns - told.at_ns >= self._resend_ns
            if fresh:
                self._told[key] = _Told(alert, now_ns, resolved_ns)
                for peer in self._peers:
                    peer.offer(key, alert)
        for peer in self._peers:
            peer.wake(now_ns)

    async def settle(self) -> None:
        """Waits until every sender at work has finished."""
        await asyncio.gather(*(peer.sender for peer in self._peers if peer.sender is not None))

    async def close(self) -> None:
        """Lets go of what is queued; call `settle` before to give it a chance."""
        senders = [peer.sender for peer in self._peers if peer.sender is not None]
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)

    def counters(self) -> Mapping[str, int]:
        """Alerts sent and dropped, posts that failed, over all peers; they start at zero."""
        return {
            "alertmanager_sent": sum(peer.sent for peer in self._peers),
            "alertmanager_dropped": sum(peer.dropped for peer in self._peers),
            "alertmanager_failed": sum(peer.failed for peer in self._peers),
        }

    def _present(
        self, catalogue: Catalogue, statuses: Mapping[str, Status], now_ns: int
    ) -> list[tuple[Key, Alert, int | None]]:
        found: list[tuple[Key, Alert, int | None]] = []
        seen = glance(statuses)
        for slo in catalogue.slos.values():
            standing = seen.standing(slo.name)
            if standing is not None and any(self._concerns(state, now_ns) for state in standing.tiers):
                found += self._of(slo, seen[slo.name], now_ns)
        for key, told in tuple(self._told.items()):
            last_ns = told.at_ns if told.resolved_ns is None else told.resolved_ns
            if now_ns - last_ns >= RESOLVED_FOR_NS:
                del self._told[key]  # of what has not been told again meanwhile, the alert has ended by itself
            elif not _is_defined(catalogue, key, told.kind):
                ended_ns = now_ns if told.resolved_ns is None else told.resolved_ns
                found.append((key, removed_alert(told.alert, ended_ns), ended_ns))
        return found

    def _concerns(self, state: TierState, now_ns: int) -> bool:
        """Whether there may be something to tell of it, by its phase alone."""
        if state.firing or (state.slo, state.tier.name) in self._told:
            return True
        return state.last_burned_ns is not None and now_ns - state.since_ns < RESOLVED_FOR_NS

    def _of(self, slo: Slo, status: Status, now_ns: int) -> Iterator[tuple[Key, Alert, int | None]]:
        for state in (*status.tiers, *status.signals):
            key = (slo.name, state.tier.name)
            if state.firing:
                alert = firing_alert(slo, status, state, self._url, now_ns, now_ns + self._ahead_ns)
                yield key, alert, None
            elif (ended_ns := self._ended(key, state.since_ns, state.last_burned_ns, now_ns)) is not None:
                told = self._told.get(key)
                yield key, resolved_alert(slo, state, self._url, told.alert if told else None, ended_ns), ended_ns

    def _ended(self, key: Key, since_ns: int, last_burned_ns: int | None, now_ns: int) -> int | None:
        """When a quiet tier stopped firing, if that is worth telling still. After a restart its own state tells."""
        told = self._told.get(key)
        if told is not None:
            ended_ns = told.resolved_ns if told.resolved_ns is not None else now_ns
        elif last_burned_ns is not None:
            ended_ns = since_ns
        else:
            return None
        return ended_ns if now_ns - ended_ns < RESOLVED_FOR_NS else None


def _is_defined(catalogue: Catalogue, key: Key, kind: Kind) -> bool:
    """Whether there may still be a tier of that name; one that says nothing now is not removed."""
    slo = catalogue.slos.get(key[0])
    if slo is None:
        return False
    signals = slo.alerting.signals
    match kind:
        case Kind.BURN:
            return any(tier.name == key[1] for tier in slo.alerting.tiers)
        case Kind.PARTITION:
            return signals.partition_tier is not None
        case Kind.EARLY:
            return signals.early is not None
        case Kind.NO_DATA | Kind.COVERAGE:
            return signals.no_data is not None
    assert_never(kind)
