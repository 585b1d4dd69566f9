from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import httpx

from slo_service.act.notify.email import Email
from slo_service.act.ports import Delivered, Letter, Refused
from slo_service.domain.pipeline import ChannelSpec
from tests.act.servers import MailServer, mail_server, tools

LETTER = Letter("m-1.0", "Brennt: Bestellungen — 2 % zu spät", "plain words: −20 %\n", "<p>rich words</p>", {})
TEAM = ChannelSpec("email", {"to": ["team@example.com", "boss@example.com"]})


async def sent(
    letter: Letter = LETTER, spec: ChannelSpec = TEAM, reply: str = ""
) -> tuple[Delivered | Refused, list[EmailMessage]]:
    handler = MailServer(reply=reply)
    async with mail_server(handler) as smtp:
        answer = await Email(tools(lambda _: httpx.Response(500), smtp)).send(spec, letter)
    return answer, [message_from_bytes(body, policy=SMTP_POLICY) for body in handler.bodies]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_a_mail_has_a_text_and_an_html_part_and_keeps_every_letter() -> None:
    _, (mail,) = await sent()
    assert mail["Subject"] == LETTER.subject
    assert part(mail, "plain").strip() == "plain words: −20 %"
    assert "rich words" in part(mail, "html")


async def test_a_retry_carries_the_same_message_id() -> None:
    _, (first,) = await sent()
    _, (second,) = await sent()
    assert first["Message-ID"] == second["Message-ID"] == "<m-1.0@example.com>"


async def test_the_contact_may_name_its_own_sender() -> None:
    _, (mail,) = await sent(spec=replace(TEAM, spec={**TEAM.spec, "from": "orders@example.org"}))
    assert mail["From"] == "orders@example.org"


async def test_a_server_that_takes_it_for_some_has_taken_it_and_names_the_rest() -> None:
    answer, mails = await sent(reply="only team@example.com")
    assert answer == Delivered("127.0.0.1 took it, except for 1 of 2 recipients")
    assert len(mails) == 1


async def test_an_address_cannot_smuggle_a_header() -> None:
    hostile = ChannelSpec("email", {"to": ["a@example.com\r\nBcc: all@example.com"]})
    answer, mails = await sent(spec=hostile)
    assert isinstance(answer, Refused)
    assert (answer.retryable, mails) == (False, [])


async def test_without_a_server_it_is_refused_for_good() -> None:
    answer = await Email(tools(lambda _: httpx.Response(500))).send(TEAM, LETTER)
    assert answer == Refused("no SMTP server is configured", retryable=False)


async def test_a_server_that_is_away_is_tried_again() -> None:
    async with mail_server(MailServer()) as smtp:
        pass
    answer = await Email(tools(lambda _: httpx.Response(500), smtp)).send(TEAM, LETTER)
    assert isinstance(answer, Refused)
    assert answer.retryable
