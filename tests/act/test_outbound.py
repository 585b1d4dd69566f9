import asyncio
import threading
from collections.abc import Sequence

import pytest

from slo_service.act.outbound import LOOKUPS_AT_ONCE, Guard, Resolver
from slo_service.act.ports import Refused


async def named(host: str, port: int) -> Sequence[str]:
    """A resolver with two names; everything else is an address already."""
    known = {"inside.example": ["10.0.0.1", "169.254.169.254"], "fine.example": ["10.0.0.1"]}
    if host == "gone.example":
        raise OSError("no such name")
    return known.get(host, [host])


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
        "http://100.100.100.200/",
        "http://0.0.0.0/",
        "https://inside.example/",
        "ftp://10.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http://[broken/",
        "http://10.0.0.1:port/",
    ],
)
async def test_these_are_never_called(url: str) -> None:
    refusal = await Guard(named).refusal(url)
    assert isinstance(refusal, Refused)
    assert not refusal.retryable


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "https://10.1.2.3/x", "http://[::1]/", "https://fine.example"]
)
async def test_these_may_be_called(url: str) -> None:
    assert await Guard(named).refusal(url) is None


async def test_a_name_that_cannot_be_found_may_be_found_later() -> None:
    refusal = await Guard(named).refusal("http://gone.example/")
    assert refusal is not None
    assert refusal.retryable


async def test_a_number_that_is_an_address_is_seen_through_by_the_systems_resolver() -> None:
    assert await Guard().refusal("http://2852039166/") is not None


async def test_a_name_that_hangs_holds_up_neither_addresses_nor_other_names() -> None:
    answers = threading.Event()
    asked: list[str] = []

    def look_up(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        if host == "hangs.example":
            answers.wait(10)
        return ["10.0.0.1"]

    guard = Guard(Resolver(look_up, seconds=0.2))
    try:
        refusals = await asyncio.gather(*(guard.refusal("http://hangs.example/") for _ in range(3 * LOOKUPS_AT_ONCE)))
        assert all(refusal is not None and refusal.retryable for refusal in refusals)
        assert await guard.refusal("http://fine.example/") is None
        assert asked == ["hangs.example", "fine.example"]
    finally:
        answers.set()


async def test_addresses_and_localhost_need_no_resolver() -> None:
    def look_up(host: str, _: int) -> Sequence[str]:
        raise AssertionError(host)

    guard = Guard(Resolver(look_up))
    for host in ("127.0.0.1:8080", "[::1]", "[2001:db8::1]", "localhost:80", "10.1.2.3"):
        assert await guard.refusal(f"http://{host}/") is None
    assert await guard.refusal("http://[fe80::1%25eth0]/") is not None


async def test_a_name_that_came_back_is_looked_up_again() -> None:
    outcomes: list[Sequence[str] | OSError] = [OSError("away"), ["10.0.0.1"], ["169.254.169.254"]]

    def look_up(_: str, __: int) -> Sequence[str]:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    guard = Guard(Resolver(look_up))
    refusals = [await guard.refusal("http://name.example/") for _ in range(3)]
    assert [refusal and refusal.retryable for refusal in refusals] == [True, None, False]
