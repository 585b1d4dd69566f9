"""Groups on the pages, in the API and in the metrics of a service that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr

from slo_service.collect.grouping import Groups
from slo_service.collect.ports import Batch
from slo_service.domain.cell import Revision
from slo_service.domain.grouping import group_name, tidy
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.tally import Tally
from slo_service.runtime.clock import wall_ns
from slo_service.runtime.service import Service, start_service
from slo_service.runtime.settings import Settings

DEFINITIONS = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: errors
  annotations: {slo-service/groupBy: tenant, slo-service/maxGroups: "3"}
spec:
  service: web
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: Prometheus, spec: {query: good}}}
        total: {metricSource: {type: Prometheus, spec: {query: all}}}
  budgetingMethod: Occurrences
  objectives: [{target: 0.999}]
"""
HOSTILE = '"><script>{{x}}</script>/../?a=b#c\n'
TENANTS = ("acme", HOSTILE, "x" * 10_000, "beyond", "beyond too")
pytestmark = pytest.mark.timeout(60)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    async with AsyncExitStack() as closing:
        store = SecretStr(f"sqlite+aiosqlite:///{folder}/slo.db")
        settings = Settings(definitions=[folder / "slo.yaml"], store=store, port=0, tick_seconds=0.2)
        service = await start_service(settings, closing, {})
        client = await closing.enter_async_context(httpx.AsyncClient(base_url=service.url, trust_env=False))
        yield service, client


async def told(service: Service) -> Groups:
    """A result with two tenants more than the cap."""
    slo = service._expansion.declared.slos["errors"]
    assert slo.grouping is not None
    groups = Groups(
        slo.stream, slo.grouping, await service._store.groups.known(), source="prometheus/main", keep_ns=DAY
    )
    now = wall_ns()
    found = [({"tenant": tenant}, Tally(9, 1)) for tenant in TENANTS]
    await service._recorder.commit(groups.file(now - now % (10 * SECOND), found, Revision(2, 1), now))
    return groups


async def listed(client: httpx.AsyncClient) -> list[str]:
    return sorted(row["name"] for row in (await client.get("/api/v1/slos")).json()["slos"])


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    for _ in range(400):
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it has not come to that in twenty seconds")


async def until_listed(client: httpx.AsyncClient, many: int) -> list[str]:
    async def all_there() -> bool:
        return len(await listed(client)) >= many

    await until(all_there)
    return await listed(client)


async def test_groups_have_pages_and_figures_of_their_own_and_outlive_a_restart(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(DEFINITIONS)
    async with running(tmp_path) as (service, client):
        assert await listed(client) == ["errors"]
        groups = await told(service)
        names = await until_listed(client, 5)
        assert groups.beyond == 2
        hostile = group_name("errors", (("tenant", tidy(HOSTILE)),))
        assert {'errors{tenant="acme"}', "errors{other}", hostile} < set(names)
        for name in names:
            one = await client.get(f"/api/v1/slos/{quote(name, safe='')}")
            assert one.json()["name"] == name
            page = await client.get(f"/slos/{quote(name, safe='')}")
            assert page.status_code == 200
            assert "<script>{{x}}" not in page.text
        overview = await client.get("/")
        assert "<script>{{x}}" not in overview.text
        together = (await client.get(f"/api/v1/slos/{quote('errors{other}', safe='')}")).json()
        assert "beyond the cap of 3" in together["description"]
        health = (await client.get("/api/v1/health")).json()
        assert [found for found in health["load"]["findings"] if "W511: errors has more than 3 groups" in found]
        metrics = (await client.get("/metrics")).text
        assert 'slo_groups{slo="errors",service="web",pipeline=""} 3.0' in metrics
        assert 'slo_groups_beyond_cap{slo="errors",service="web",pipeline=""} 1.0' in metrics
        assert 'slo_events_total{slo="errors{tenant=\\"acme\\"}",service="web",pipeline="",result="bad"} 1.0' in metrics
    async with running(tmp_path) as (_, client):
        assert await listed(client) == names


async def test_moving_a_definition_keeps_its_groups(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(DEFINITIONS)
    async with running(tmp_path) as (service, client):
        await told(service)
        names = await until_listed(client, 5)
        (tmp_path / "slo.yaml").write_text(f"# moved\n{DEFINITIONS}")
        await until(lambda: service._expansion.declared.slos["errors"].defined_at.endswith(":3"))
        assert await listed(client) == names
        (tmp_path / "slo.yaml").write_text(DEFINITIONS.replace("0.999", "0.99"))
        await until(lambda: service._expansion.declared.slos["errors"].objective.target == Fraction("0.99"))
        assert await listed(client) == names
        assert {slo.objective.target for slo in service._expansion.catalogue.slos.values()} == {Fraction("0.99")}


async def test_an_expired_group_is_forgotten_when_old_rows_are(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(DEFINITIONS)
    async with running(tmp_path) as (service, client):
        await told(service)
        names = await until_listed(client, 5)
        store, slo = service._store, service._expansion.declared.slos["errors"]
        acme = next(group for group in await store.groups.known() if group.labels == (("tenant", "acme"),))
        old = replace(acme, seen_ns=wall_ns() - slo.window_ns - DAY)
        await service._recorder.commit(Batch(groups=(old,)))
        await service._prune()
        await service._tick()
        assert acme.stream not in {group.stream for group in await store.groups.known()}
        assert await listed(client) == [name for name in names if "acme" not in name]
