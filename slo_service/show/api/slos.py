"""Objectives: the list, filtered and paged, and one of them with everything that is known of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from slo_service.show.api.answer import answer, seen, tick_tag
from slo_service.show.api.errors import Problem, unknown_name
from slo_service.show.api.models import Refusal, SloDetail, SloPage, StateName
from slo_service.show.detail_json import detail_json
from slo_service.show.obstacle import Declared
from slo_service.show.obstacle import declared as all_declared
from slo_service.show.ports import Live
from slo_service.show.status_json import STATES, state_word, status_json

LARGEST_PAGE = 500


def routes(router: APIRouter, live: Live) -> None:
    async def listing(
        request: Request,
        *,
        state: Annotated[list[StateName] | None, Query(description="keep those in this state; repeatable")] = None,
        pipeline: Annotated[str | None, Query(max_length=253)] = None,
        label: Annotated[
            list[str] | None, Query(description="keep those with this label, as key=value; repeatable", max_length=20)
        ] = None,
        q: Annotated[str | None, Query(description="text in name, description or service", max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        """All objectives, the most urgent first."""
        tag = tick_tag(live)
        if held := seen(request, tag):
            return held
        kept = _filtered(live, state or [], pipeline, label or [], q)
        statuses = live.statuses()
        page = [status_json(d.slo, statuses.get(d.slo.name), d.not_judged) for d in kept[offset : offset + limit]]
        return answer({"total": len(kept), "limit": limit, "offset": offset, "slos": page}, tag)

    async def one(request: Request, name: str) -> Response:
        """One objective, with its definition as written."""
        tag = tick_tag(live)
        if held := seen(request, tag):
            return held
        known = {each.slo.name: each for each in all_declared(live.catalogue())}
        if name not in known:
            raise unknown_name("SLO", name, known, "/api/v1/slos")
        slo, why = known[name].slo, known[name].not_judged
        statuses = live.statuses()
        detail = await detail_json(slo, live.catalogue(), statuses)
        return answer({**status_json(slo, statuses.get(name), why), **detail}, tag)

    router.add_api_route("/api/v1/slos", listing, response_model=SloPage, tags=["objectives"], name="list_slos")
    router.add_api_route(
        "/api/v1/slos/{name}",
        one,
        response_model=SloDetail,
        tags=["objectives"],
        name="get_slo",
        responses={404: {"model": Refusal}},
    )


def _filtered(
    live: Live, states: list[StateName], pipeline: str | None, labels: list[str], q: str | None
) -> list[Declared]:
    wanted = dict(_pair(label) for label in labels)
    text = (q or "").casefold()
    statuses = live.statuses()
    kept = [
        each
        for each in all_declared(live.catalogue())
        for slo in (each.slo,)
        if pipeline in {None, slo.pipeline}
        and (not states or state_word(statuses.get(slo.name)) in states)
        and all(slo.labels.get(key) == value for key, value in wanted.items())
        and text in f"{slo.name}\n{slo.display_name}\n{slo.description}\n{slo.service}".casefold()
    ]
    return sorted(kept, key=lambda d: (STATES.index(state_word(statuses.get(d.slo.name))), d.slo.name))


def _pair(label: str) -> tuple[str, str]:
    key, equals, value = label.partition("=")
    if not equals:
        raise Problem(422, "invalid_request", "a label filter has no value", "write it as label=team=payments")
    return key, value
