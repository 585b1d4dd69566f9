"""What every channel promises."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from slo_service.act.notify.email import Email
from slo_service.act.notify.webhook import Webhook
from slo_service.act.ports import Channel, Delivered, Letter, Refused
from slo_service.domain.pipeline import ChannelSpec
from tests.act.fakes import FakeChannel
from tests.act.servers import MailServer, mail_server, tools

LETTER = Letter("m-1.0", "Burning: Orders", "plain words\n", "<p>rich words</p>", {"slo": "orders"})
BUSY, NEVER = Refused("busy", retryable=True), Refused("never", retryable=False)


@dataclass
class Bench:
    channel: Channel
    spec: ChannelSpec
    received: Callable[[], list[str]]
    refuse: Callable[[bool], None]  # makes the remote refuse, for now or for good


@pytest.fixture(params=["fake", "webhook", "email"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "fake":
        fake = FakeChannel()
        texts = lambda: [letter.text for letter in fake.letters]  # noqa: E731 -- one of three, beside each other
        yield Bench(fake, ChannelSpec("fake", {}), texts, lambda again: fake.refusals.append(BUSY if again else NEVER))
    elif request.param == "webhook":
        bodies: list[str] = []
        status = [200]

        def answer(call: httpx.Request) -> httpx.Response:
            bodies.append(call.content.decode())
            return httpx.Response(status[0])

        spec = ChannelSpec("webhook", {"url": "http://127.0.0.1/hook"})
        refuse: Callable[[bool], None] = lambda again: status.__setitem__(0, 503 if again else 410)  # noqa: E731 -- the same
        yield Bench(Webhook(tools(answer)), spec, lambda: bodies, refuse)
    else:
        handler = MailServer()

        def reply(again: bool) -> None:
            handler.reply = "451 later" if again else "550 no such user"

        async with mail_server(handler) as smtp:
            mails = lambda: [body.decode() for body in handler.bodies]  # noqa: E731 -- the same
            channel = Email(tools(lambda _: httpx.Response(500), smtp))
            yield Bench(channel, ChannelSpec("email", {"to": ["team@example.com"]}), mails, reply)


async def test_a_letter_arrives_with_its_words(bench: Bench) -> None:
    assert isinstance(await bench.channel.send(bench.spec, LETTER), Delivered)
    (received,) = bench.received()
    assert "plain words" in received


@pytest.mark.parametrize("again", [True, False], ids=["for now", "for good"])
async def test_a_refusal_says_whether_to_try_again(bench: Bench, again: bool) -> None:
    bench.refuse(again)
    answer = await bench.channel.send(bench.spec, LETTER)
    assert isinstance(answer, Refused)
    assert answer.retryable is again
