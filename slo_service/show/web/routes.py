"""The pages as routes: read live values and history, build the view, render the template."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.staticfiles import StaticFiles

from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.adjust.rows import adjusted_rows
from slo_service.show.counted import declared_by, effects_on, is_composed, summed, window_span
from slo_service.show.ports import Live, Pulse, Records
from slo_service.show.web.flown import Flown
from slo_service.show.web.looked import Looked
from slo_service.show.web.shared import Shared
from slo_service.show.web.shell import environment, shell
from slo_service.show.web.spend import COARSE, FINE, Past, days_spent
from slo_service.show.web.view import decision as decision_view
from slo_service.show.web.view import overview as overview_view
from slo_service.show.web.view import pipeline as pipeline_view
from slo_service.show.web.view.burns import slices_ns
from slo_service.show.web.view.definitions import definitions
from slo_service.show.web.view.doings import done
from slo_service.show.web.view.health import health
from slo_service.show.web.view.jobs import Reasons, job_rows, live_holds
from slo_service.show.web.view.objective import Beside, ObjectiveView, PastRows, objective_view
from slo_service.show.web.view.timeline import timeline

Cells = Sequence[Delta]
_TIMELINE = 40  # transitions and decisions read for a page
_CHAINS = 12  # the newest decisions whose deliveries are shown


class _Pages:
    """Reads for one request at a time; keeps past cells and decisions for a while."""

    def __init__(self, live: Live, pulse: Pulse, history: Records, panel: Callable[[], str] | None) -> None:
        self.live, self.pulse, self.history, self.panel = live, pulse, history, panel
        self.templates = environment()
        self.past = Past(history)
        self.flown = Flown(pulse)
        self.reasons = Reasons(history)
        self.looked = Looked(history)
        self.objectives = Shared[ObjectiveView](live.now_ns)
        self.drawings = Shared[pipeline_view.PipelineView](live.now_ns)

    def render(self, template: str, section: str, status_code: int = 200, **parts: object) -> HTMLResponse:
        page = self.templates.get_template(template)
        frame = shell(self.live, section, self.panel)
        body = page.render(shell=frame, **parts)
        return HTMLResponse(body, status_code, headers={"Cache-Control": "no-store"})

    def missing(self, what: str, name: str, section: str) -> HTMLResponse:
        return self.render("missing.html", section, 404, what=what, name=name)

    async def days(self, slo: Slo, now_ns: int) -> list[float | None]:
        status = self.live.statuses().get(slo.name)
        if status is None:
            return []
        if is_composed(slo):
            return []  # its members' failures do not add up to its spending
        cells = await self.past.cells(slo.counted, COARSE, slo.window_ns, now_ns)
        return days_spent(cells, status.budget.allowed_events, slo.window_ns, now_ns)

    async def overview(self, query: overview_view.Query) -> HTMLResponse:
        catalogue, statuses, jobs = self.live.catalogue(), self.live.statuses(), self.pulse.jobs()
        now = self.live.now_ns()
        shown = overview_view.on_page(catalogue, statuses, query)
        days = {slo.name: await self.days(slo, now) for slo in shown}
        reasons = await self.reasons.of(live_holds(jobs))
        view = overview_view.overview(catalogue, statuses, jobs, reasons, days, query)
        return self.render("overview.html", "objectives", view=view)

    async def pipeline(self, name: str, minutes: int | None) -> HTMLResponse:
        """Everything that takes processor time is done in a thread, and once for all who look within a tick."""
        catalogue, statuses, jobs = self.live.catalogue(), self.live.statuses(), self.pulse.jobs()
        pipeline = catalogue.pipelines.get(name)
        if pipeline is None:
            return self.missing("pipeline", name, "pipelines")
        slos = catalogue.slos_of(name)
        asked = None if minutes is None else pipeline_view.chosen(minutes)
        changes = [change for slo in slos for change in await self.history.transitions(slo.name, _TIMELINE)]

        async def drawn() -> pipeline_view.PipelineView:
            longest = asked or pipeline_view.DEFAULT_SPAN
            now = self.live.now_ns()
            names = pipeline_view.canaries_of(pipeline, catalogue)
            traces = {each: self.flown.traces(each, now - longest * MINUTE, now) for each in names}
            known = pipeline_view.Heard(now, traces, self.pulse.groups())
            span = asked or pipeline_view.fitting(known)
            return await asyncio.to_thread(
                pipeline_view.pipeline_view, pipeline, catalogue, statuses, known, changes, minutes=span
            )

        view = await self.drawings.get(f"{name} {asked}", statuses, drawn)
        reasons = await self.reasons.of(live_holds(jobs))
        rows = job_rows(catalogue.jobs_of(name), jobs, reasons)
        budgets = {slo.name: await self.days(slo, self.live.now_ns()) for slo in slos}
        objectives = overview_view.overview(
            catalogue, statuses, jobs, reasons, budgets, overview_view.Query(pipeline=name)
        ).rows
        return self.render(
            "pipeline.html", "pipelines", view=view, jobs=rows, rows=objectives, spans=pipeline_view.SPANS
        )

    async def rows(self, slo: Slo, status: Status | None, now_ns: int) -> PastRows:
        """As they are adjusted."""
        newest, span = slices_ns(slo), window_span(slo, status).from_ns if status else now_ns - slo.window_ns
        whole = -(-max(slo.window_ns, now_ns - span) // HOUR) * HOUR  # kept rows are known by their length
        lengths = {COARSE: whole, FINE: DAY + HOUR}
        if newest and slo.slice_width_ns < FINE:
            lengths[slo.slice_width_ns] = newest

        def read(stream: str, width_ns: int, since_ns: int, until_ns: int) -> Coroutine[object, object, Cells]:
            return self.past.cells(stream, width_ns, until_ns - since_ns, until_ns)

        found = {width: await summed(read, slo, width, now_ns - ago, now_ns) for width, ago in lengths.items()}
        effects = await effects_on(self.live.catalogue(), slo, now_ns - max(lengths.values()), now_ns)
        if effects:
            found = dict(adjusted_rows(found, effects, slo.counted, 0, now_ns))
        return PastRows(found[COARSE], found[FINE], found.get(slo.slice_width_ns, ()))

    async def beside(self, slo: Slo, status: Status | None, now_ns: int) -> Beside:
        catalogue, statuses = self.live.catalogue(), self.live.statuses()
        if status is None or status.watermark_ns is None:
            return Beside()
        past = await self.looked.of(catalogue, slo, status, now_ns)
        effects = await effects_on(catalogue, slo, window_span(slo, status).from_ns, now_ns)
        streams = set(slo.measured) if slo.members else set()
        own = [each for each in catalogue.slos.values() if streams and not each.members and each.stream.id in streams]
        others = {each.stream.id: (each, statuses.get(each.name)) for each in own}
        return Beside(past, declared_by(catalogue, effects.occurrences), effects.excluded, others, effects.cut)

    async def objective(self, name: str) -> HTMLResponse:
        slo = self.live.catalogue().slos.get(name)
        if slo is None:
            unjudged = self.live.catalogue().unjudged.get(name)
            if unjudged is None:
                return self.missing("objective", name, "objectives")
            shown = objective_view(unjudged.slo, None, PastRows(), (), not_judged=unjudged.reason)
            return self.render("objective.html", "objectives", view=shown, entries=(), doings=())
        now, statuses = self.live.now_ns(), self.live.statuses()
        status = statuses.get(name)
        rows = await self.rows(slo, status, now)
        changes = await self.history.transitions(name, _TIMELINE)
        decisions = await self.history.decisions(name, _TIMELINE)
        chains = [await self.history.chain(decision.id) for decision in decisions[:_CHAINS]]
        found = [chain for chain in chains if chain is not None]
        beside = await self.beside(slo, status, now)

        async def drawn() -> ObjectiveView:
            return await asyncio.to_thread(objective_view, slo, status, rows, changes, beside=beside)

        view = await self.objectives.get(name, statuses, drawn)
        jobs = self.pulse.jobs()
        holds = live_holds(jobs)
        doings = done(self.live.catalogue(), name, holds, await self.reasons.of(holds), found)
        return self.render(
            "objective.html", "objectives", view=view, entries=timeline(changes, decisions, found), doings=doings
        )

    async def decision(self, name: str) -> HTMLResponse:
        chain = await self.history.chain(name)
        if chain is None:
            return self.missing("decision", name, "objectives")
        return self.render(
            "decision.html",
            "objectives",
            chain=chain,
            steps=decision_view.steps(chain),
            title=decision_view.title(chain),
            mark=decision_view.mark(chain),
        )


def pages(live: Live, pulse: Pulse, history: Records, panel: Callable[[], str] | None = None) -> APIRouter:
    """Every page, the event stream and the static files. `panel` gives the markup of the demo's fault switches, shown
    on the overview and on pipelines."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    made = _Pages(live, pulse, history, panel)

    @router.get("/")
    async def overview(
        state: str = "", pipeline: str = "", q: str = "", page: Annotated[int, Query(ge=1)] = 1
    ) -> Response:
        return await made.overview(overview_view.Query(state, pipeline, q[:200], page))

    @router.get("/pipelines")
    async def pipelines() -> Response:
        catalogue, statuses = live.catalogue(), live.statuses()
        rows = [
            (each, *pipeline_view.worst_mark(each.name, catalogue, statuses), len(catalogue.jobs_of(each.name)))
            for each in catalogue.pipelines.values()
        ]
        return made.render("pipelines.html", "pipelines", rows=rows)

    @router.get("/pipelines/{name}")
    async def pipeline(name: str, minutes: int | None = None) -> Response:
        return await made.pipeline(name, minutes)

    @router.get("/slos/{name}")
    async def objective(name: str) -> Response:
        return await made.objective(name)

    @router.get("/decisions/{name}")
    async def decision(name: str) -> Response:
        return await made.decision(name)

    @router.get("/definitions")
    async def definitions_() -> Response:
        return made.render("definitions.html", "definitions", view=definitions(live.catalogue(), live.health().load))

    @router.get("/health")
    async def health_() -> Response:
        return made.render("health.html", "health", view=health(live.health(), live.now_ns()))

    _serve(router, pulse)
    return router


def _serve(router: APIRouter, pulse: Pulse) -> None:
    files = StaticFiles(packages=[("slo_service.show.web", "static")])

    @router.get("/static/{path:path}")
    async def static(path: str, request: Request) -> Response:
        """A route rather than a mount, so that including the router is all an application does."""
        return await files.get_response(path, request.scope)

    @router.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[ServerSentEvent]:
        async for number in pulse.beats():
            yield ServerSentEvent(event="tick", data=number)
