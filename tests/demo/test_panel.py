import httpx
import pytest
from fastapi import FastAPI

from slo_service.demo.faults import Fault, Switches
from slo_service.demo.inbox import Inbox
from slo_service.demo.panel import panel_html, router


class Page:
    def __init__(self) -> None:
        self.switches, self.inbox = Switches(), Inbox(lambda: 0)
        app = FastAPI()
        app.include_router(router(self.switches, self.inbox))
        transport = httpx.ASGITransport(app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")

    async def turn(self, name: str, on: int, **headers: str) -> httpx.Response:
        return await self.client.post(f"/demo/faults/{name}?on={on}", headers=headers)


async def test_a_switch_turns_its_fault_and_leads_back_to_the_page_it_was_on():
    page = Page()
    answer = await page.turn("stall", 1, Referer="http://127.0.0.1:8080/pipelines/orders?minutes=15")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pipelines/orders?minutes=15")
    assert page.switches.active() == {Fault.STALL}
    await page.turn("stall", 0)
    assert page.switches.active() == frozenset()


@pytest.mark.parametrize("referer", ["http://elsewhere.example//elsewhere.example/x", "/\\elsewhere.example", ""])
async def test_the_way_back_leads_to_no_other_host(referer):
    location = (await Page().turn("stall", 1, Referer=referer)).headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


async def test_another_sites_page_cannot_switch_faults():
    page = Page()
    answer = await page.turn("stall", 1, Origin="http://elsewhere.example")
    assert answer.status_code == 403
    assert page.switches.active() == frozenset()


async def test_an_unknown_fault_is_told_which_there_are():
    answer = await Page().turn("fire", 1)
    assert answer.status_code == 404
    assert "stall" in answer.json()["detail"]


async def test_the_list_says_what_is_on():
    page = Page()
    page.switches.turn(Fault.DROP, True)
    rows = (await page.client.get("/demo/faults")).json()
    assert {row["name"] for row in rows if row["on"]} == {"drop"}
    assert len(rows) == len(Fault)


async def test_the_inbox_shows_the_newest_message_first():
    page = Page()
    page.inbox.put("webhook", "first", "a")
    page.inbox.put("e-mail", "second", "b")
    text = (await page.client.get("/demo/inbox")).text
    assert text.index("second") < text.index("first")


def test_the_fragment_is_plain_forms_and_escapes_what_others_wrote():
    page = Page()
    page.inbox.put("webhook", "<script>alert(1)</script>", "")
    html = panel_html(page.switches, page.inbox)
    assert html.count("<form") == len(Fault)
    assert "<script" not in html
    assert "style=" not in html
