import hashlib
import hmac
import json

import httpx

from slo_service.act.notify.webhook import Webhook
from slo_service.act.ports import Letter
from slo_service.domain.pipeline import ChannelSpec
from tests.act.servers import NOW, tools

LETTER = Letter("m-1.0", "Burning: Orders", "words", "<p>words</p>", {"slo": "orders"})


async def posted(**spec: object) -> httpx.Request:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    await Webhook(tools(answer)).send(ChannelSpec("webhook", {"url": "http://127.0.0.1/hook", **spec}), LETTER)
    return seen[0]


async def test_the_signature_is_an_hmac_over_time_and_body() -> None:
    request = await posted(secret="planted")
    stamp = request.headers["X-SLO-Timestamp"]
    expected = hmac.new(b"planted", f"{stamp}.".encode() + request.content, hashlib.sha256).hexdigest()
    assert request.headers["X-SLO-Signature"] == f"v1={expected}"
    assert int(stamp) == NOW // 10**9


async def test_a_retry_has_the_same_key_and_body() -> None:
    first, second = await posted(), await posted()
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "m-1.0"
    assert first.content == second.content
    assert json.loads(first.content) == {
        "key": "m-1.0",
        "subject": "Burning: Orders",
        "text": "words",
        "html": "<p>words</p>",
        "facts": {"slo": "orders"},
    }


async def test_without_a_secret_there_is_no_signature() -> None:
    assert "X-SLO-Signature" not in (await posted()).headers


async def test_own_headers_cannot_replace_ours() -> None:
    request = await posted(headers={"Authorization": "Bearer t", "Idempotency-Key": "mine"})
    assert request.headers["Authorization"] == "Bearer t"
    assert request.headers["Idempotency-Key"] == "m-1.0"
