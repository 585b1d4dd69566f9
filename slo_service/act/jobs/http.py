"""Jobs behind HTTP: declared calls for status, pause and resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from slo_service.act.answer import host_of, of_failure, of_response
from slo_service.act.ports import Delivered, JobController, JobState, Refused
from slo_service.act.registry import Tools
from slo_service.domain.pipeline import Job

LARGEST_ANSWER = 1_000_000


class Undeclared(ValueError):
    """The job's spec lacks what a call needs."""


@dataclass(frozen=True, slots=True)
class HttpJobs:
    """Spec: `{headers?, status: {method?, url, headers?, running}, pause: {method?, url, headers?, body?}, resume: …}`.

    `running` is `{json: {<dotted path>: value, …}}` (also `{json: <dotted path>, equals: value}`) or `{text: part}`.
    A 404 or 410 of the status call means the job is absent; a path that is not in the answer means unknown, never
    paused."""

    tools: Tools

    async def state(self, job: Job) -> JobState | Refused:
        try:
            call = _mapping(job.spec.get("status"), "status")
            running = _mapping(call.get("running"), "status.running")
            response = await self._call(job, call, "GET", None)
        except Undeclared as lack:
            return Refused(str(lack), retryable=False)
        if isinstance(response, Refused):
            return response
        if response.status_code in (404, 410):
            return JobState.ABSENT
        answer = of_response(response, self.tools.now_ns())
        return answer if isinstance(answer, Refused) else _read(response, running)

    async def pause(self, job: Job, key: str) -> Delivered | Refused:
        return await self._tell(job, "pause", key)

    async def resume(self, job: Job, key: str) -> Delivered | Refused:
        return await self._tell(job, "resume", key)

    async def _tell(self, job: Job, what: str, key: str) -> Delivered | Refused:
        try:
            response = await self._call(job, _mapping(job.spec.get(what), what), "POST", key)
        except Undeclared as lack:
            return Refused(str(lack), retryable=False)
        return response if isinstance(response, Refused) else of_response(response, self.tools.now_ns())

    async def _call(
        self, job: Job, call: Mapping[str, object], method: str, key: str | None
    ) -> httpx.Response | Refused:
        url, body = str(call.get("url", "")), call.get("body")
        if (refusal := await self.tools.guard.refusal(url)) is not None:
            return refusal
        headers = {**_headers(job.spec.get("headers")), **_headers(call.get("headers"))}
        if key is not None:
            headers["Idempotency-Key"] = key
        text = body if isinstance(body, str) else None
        try:
            return await self.tools.client.request(
                str(call.get("method") or method),
                url,
                headers=headers,
                content=text,
                json=None if text is not None else body,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return of_failure(error, url)


def controller(tools: Tools) -> JobController:
    return HttpJobs(tools)


def _read(response: httpx.Response, running: Mapping[str, object]) -> JobState | Refused:
    host = host_of(str(response.request.url))
    if len(response.content) > LARGEST_ANSWER:
        return Refused(f"{host} answered more than {LARGEST_ANSWER} bytes", retryable=False)
    if "text" in running:
        return JobState.RUNNING if str(running["text"]) in response.text else JobState.PAUSED
    asked = running.get("json")
    expected = asked if isinstance(asked, Mapping) else {str(asked): running.get("equals")}
    try:
        body: object = response.json()
    except ValueError:
        return Refused(f"{host} did not answer with JSON", retryable=True)
    for path, value in expected.items():
        try:
            found = _at(body, str(path))
        except LookupError:
            return Refused(f"the answer of {host} has no {path}", retryable=True)
        if found != value:
            return JobState.PAUSED
    return JobState.RUNNING


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
