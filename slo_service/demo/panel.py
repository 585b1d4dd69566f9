"""The fault switches on the pages, and the inbox. Plain forms, so that they work without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from slo_service.demo.faults import Fault, Switches
from slo_service.demo.inbox import Inbox, Received
from slo_service.domain.instant import rfc3339

_SWITCHES = {
    Fault.STALL: "Enricher stalls",
    Fault.DROP: "Drops 5 %",
    Fault.DUPLICATE: "Doubles 5 %",
    Fault.DELAY: "Delays by 8 s",
    Fault.HOT_PARTITION: "Hot partition",
    Fault.STOP_READER: "Monitor blind",
}


def panel_html(switches: Switches, inbox: Inbox) -> str:
    """A fragment: one form a fault, and the newest message."""
    active = switches.active()
    rows = "".join(_row(fault, fault in active, switches.count(fault)) for fault in Fault)
    return f'<ul class="faults" aria-label="Faults">{rows}</ul>{_inbox_line(inbox.messages())}'


def _row(fault: Fault, on: bool, hit: int) -> str:
    hits = f"; {hit:,} events hit so far" if hit else ""
    return (
        f'<li><form method="post" action="/demo/faults/{fault}?on={int(not on)}">'
        f'<button type="submit" class="switch" id="fault-{fault}" aria-pressed="{"true" if on else "false"}" '
        f'title="{escape(f"{fault.says}{hits}")}"><span class="knob" aria-hidden="true"></span>'
        f"{escape(_SWITCHES[fault])} <b>{'on' if on else 'off'}</b></button></form></li>"
    )


def _inbox_line(messages: Sequence[Received]) -> str:
    link = '<a id="to-inbox" href="/demo/inbox">Inbox of the orders team</a>'
    if not messages:
        return f'<p class="inbox">{link}: no message yet</p>'
    newest = messages[-1]
    number = "1 message" if len(messages) == 1 else f"{len(messages)} messages"
    told = f"{number}, newest {_time(newest.at_ns)} by {escape(newest.by)}"
    return f'<p class="inbox">{link}: {told}: <b>{escape(newest.subject)}</b></p>'


def _time(at_ns: int) -> str:
    stamp = rfc3339(at_ns)
    title = f"{stamp[:10]} {stamp[11:19]} UTC"
    return f'<time datetime="{stamp}" title="{title}" data-f="hms">{stamp[11:19]}</time>'


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{number} · inbox</title><link rel="icon" href="/static/icon.svg" type="image/svg+xml">
{styles}<script src="/static/theme.js"></script><script type="module" src="/static/live.js"></script></head><body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div><a class="brand" href="/">slo</a><nav aria-label="Main"><a href="/">Objectives</a>
<a href="/pipelines">Pipelines</a><a href="/demo/inbox" aria-current="page">Inbox</a></nav>
<button class="theme" type="button" aria-label="Switch between light and dark" hidden>◐</button></div></header>
<p class="stale" id="stale" role="status" hidden><span>No news from the service for 5 s.</span></p>
<main id="main"><div class="head"><h1>Inbox of the orders team</h1>
<p class="say">What the demo's own webhook and mailbox received, the newest on top. Every message comes on both. Nothing
leaves this machine. Times in <span data-zone>UTC</span>.</p></div>
<div id="messages" data-live>{messages}</div></main></body></html>
"""
_STYLES = "".join(
    f'<link rel="stylesheet" href="/static/{name}.css">\n' for name in ("tokens", "page", "parts", "demo", "sizes")
)
_ADDRESS = re.compile(r"https?://[^\s<>&\"]+")


def inbox_html(messages: Sequence[Received]) -> str:
    """The page of the inbox, newest message first. Addresses of the demo itself are links."""
    shown = "".join(
        f'<article class="mail"><h2>{escape(one.subject)}</h2>'
        f'<p class="m s">{_time(one.at_ns)} by {escape(one.by)}</p><pre>{_text(one.text)}</pre></article>'
        for one in reversed(messages)
    )
    number = f"{len(messages)} message{'' if len(messages) == 1 else 's'}"
    nothing = '<p class="empty">No message yet. Switch a fault on: a total stop pages within a minute.</p>'
    return _PAGE.format(number=number, styles=_STYLES, messages=shown or nothing)


def _text(text: str) -> str:
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}" rel="noreferrer">{found[0]}</a>', escape(text))


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
    def messages() -> HTMLResponse:
        return HTMLResponse(inbox_html(inbox.messages()), headers={"Cache-Control": "no-store"})

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
