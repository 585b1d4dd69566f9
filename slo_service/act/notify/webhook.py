"""Generic webhook: a JSON body, signed with HMAC-SHA256 over time and body when the contact has a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from slo_service.act.answer import of_failure, of_response
from slo_service.act.exchange import exchange
from slo_service.act.ports import Channel, Delivered, Letter, Refused
from slo_service.act.registry import Tools
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import ChannelSpec

TIMESTAMP, SIGNATURE, KEY = "X-SLO-Timestamp", "X-SLO-Signature", "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Spec: `{url, secret?, headers?}`. The receiver checks `v1=` + HMAC(secret, `<timestamp>.<body>`) in hex, refuses
    old timestamps (Unix seconds), and drops a key it has seen."""

    tools: Tools

    async def send(self, spec: ChannelSpec, letter: Letter) -> Delivered | Refused:
        url = str(spec.spec.get("url", ""))
        if (refusal := await self.tools.guard.refusal(url)) is not None:
            return refusal
        body = json.dumps(
            {
                "key": letter.key,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "facts": letter.facts,
            }
        ).encode()
        headers = {**_headers(spec.spec.get("headers")), "Content-Type": "application/json", KEY: letter.key}
        stamp = str(self.tools.now_ns() // SECOND)
        headers[TIMESTAMP] = stamp
        if secret := spec.spec.get("secret"):
            headers[SIGNATURE] = sign(str(secret), stamp, body)
        try:
            answer = await exchange(self.tools.client, "POST", url, headers, body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return of_failure(error, url)
        return of_response(answer.response, self.tools.now_ns())


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header; the version in front lets the scheme change."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def channel(tools: Tools) -> Channel:
    return Webhook(tools)


def _headers(given: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
