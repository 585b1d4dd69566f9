"""What happened: transitions, decisions, and the chain of one decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from slo_service.show.api.answer import answer_tagged_by_content
from slo_service.show.api.errors import Problem, unknown_name
from slo_service.show.api.event_models import ChainDetail, DecisionPage, TransitionPage
from slo_service.show.api.instants import LARGEST_PAGE, instant, page_mark
from slo_service.show.api.models import Refusal
from slo_service.show.event_json import chain_json, decision_json, transition_json
from slo_service.show.obstacle import declared
from slo_service.show.ports import History, Live

SloName = Annotated[str | None, Query(description="only of this SLO", max_length=253)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Before = Annotated[str | None, Query(description="RFC 3339, or the `next_before` of the page before", max_length=64)]


def routes(router: APIRouter, live: Live, history: History) -> None:
    def known(slo: str | None) -> None:
        if slo is not None and slo not in (names := {each.slo.name for each in declared(live.catalogue())}):
            raise unknown_name("SLO", slo, names, "/api/v1/slos")

    async def transitions(request: Request, slo: SloName = None, limit: Limit = 100, before: Before = None) -> Response:
        """Tiers that changed, newest first."""
        known(slo)
        mark = None if before is None else instant("before", before)
        rows = await history.transitions(slo, limit, mark)
        following = page_mark(rows, lambda row: row.recorded_ns, limit)
        body: dict[str, object] = {"transitions": [transition_json(row) for row in rows], "next_before": following}
        return answer_tagged_by_content(request, body)

    async def decisions(request: Request, slo: SloName = None, limit: Limit = 100, before: Before = None) -> Response:
        """What the policies asked for, withheld or undid, newest first."""
        known(slo)
        mark = None if before is None else instant("before", before)
        rows = await history.decisions(slo, limit, mark)
        following = page_mark(rows, lambda row: row.at_ns, limit)
        body: dict[str, object] = {"decisions": [decision_json(row) for row in rows], "next_before": following}
        return answer_tagged_by_content(request, body)

    async def chain(request: Request, decision: str) -> Response:
        """One decision with everything before and after it."""
        found = await history.chain(decision)
        if found is None:
            remedy = "/api/v1/decisions lists those that exist"
            raise Problem(404, "not_found", "there is no decision with this id", remedy)
        return answer_tagged_by_content(request, chain_json(found))

    tags = ["journal"]
    router.add_api_route(
        "/api/v1/transitions", transitions, response_model=TransitionPage, tags=[*tags], name="list_transitions"
    )
    router.add_api_route(
        "/api/v1/decisions", decisions, response_model=DecisionPage, tags=[*tags], name="list_decisions"
    )
    router.add_api_route(
        "/api/v1/decisions/{decision}",
        chain,
        response_model=ChainDetail,
        tags=[*tags],
        name="get_decision",
        responses={404: {"model": Refusal}},
    )
