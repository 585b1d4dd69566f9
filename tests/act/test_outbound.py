from collections.abc import Sequence

import pytest

from slo_service.act.outbound import Guard
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
