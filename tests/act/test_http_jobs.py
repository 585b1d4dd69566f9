import json
from collections.abc import Mapping

import httpx
import pytest

from slo_service.act.jobs.http import HttpJobs
from slo_service.act.ports import JobState, Refused
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Job
from tests.act.servers import BASE, JobServer, http_job, tools


def a_job(running: Mapping[str, object], **more: object) -> Job:
    return Job("j", "orders", "best-effort", "http", {"status": {"url": f"{BASE}/export", "running": running}, **more})


async def asked(running: Mapping[str, object], answer: httpx.Response) -> JobState | Refused:
    return await HttpJobs(tools(lambda _: answer)).state(a_job(running))


@pytest.mark.parametrize(
    ("running", "body", "state"),
    [
        ({"json": "state", "equals": "RUNNING"}, '{"state": "RUNNING"}', JobState.RUNNING),
        ({"json": "state", "equals": "RUNNING"}, '{"state": "STOPPED"}', JobState.PAUSED),
        ({"json": {"suspend": False, "a.0.b": 1}}, '{"suspend": false, "a": [{"b": 1}]}', JobState.RUNNING),
        ({"json": {"suspend": False}}, '{"suspend": true}', JobState.PAUSED),
        ({"text": "is running"}, "job is running", JobState.RUNNING),
        ({"text": "is running"}, "job sleeps", JobState.PAUSED),
    ],
)
async def test_the_declared_sign_tells_running_from_paused(
    running: Mapping[str, object], body: str, state: JobState
) -> None:
    assert await asked(running, httpx.Response(200, content=body)) is state


@pytest.mark.parametrize("body", ["{}", "[]", '{"state": {}}', "<html>"])
async def test_an_answer_without_the_sign_is_unknown_and_not_paused(body: str) -> None:
    answer = await asked({"json": "state.word", "equals": "RUNNING"}, httpx.Response(200, content=body))
    assert isinstance(answer, Refused)
    assert answer.retryable


@pytest.mark.parametrize(
    ("answer", "retryable", "after_ns"),
    [
        (httpx.Response(503, headers={"Retry-After": "7"}), True, 7 * SECOND),
        (httpx.Response(429, headers={"Retry-After": "Mon, 21 Sep 2026 14:13:30 GMT"}), True, 10 * SECOND),
        (httpx.Response(500, headers={"Retry-After": "soon"}), True, None),
        (httpx.Response(401), False, None),
        (httpx.Response(302, headers={"Location": "http://169.254.169.254/"}), False, None),
    ],
    ids=["seconds", "a date", "nonsense", "unauthorized", "redirects are not followed"],
)
async def test_an_error_is_no_state(answer: httpx.Response, retryable: bool, after_ns: int | None) -> None:
    assert await asked({"text": "x"}, answer) == Refused(
        f"127.0.0.1 answered {answer.status_code}", retryable, after_ns
    )


async def test_calls_carry_the_declared_method_headers_body_and_the_key() -> None:
    server = JobServer({"export": "RUNNING"})
    pause = {"method": "PATCH", "url": f"{BASE}/export/pause", "headers": {"X-A": "2"}, "body": {"suspend": True}}
    job = a_job({"text": "x"}, headers={"Authorization": "Bearer s", "X-A": "1"}, pause=pause)
    await HttpJobs(tools(server)).pause(job, "job:j@3")
    (request,) = server.requests
    assert (request.method, json.loads(request.content)) == ("PATCH", {"suspend": True})
    names = ("Authorization", "X-A", "Idempotency-Key")
    assert [request.headers[name] for name in names] == ["Bearer s", "2", "job:j@3"]


async def test_a_job_without_the_call_says_which_is_missing() -> None:
    answer = await HttpJobs(tools(JobServer({}))).resume(a_job({"text": "x"}), "k")
    assert answer == Refused("the job declares no resume", retryable=False)


async def test_no_reason_quotes_the_address() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    answer = await HttpJobs(tools(refuse)).pause(http_job("planted-secret"), "k")
    assert isinstance(answer, Refused)
    assert "planted-secret" not in answer.reason
