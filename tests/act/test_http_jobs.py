import gzip
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import httpx
import pytest

from slo_service.act.exchange import LARGEST_ANSWER
from slo_service.act.jobs.http import HttpJobs
from slo_service.act.ports import JobState, Refused
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Job
from tests.act.servers import BASE, JobServer, http_job, tools


def a_job(running: Mapping[str, object], **more: object) -> Job:
    return Job("j", "orders", "best-effort", "http", {"status": {"url": f"{BASE}/export", "running": running}, **more})


async def asked(
    running: Mapping[str, object], answer: httpx.Response, paused: Mapping[str, object] | None = None
) -> JobState | Refused:
    status = {"url": f"{BASE}/export", "running": running, **({"paused": paused} if paused else {})}
    job = Job("j", "orders", "best-effort", "http", {"status": status})
    return await HttpJobs(tools(lambda _: answer)).state(job)


@pytest.mark.parametrize(
    ("running", "body", "state"),
    [
        ({"json": "state", "equals": "RUNNING"}, '{"state": "RUNNING"}', JobState.RUNNING),
        ({"json": "state", "equals": "RUNNING"}, '{"state": "STOPPED"}', JobState.PAUSED),
        ({"json": {"suspend": False, "a.0.b": 1}}, '{"suspend": false, "a": [{"b": 1}]}', JobState.RUNNING),
        ({"json": {"suspend": False}}, '{"suspend": true}', JobState.PAUSED),
        ({"text": "is running"}, "job is running", JobState.RUNNING),
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


MAINTENANCE = "<h1>Back at noon</h1>"
UNKNOWN = Refused("the status answer of 127.0.0.1 is neither running nor paused", retryable=True)
WORDS = ({"text": "state=up"}, {"text": "state=down"})
VALUES = ({"json": {"state": "UP"}}, {"json": "state", "equals": "DOWN"})


@pytest.mark.parametrize(
    ("running", "paused", "body", "state"),
    [
        (*WORDS, "state=up", JobState.RUNNING),
        (*WORDS, "state=down", JobState.PAUSED),
        (*WORDS, MAINTENANCE, UNKNOWN),
        (*VALUES, '{"state": "UP"}', JobState.RUNNING),
        (*VALUES, '{"state": "DOWN"}', JobState.PAUSED),
        (*VALUES, '{"state": "RESTARTING"}', UNKNOWN),
        (*VALUES, MAINTENANCE, UNKNOWN),
        (WORDS[0], None, MAINTENANCE, UNKNOWN),
        (
            {"text": "up"},
            {"text": "not up"},
            "not up",
            replace(UNKNOWN, reason=UNKNOWN.reason.replace("neither running nor", "both running and")),
        ),
    ],
)
async def test_with_a_sign_for_paused_any_other_answer_is_unknown(
    running: Mapping[str, object], paused: Mapping[str, object] | None, body: str, state: JobState | Refused
) -> None:
    assert await asked(running, httpx.Response(200, content=body), paused) == state


async def test_one_value_that_differs_is_not_paused_while_another_is_missing() -> None:
    answer = await asked({"json": {"state": "UP", "ready": True}}, httpx.Response(200, content='{"state": "DOWN"}'))
    assert isinstance(answer, Refused)


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < 100_000_000:
            self.sent += 65_536
            yield b"x" * 65_536


async def test_of_an_answer_without_end_only_the_beginning_is_read() -> None:
    endless = Endless()
    answer = await asked({"text": "y"}, httpx.Response(200, stream=endless), {"text": "x"})
    assert isinstance(answer, Refused)
    assert endless.sent <= 2 * LARGEST_ANSWER


async def test_a_compressed_answer_is_not_asked_for_and_not_unpacked() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b'{"x": 1}'))

    state = await HttpJobs(tools(answer)).state(a_job({"json": "x", "equals": 1}))
    assert isinstance(state, Refused)
    assert "compressed" in state.reason
    assert seen[0].headers["Accept-Encoding"] == "identity"


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
