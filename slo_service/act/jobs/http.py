"""Jobs behind HTTP: declared calls for status, pause and resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from slo_service.act.answer import host_of, of_failure, of_response
from slo_service.act.exchange import LARGEST_ANSWER, Answer, exchange
from slo_service.act.ports import Delivered, JobController, JobState, Refused
from slo_service.act.registry import Tools
from slo_service.domain.pipeline import Job


class Undeclared(ValueError):
    """The job's spec lacks what a call needs."""


class _Signless(Exception):
    """The answer is not of the kind in which a sign is looked for; says why."""


@dataclass(frozen=True, slots=True)
class HttpJobs:
    """Spec: `{headers?, status: {method?, url, headers?, running, paused?}, pause: {method?, url, headers?, body?},
    resume: …}`.

    `running` and `paused` are `{json: {<dotted path>: value, …}}` (also `{json: <dotted path>, equals: value}`) or
    `{text: part}`. Without `paused`, other values at the paths of `running` mean paused. A 404 or 410 of the status
    call means the job is absent; any other answer means unknown, never paused."""

    tools: Tools

    async def state(self, job: Job) -> JobState | Refused:
        try:
            call = _mapping(job.spec.get("status"), "status")
            running = _mapping(call.get("running"), "status.running")
            answer = await self._call(job, call, "GET", None)
        except Undeclared as lack:
            return Refused(str(lack), retryable=False)
        if isinstance(answer, Refused):
            return answer
        if answer.response.status_code in (404, 410):
            return JobState.ABSENT
        told = of_response(answer.response, self.tools.now_ns())
        return told if isinstance(told, Refused) else _read(answer, running, call.get("paused"))

    async def pause(self, job: Job, key: str) -> Delivered | Refused:
        return await self._tell(job, "pause", key)

    async def resume(self, job: Job, key: str) -> Delivered | Refused:
        return await self._tell(job, "resume", key)

    async def _tell(self, job: Job, what: str, key: str) -> Delivered | Refused:
        try:
            answer = await self._call(job, _mapping(job.spec.get(what), what), "POST", key)
        except Undeclared as lack:
            return Refused(str(lack), retryable=False)
        return answer if isinstance(answer, Refused) else of_response(answer.response, self.tools.now_ns())

    async def _call(self, job: Job, call: Mapping[str, object], method: str, key: str | None) -> Answer | Refused:
        url = str(call.get("url", ""))
        if (refusal := await self.tools.guard.refusal(url)) is not None:
            return refusal
        headers = {**_headers(job.spec.get("headers")), **_headers(call.get("headers"))}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            return await exchange(self.tools.client, str(call.get("method") or method), url, headers, call.get("body"))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return of_failure(error, url)


def controller(tools: Tools) -> JobController:
    return HttpJobs(tools)


def _read(answer: Answer, running: Mapping[str, object], paused: object) -> JobState | Refused:
    response = answer.response
    unclear = f"the status answer of {host_of(str(response.request.url))} is neither running nor paused"
    if not answer.whole:
        return Refused(f"{unclear}: it is compressed or longer than {LARGEST_ANSWER} bytes", retryable=True)
    if isinstance(paused, Mapping):
        runs, rests = _is(response, running), _is(response, paused)
        if runs is rests:
            return Refused(
                unclear.replace("neither running nor", "both running and") if runs else unclear, retryable=True
            )
        return JobState.RUNNING if runs else JobState.PAUSED
    try:
        if _shows(response, running):
            return JobState.RUNNING
    except _Signless as why:
        return Refused(f"{unclear}: {why}", retryable=True)
    return Refused(unclear, retryable=True) if "text" in running else JobState.PAUSED


def _is(response: httpx.Response, sign: Mapping[str, object]) -> bool:
    try:
        return _shows(response, sign)
    except _Signless:
        return False


def _shows(response: httpx.Response, sign: Mapping[str, object]) -> bool:
    """Whether the sign is there; _Signless where it could not be."""
    if "text" in sign:
        return str(sign["text"]) in response.text
    asked = sign.get("json")
    expected = asked if isinstance(asked, Mapping) else {str(asked): sign.get("equals")}
    try:
        body: object = response.json()
        found = {path: _at(body, str(path)) for path in expected}
    except (ValueError, RecursionError):
        raise _Signless("it is not JSON") from None
    except LookupError:
        raise _Signless(f"it lacks one of {', '.join(map(str, expected))}") from None
    return all(found[path] == value for path, value in expected.items())


def _at(body: object, path: str) -> object:
    """`spec.jobs.0.state`; LookupError where there is nothing."""
    for step in path.split("."):
        if isinstance(body, Mapping):
            body = body[step]
        elif isinstance(body, list) and step.isdigit():
            body = body[int(step)]
        else:
            raise LookupError(path)
    return body


def _mapping(given: object, name: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise Undeclared(f"the job declares no {name}")
    return given


def _headers(given: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in given.items()} if isinstance(given, Mapping) else {}
