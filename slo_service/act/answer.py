"""What a remote's behaviour means to us: delivered, refused for good, or worth another try. Never quotes addresses or
bodies, which may hold secrets."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import structlog

from slo_service.act.ports import Delivered, Refused
from slo_service.domain.instant import SECOND

T = TypeVar("T")
WORTH_ANOTHER_TRY = frozenset({408, 421, 423, 425, 429})
log = structlog.get_logger(__name__)


async def ask(question: Awaitable[T | Refused], timeout_seconds: float, who: str) -> T | Refused:
    """An adapter's answer, within the time-out. An adapter that raises is broken, not the worker."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await question
    except TimeoutError:
        return Refused(f"{who} did not answer within {timeout_seconds:g} s", retryable=True)
    except Exception as broken:  # noqa: BLE001 -- adapters come from anyone; one that raises must not stop the others
        log.error("adapter_failed", adapter=who, error=type(broken).__name__, at=place_of(broken))  # noqa: TRY400 -- its words may quote a secret
        return Refused(f"{who} failed inside with {type(broken).__name__}", retryable=True)


def place_of(error: BaseException) -> str:
    """`file:line` where it was raised: what the log may say of an error whose words may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"


def of_response(response: httpx.Response, now_ns: int) -> Delivered | Refused:
    """2xx is delivered; 408, 421, 423, 425, 429 and 5xx may be tried again; everything else is final."""
    host, status = response.request.url.host, response.status_code
    if response.is_success:
        return Delivered(f"{host} answered {status}")
    again = status in WORTH_ANOTHER_TRY or status >= 500
    return Refused(f"{host} answered {status}", again, retry_after_ns(response.headers, now_ns))


def of_failure(error: httpx.HTTPError | httpx.InvalidURL, url: str) -> Refused:
    """Nothing came back. An address that cannot be one is final."""
    final = isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol)
    return Refused(f"{host_of(url)} could not be reached ({type(error).__name__})", retryable=not final)


def host_of(url: str) -> str:
    """The host alone: paths and queries of webhooks are secrets."""
    try:
        return urlsplit(url).hostname or "an address without a host"
    except ValueError:
        return "an address without a host"


def retry_after_ns(headers: httpx.Headers, now_ns: int) -> int | None:
    """RFC 9110 §10.2.3: seconds or a date; anything else is as if it were not there."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 8:
        return int(value) * SECOND
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp()) * SECOND - now_ns)
