"""The past of one objective, derived from what is kept when it is asked for."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from slo_service.domain.adjustment import Span
from slo_service.domain.instant import DAY
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.show.api.answer import answer_tagged_by_content
from slo_service.show.api.errors import Problem, unknown_name
from slo_service.show.api.instants import instant
from slo_service.show.api.models import Refusal
from slo_service.show.api.past_models import SloHistory
from slo_service.show.counted import window_span
from slo_service.show.detail_json import retrospect_json, unknown_json
from slo_service.show.obstacle import declared
from slo_service.show.ports import Live, Records
from slo_service.show.retrospect import gather, retrospect

LONGEST_NS = 400 * DAY
AT_ONCE = 2  # of those who ask, the others wait: each takes a thread and some megabytes


def routes(router: APIRouter, live: Live, records: Records) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def history(
        request: Request,
        name: str,
        since: Annotated[
            str | None, Query(alias="from", description="RFC 3339; the start of the budget window", max_length=64)
        ] = None,
        to: Annotated[str | None, Query(description="RFC 3339; now", max_length=64)] = None,
    ) -> Response:
        """Worst stretches, episodes of failure, past stays of the tiers, forecast, and when the budget comes back."""
        catalogue = live.catalogue()
        known = {each.slo.name: each for each in declared(catalogue)}
        if name not in known:
            raise unknown_name("SLO", name, known, "/api/v1/slos")
        slo, status = known[name].slo, live.statuses().get(name)
        if status is None or status.watermark_ns is None:
            why = known[name].not_judged or "nothing is judged yet"
            return answer_tagged_by_content(request, unknown_json(slo, None, why))
        span = _range(slo, status, since, to)
        async with turn:
            material = await gather(records, catalogue, slo, status, span)
            found = await asyncio.to_thread(retrospect, material)
        return answer_tagged_by_content(request, retrospect_json(slo, found))

    router.add_api_route(
        "/api/v1/slos/{name}/history",
        history,
        response_model=SloHistory,
        tags=["objectives"],
        name="get_slo_history",
        responses={404: {"model": Refusal}},
    )


def _range(slo: Slo, status: Status, since: str | None, to: str | None) -> Span:
    """What lies after the watermark is not known, and is left out."""
    mark = status.at_ns if status.watermark_ns is None else status.watermark_ns
    until = mark if to is None else min(instant("to", to), mark)
    begin = window_span(slo, status).from_ns if since is None else instant("from", since)
    if begin >= until:
        message = "the range is empty: nothing is known after the watermark"
        raise Problem(422, "invalid_request", message, "let `from` lie before `to`, and before the watermark")
    if until - begin > LONGEST_NS:
        days = LONGEST_NS // DAY
        raise Problem(422, "invalid_request", f"the range is longer than {days} days", "ask for it in parts")
    return Span(begin, until)
