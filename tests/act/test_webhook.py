import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import httpx

from slo_service.act.exchange import LARGEST_ANSWER
from slo_service.act.notify.webhook import Webhook
from slo_service.act.ports import Delivered, Letter
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


async def test_of_an_answer_without_end_only_the_beginning_is_read() -> None:
    read = [0]

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while read[0] < 100_000_000:
                read[0] += 65_536
                yield b"x" * 65_536

    webhook = Webhook(tools(lambda _: httpx.Response(200, stream=Endless())))
    answer = await webhook.send(ChannelSpec("webhook", {"url": "http://127.0.0.1/hook"}), LETTER)
    assert isinstance(answer, Delivered)
    assert read[0] <= 2 * LARGEST_ANSWER


async def test_without_a_secret_there_is_no_signature() -> None:
    assert "X-SLO-Signature" not in (await posted()).headers


async def test_own_headers_cannot_replace_ours() -> None:
    request = await posted(headers={"Authorization": "Bearer t", "Idempotency-Key": "mine"})
    assert request.headers["Authorization"] == "Bearer t"
    assert request.headers["Idempotency-Key"] == "m-1.0"
