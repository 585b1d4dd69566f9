from __future__ import annotations

import asyncio

import pytest

from slo_service.runtime.main import unless


async def test_a_process_that_waits_for_the_lead_obeys_a_signal() -> None:
    ended, given_up = asyncio.Event(), []

    async def waits_for_the_lead() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append("waiting")
        return "service"

    asyncio.get_running_loop().call_later(0.01, ended.set)
    assert await asyncio.wait_for(unless(ended, waits_for_the_lead()), 5) is None
    assert given_up == ["waiting"]


async def test_what_starts_is_handed_over_and_what_fails_says_why() -> None:
    async def starts() -> str:
        return "service"

    async def fails() -> str:
        raise OSError("the address is taken")

    assert await unless(asyncio.Event(), starts()) == "service"
    with pytest.raises(OSError, match="the address is taken"):
        await unless(asyncio.Event(), fails())
