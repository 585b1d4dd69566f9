import re
from dataclasses import replace

import httpx
import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import SECOND
from slo_service.show.ports import LoadReport
from tests.show.web.conftest import application
from tests.show.web.declared import catalogue
from tests.show.web.seeded import Seeded

PAGES = (
    "/",
    "/pipelines",
    "/pipelines/orders",
    "/pipelines/inventory",
    "/slos/orders-freshness",
    "/slos/inventory-completeness",
    "/decisions/de-1",
    "/definitions",
    "/health",
)


REACHED: set[httpx.URL] = set()  # every test has the same world, so a link that two pages share is followed once


async def body(client: httpx.AsyncClient, url: str, status: int = 200) -> str:
    answer = await client.get(url)
    assert answer.status_code == status, answer.text
    return answer.text.replace("\u202f", " ")


@pytest.mark.parametrize("url", PAGES)
async def test_every_link_of_a_page_leads_somewhere(client, url):
    page = await body(client, url)
    links = {link for link in re.findall(r'(?:href|src)="([^"#]+)"', page) if link.startswith(("/", "?"))}
    assert links
    targets = {httpx.URL(f"http://127.0.0.1{url}").join(link.replace("&amp;", "&")) for link in links}
    for target in sorted(targets - REACHED, key=str):
        answer = await client.get(target)
        assert answer.status_code == 200, target
        REACHED.add(target)


@pytest.mark.parametrize("url", PAGES)
async def test_a_page_carries_no_inline_style_or_script_and_says_so(client, url):
    answer = await client.get(url)
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert not re.search(r"<script(?! [^>]*src=)", answer.text)
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("url", PAGES)
async def test_no_page_shows_a_secret_of_the_definitions(client, url):
    assert "s3cret" not in await body(client, url)


@pytest.mark.parametrize("url", PAGES)
async def test_every_id_stands_once(client, url):
    ids = re.findall(r' id="([^"]+)"', await body(client, url))
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("url", PAGES)
async def test_a_page_with_its_assets_stays_below_200_kb(client, url):
    page = await client.get(url)
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)) | {"/static/clock.js"}
    if "/static/burn.js" in assets:  # which loads these when a tier is opened
        assets |= {"/static/vendor/uplot.min.js", "/static/vendor/uplot.min.css"}
    sizes = [len((await client.get(asset)).content) for asset in assets]
    assert len(page.content) + sum(sizes) < 200_000


@pytest.mark.parametrize("url", ["/slos/none", "/pipelines/none", "/decisions/none"])
async def test_what_does_not_exist_is_said_to_be_missing(client, url):
    assert "is named none" in await body(client, url, 404)


async def test_a_hostile_name_is_shown_as_text(seeded, client):
    hostile = '"><script>alert(1)</script>'
    known = catalogue()
    slos = {
        name: replace(each, display_name=hostile, description=hostile, definition=f"kind: {hostile}")
        for name, each in known.slos.items()
    }
    pipelines = {name: replace(each, description=hostile) for name, each in known.pipelines.items()}
    seeded.known = replace(known, slos=slos, pipelines=pipelines)
    seeded.load = LoadReport(1, seeded.now, ok=False, findings=(hostile,))
    for url in PAGES:
        assert "<script>alert" not in await body(client, url)
    assert "&lt;script&gt;" in await body(client, "/slos/orders-freshness")


async def test_an_empty_service_says_what_to_do_first(seeded, client):
    seeded.known = Catalogue()
    assert "slo init" in await body(client, "/")
    assert "slo init" in await body(client, "/pipelines")
    assert "slo init" in await body(client, "/definitions")


async def test_a_load_with_findings_is_announced_on_every_page(seeded, client):
    seeded.load = LoadReport(214, seeded.now, ok=False, findings=("orders.yaml:3:5: error PIPELINE: no sink",))
    for url in PAGES:
        assert "The definitions on disk have 1 finding" in await body(client, url)
    assert "orders.yaml:3:5" in await body(client, "/definitions")


async def test_what_the_last_load_changed_is_on_the_page_of_definitions(seeded, client):
    seeded.load = LoadReport(7, seeded.now, ok=True, changes=("slo x target 99 % → 99.9 %; its history is kept",))
    page = await body(client, "/definitions")
    assert "What load 7 changed" in page
    assert "slo x target 99 % → 99.9 %; its history is kept" in page


async def test_an_objective_says_where_each_of_its_values_was_written(seeded, client):
    slo = replace(seeded.known.slos["orders-freshness"], sources={"target": "/srv/x/slos.yaml:42"})
    seeded.known = replace(seeded.known, slos={**seeded.known.slos, slo.name: slo})
    page = await body(client, "/slos/orders-freshness")
    assert "<td>target</td>" in page
    assert "<code>slos.yaml:42</code>" in page
    assert "/srv/x" not in page


async def test_the_filter_of_the_url_is_in_the_form_and_in_every_facet(client):
    page = await body(client, "/?state=warn&q=orders&pipeline=orders")
    assert 'value="orders" placeholder' in page
    assert "?state=burning&amp;pipeline=orders&amp;q=orders" in page
    assert re.findall(r'data-slo="([^"]+)"', page) == ["orders-lag"]


async def test_the_demo_panel_is_on_overview_and_pipelines_only_and_says_that_it_is_the_demo():
    transport = httpx.ASGITransport(application(Seeded(), panel='<form id="faults"></form>'))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for url in PAGES:
            page = await body(client, url)
            shown = url == "/" or url.startswith("/pipelines/")
            assert ('<form id="faults">' in page) is shown
            assert ("This is the demo" in page) is shown


async def test_the_flow_marks_the_first_bad_hop(client):
    page = await body(client, "/pipelines/orders?minutes=90")
    marked = re.findall(r'<li class="was" data-hop="([^"]+)"', page)
    assert marked == ["enrich"]  # it was, and is no longer: without the red frame


async def test_a_hop_in_trouble_has_the_only_red_frame(seeded, client):
    seeded.stalled_ns = 45 * SECOND
    page = await body(client, "/pipelines/orders")
    assert re.findall(r'<li class="first" data-hop="([^"]+)"', page) == ["enrich"]
    assert 'class="was"' not in page


async def test_held_jobs_name_the_objective_and_lead_to_the_decision(client):
    page = await body(client, "/pipelines/orders")
    row = page[page.index('data-job="orders-lake-export"') :]
    assert '<a href="/decisions/de-1">slo, for orders-freshness</a>' in row[:900]
    assert "someone else; not ours to undo" in page


async def test_the_decision_page_shows_both_witnesses_with_their_numbers(client):
    page = await body(client, "/decisions/de-1")
    assert "62 of 360 canaries of the last 5 min were not seen within 30 s" in page
    assert "orders-enricher is 2 min 50 s behind on partition 3" in page


async def test_a_failed_delivery_stands_on_the_timeline_beside_the_one_that_came_through(client):
    page = await body(client, "/slos/orders-freshness")
    assert "Failed, will retry: payments-oncall" in page
    assert "Delivered to payments-oncall" in page


async def test_times_are_utc_for_machines_and_on_hover(client):
    page = await body(client, "/slos/orders-freshness")
    assert '<time datetime="2026-11-20T10:08:30Z" title="2026-11-20 10:08:30 UTC" data-f="fine">10:08:30</time>' in page


async def test_a_silent_collector_is_not_counted_as_answering(client):
    assert "3 of 4 collectors answer" in await body(client, "/health")


async def test_the_objective_page_names_no_folder_of_this_machine(seeded, client):
    known = catalogue()
    slos = {name: replace(each, defined_at="/srv/secret-place/slos.yaml:11") for name, each in known.slos.items()}
    seeded.known = replace(known, slos=slos)
    for url in ("/slos/orders-freshness", "/definitions"):
        page = await body(client, url)
        assert "slos.yaml:11" in page
        assert "secret-place" not in page


async def test_a_firing_tier_shows_its_graphs_and_a_quiet_one_opens_on_demand(client):
    page = await body(client, "/slos/orders-freshness")
    assert '<details id="d-tier-page-6h" open>' in page
    assert '<details id="d-tier-page-1h">' in page
