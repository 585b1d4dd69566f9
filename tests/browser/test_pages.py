"""The pages in a real browser: content, live update, filters, errors, hosts."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page

from slo_service.domain.instant import SECOND
from tests.browser.conftest import Site, until
from tests.services.chromium import Chromium

pytestmark = pytest.mark.browser

PAGES = ["/", "/pipelines", "/pipelines/orders?minutes=90", "/slos/orders-freshness", "/decisions/de-1", "/definitions",
         "/health"]  # fmt: skip


async def test_no_page_complains_or_calls_another_host(site: Site, chromium: Chromium):
    async with chromium.visit() as visit:
        for path in PAGES:
            await visit.page.goto(site.url + path)
            await visit.page.wait_for_timeout(700)  # an update or two
            assert visit.complaints == [], path
            assert visit.foreign_requests == [], path


@pytest.mark.parametrize("path", PAGES)
async def test_a_dark_phone_shows_every_page_without_scrolling_sideways(site: Site, chromium: Chromium, path: str):
    async with chromium.visit() as visit:
        page = visit.page
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.emulate_media(color_scheme="dark")
        await page.goto(site.url + path)
        for opened in await page.locator("main details").all():
            await opened.evaluate("(details) => { details.open = true; }")
        await page.wait_for_timeout(700)  # an update or two
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert max(ground) < 64
        assert visit.complaints == []


async def test_the_keyboard_leads_to_a_facet_and_chooses_it(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/") as visit:
        await _tab_to(visit.page, "facet-frozen")
        await visit.page.keyboard.press("Enter")
        await visit.page.wait_for_url("**state=frozen**")
        assert await visit.page.locator("[data-slo]").count() == 1


async def test_the_keyboard_opens_a_tier_and_an_update_leaves_it_open(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/slos/orders-freshness") as visit:
        page = visit.page
        assert await page.locator("#d-tier-page-1h").get_attribute("open") is None
        await _tab_to(page, "d-tier-page-1h")
        await page.keyboard.press("Enter")
        assert await page.locator("#d-tier-page-1h").get_attribute("open") is not None
        site.seeded.now += SECOND
        await until(page, "document.querySelector('#now').textContent.includes(':01')", 4)
        assert await page.locator("#d-tier-page-1h").get_attribute("open") is not None


async def _tab_to(page: Page, wanted: str) -> None:
    """Tabs until the element of this id, or the summary of the details of this id, has the focus."""
    here = "document.activeElement.id || document.activeElement.parentElement.id"
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate(here) == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


async def test_an_opened_tier_is_drawn_live_and_tells_the_values_under_the_pointer(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/slos/orders-freshness") as visit:
        page = visit.page
        plot = page.locator('[data-burn="page-6h"]')
        await plot.locator("canvas").wait_for(timeout=4000)
        assert not await page.locator("#d-tier-page-6h svg.wide").first.is_visible()
        values = plot.locator(".u-value")
        assert await values.nth(1).inner_text() == "19.7×"  # without a pointer: the newest
        await plot.locator(".u-over").hover(position={"x": 30, "y": 60})
        assert await values.nth(1).inner_text() != "19.7×"
        await page.mouse.move(0, 0)
        site.seeded.incident = False
        await until(page, "document.querySelectorAll('[data-burn=page-6h] .u-value')[1].textContent === '0×'", 4)
        assert visit.complaints == []


async def test_age_and_oldest_pending_canary_change_without_a_reload(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/pipelines/orders") as visit:
        page = visit.page
        await page.evaluate("window.unreloaded = true")
        assert await page.locator("#oldest-pending").inner_text() == "none"
        site.seeded.stalled_ns = 45 * SECOND
        began = time.monotonic()
        await until(page, "Number(document.querySelector('#oldest-pending').dataset.seconds) > 30", 3)
        assert time.monotonic() - began < 3
        assert float(await page.locator("#age").get_attribute("data-seconds") or 0) > 45
        assert await page.locator('[data-hop="enrich"].first').count() == 1
        assert await page.evaluate("window.unreloaded")
        assert visit.complaints == []


async def test_the_objective_page_follows_its_state_without_a_reload(site: Site, chromium: Chromium):
    site.seeded.incident = False
    async with chromium.visit(site.url + "/slos/orders-freshness") as visit:
        page = visit.page
        assert "Healthy" in await page.locator("#headline").inner_text()
        site.seeded.incident = True
        await until(page, "document.querySelector('#headline').innerText.includes('Burning')", 3)
        assert "burning" in await page.title()


async def test_an_update_keeps_what_was_opened_focused_and_scrolled(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/pipelines/orders") as visit:
        page = visit.page
        await page.locator("#d-canaries-1 summary").click()
        await page.locator("#go-orders-freshness").focus()
        await page.evaluate("scrollTo(0, 500)")
        site.seeded.stalled_ns = 45 * SECOND
        await until(page, "Number(document.querySelector('#age').dataset.seconds) > 45", 3)
        assert await page.locator("#d-canaries-1").get_attribute("open") is not None
        assert await page.evaluate("scrollY") == 500
        site.seeded.incident = False
        await until(page, "!document.querySelector('#objectives').innerText.includes('Burning')", 4)
        assert await page.evaluate("document.activeElement.id") == "go-orders-freshness"


async def test_a_page_without_news_for_five_seconds_says_so_and_takes_it_back(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/") as visit:
        banner = visit.page.locator("#stale")
        assert await banner.is_hidden()
        site.silent = True
        await banner.wait_for(state="visible", timeout=8000)
        site.silent = False
        await banner.wait_for(state="hidden", timeout=3000)


async def test_a_filter_goes_into_the_url_and_comes_back_from_it(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/") as visit:
        page = visit.page
        await page.get_by_role("searchbox").fill("orders")
        await page.get_by_role("button", name="Filter").click()
        await page.wait_for_url("**/?q=orders*")
        await page.locator("#facet-burning").click()
        await page.wait_for_url("**state=burning**")
        named = "[...document.querySelectorAll('[data-slo]')].map((row) => row.dataset.slo)"
        assert await page.evaluate(named) == ["orders-freshness", "orders-completeness"]
        again = page.url
        await page.goto("about:blank")
        await page.goto(again)
        assert await page.evaluate(named) == ["orders-freshness", "orders-completeness"]
        assert await page.get_by_role("searchbox").input_value() == "orders"


async def test_times_are_the_readers_with_utc_on_hover(site: Site, chromium: Chromium):
    async with chromium.visit() as visit:
        browser = visit.page.context.browser
        assert browser is not None
        page = await browser.new_page(timezone_id="Asia/Kolkata")
        await page.goto(site.url + "/slos/orders-freshness")
        fired = page.locator('time[datetime="2026-11-20T10:08:30Z"]').first
        await until(page, "document.querySelector('[data-zone]').textContent !== 'UTC'", 3)
        assert await fired.inner_text() == "15:38:30"
        assert await fired.get_attribute("title") == "2026-11-20 10:08:30 UTC"


async def test_a_page_reads_without_javascript(site: Site, chromium: Chromium):
    async with chromium.visit() as visit:
        browser = visit.page.context.browser
        assert browser is not None
        page = await browser.new_page(java_script_enabled=False)
        await page.goto(site.url + "/slos/orders-freshness")
        assert await page.get_by_text("246 of 1,368 canaries").is_visible()
        assert await page.locator("#budget svg.wide").is_visible()
        assert await page.locator(".theme").is_hidden()


async def test_the_theme_button_turns_the_page_and_is_remembered(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/") as visit:
        page = visit.page
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(ground)
        await page.get_by_role("button", name="Switch between light and dark").click()
        dark = await page.evaluate(ground)
        assert dark != light
        await page.goto(site.url + "/health")
        assert await page.evaluate(ground) == dark


async def test_a_reader_can_skip_to_the_content_with_the_first_key(site: Site, chromium: Chromium):
    async with chromium.visit(site.url + "/") as visit:
        await visit.page.keyboard.press("Tab")
        await visit.page.keyboard.press("Enter")
        assert visit.page.url.endswith("#main")
