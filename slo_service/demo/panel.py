"""The fault switches on the pages, and the inbox. Plain forms, so that they work without JavaScript."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from slo_service.demo.faults import Fault, Switches
from slo_service.demo.inbox import Inbox
from slo_service.domain.instant import rfc3339


def panel_html(switches: Switches, inbox: Inbox) -> str:
    """A fragment: one form a fault, and the newest message."""
    active = switches.active()
    rows = "".join(_row(fault, fault in active, switches.count(fault)) for fault in Fault)
    messages = inbox.messages()
    newest = f": {escape(messages[-1].subject)}" if messages else ""
    inbox_line = (
        f'<p class="m s"><a href="/demo/inbox">Inbox of the orders team</a>, {len(messages)} messages{newest}</p>'
    )
    return f'<ul class="faults">{rows}</ul>{inbox_line}'


def _row(fault: Fault, on: bool, hit: int) -> str:
    hits = f" · {hit} events hit" if hit else ""
    return (
        f'<li><form method="post" action="/demo/faults/{fault}?on={int(not on)}">'
        f'<button type="submit" id="fault-{fault}" aria-pressed="{"true" if on else "false"}">'
        f"{'Stop' if on else 'Start'}: {escape(fault.says)}</button>"
        f'<span class="m s">{" on now" if on else ""}{hits}</span></form></li>'
    )


def router(switches: Switches, inbox: Inbox) -> APIRouter:
    made = APIRouter(prefix="/demo", include_in_schema=False)

    @made.get("/faults")
    def faults() -> JSONResponse:
        active = switches.active()
        return JSONResponse(
            [
                {"name": fault, "on": fault in active, "says": fault.says, "events_hit": switches.count(fault)}
                for fault in Fault
            ]
        )

    @made.post("/faults/{name}")
    def turn(name: str, on: bool, request: Request) -> RedirectResponse:
        _refuse_foreign(request)
        if name not in set(Fault):
            raise HTTPException(404, f"there is no fault {name}; there are {', '.join(Fault)}")
        switches.turn(Fault(name), on)
        return RedirectResponse(_back(request), status_code=303)

    @made.get("/inbox")
    def messages() -> PlainTextResponse:
        parts = [f"{rfc3339(one.at_ns)}  by {one.by}\n{one.subject}\n\n{one.text}" for one in inbox.messages()]
        rule = f"\n\n{'-' * 72}\n\n"
        return PlainTextResponse(rule.join(reversed(parts)) or "No message yet.")

    return made


def _refuse_foreign(request: Request) -> None:
    """A page of another site may post a form to loopback; its browser names that site as the origin."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "faults are switched from the demo's own pages only")


def _back(request: Request) -> str:
    """The page the form was on, by its path only, so that it leads nowhere else."""
    came_from = urlsplit(request.headers.get("referer", ""))
    path = "/" + came_from.path.lstrip("/\\")
    return f"{path}?{came_from.query}" if came_from.query else path
