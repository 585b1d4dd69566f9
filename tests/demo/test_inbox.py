from collections.abc import Iterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from slo_service.demo.inbox import Inbox, Mailbox, WebhookReceiver


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(lambda: 1_000)


@pytest.fixture
def webhook(inbox) -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver(inbox)
    yield receiver
    receiver.stop()


async def test_a_posted_message_is_kept_with_its_time(inbox, webhook):
    async with httpx.AsyncClient() as client:
        answer = await client.post(webhook.url, json={"subject": "Orders are late", "text": "Since 10:02"})
    (message,) = inbox.messages()
    assert answer.status_code == 204
    assert (message.at_ns, message.by, message.subject, message.text) == (
        1_000, "webhook", "Orders are late", "Since 10:02",
    )  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"no json", b'{"subject": "no text"}', b"[]"])
async def test_what_is_no_message_is_refused(inbox, webhook, body):
    async with httpx.AsyncClient() as client:
        assert (await client.post(webhook.url, content=body)).status_code == 400
    assert inbox.messages() == ()


async def test_a_mail_from_a_real_client_arrives_whole(inbox):
    mailbox = Mailbox(inbox)
    await mailbox.start()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "slo@demo.example", "team@demo.example", "Orders are late, über 5 s"
    mail.set_content("Since 10:02\n.\n.. two dots\n")
    mail.add_alternative("<p>Since 10:02</p>", subtype="html")
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=mailbox.port, use_tls=False, start_tls=False)
    await mailbox.stop()
    (message,) = inbox.messages()
    assert (message.by, message.subject) == ("e-mail", "Orders are late, über 5 s")
    assert message.text == "Since 10:02\n.\n.. two dots\n"
