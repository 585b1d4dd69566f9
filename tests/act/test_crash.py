"""A kill between any two awaits, before or after the call took effect, and what a new process makes of it."""

from contextlib import suppress

import pytest

from slo_service.act.ports import JobState
from tests.act.fakes import Fuse, Killed
from tests.act.workshop import EXPORT, Workshop, letter_facts

KILLS = [pytest.param(n, after, id=f"{'after' if after else 'before'} call {n}") for n in range(1, 16)
         for after in (False, True)]  # fmt: skip


async def crash_and_go_on(shop: Workshop, at: int, after: bool) -> None:
    """One pass that is killed at the given call, then a new process that is not."""
    shop.fuse.at, shop.fuse.after, shop.fuse.calls = at, after, 0
    with suppress(Killed):
        await shop.step()
    shop.fuse.at = 0
    shop.restart()
    await shop.step(2)


@pytest.mark.parametrize(("at", "after"), KILLS)
async def test_a_pause_survives_a_kill_and_its_release_resumes_the_job(at: int, after: bool) -> None:
    shop = Workshop()
    shop.pause()
    await crash_and_go_on(shop, at, after)
    assert (shop.jobs.states["export"], shop.wanted.rows[EXPORT][0].found) == (JobState.PAUSED, "running")
    shop.release()
    await shop.step()
    assert shop.jobs.calls.count(("resume", "export")) == 1


@pytest.mark.parametrize(("at", "after"), KILLS)
async def test_a_release_survives_a_kill_and_resumes_exactly_once(at: int, after: bool) -> None:
    shop = Workshop()
    shop.pause()
    await shop.step()
    shop.release()
    await crash_and_go_on(shop, at, after)
    assert shop.jobs.states["export"] is JobState.RUNNING
    assert shop.jobs.calls.count(("resume", "export")) == 1


@pytest.mark.parametrize(("at", "after"), KILLS)
async def test_a_release_right_after_a_killed_pause_leaves_the_job_running(at: int, after: bool) -> None:
    shop = Workshop()
    shop.pause()
    shop.fuse.at, shop.fuse.after, shop.fuse.calls = at, after, 0
    with suppress(Killed):
        await shop.step()
    shop.fuse.at = 0
    shop.release()
    shop.restart()
    await shop.step(2)
    assert shop.jobs.states["export"] is JobState.RUNNING


@pytest.mark.parametrize(("at", "after"), KILLS)
async def test_a_job_others_paused_is_not_resumed_whatever_was_killed(at: int, after: bool) -> None:
    shop = Workshop(JobState.PAUSED)
    shop.pause()
    await crash_and_go_on(shop, at, after)
    shop.release()
    await crash_and_go_on(shop, at, after)
    assert shop.jobs.calls == []


@pytest.mark.parametrize(("at", "after"), KILLS)
async def test_no_message_is_lost_and_none_comes_more_than_twice_under_another_key(at: int, after: bool) -> None:
    shop = Workshop()
    shop.outbox.fresh.append(letter_facts())
    await crash_and_go_on(shop, at, after)
    keys = [letter.key for letter in shop.channel.letters]
    assert len(set(keys)) == 2
    assert len(keys) <= 3


async def test_no_pause_is_called_before_what_was_found_is_committed() -> None:
    for at in range(1, 16):
        shop = Workshop(fuse=Fuse(at=at))
        shop.pause()
        with suppress(Killed):
            await shop.step()
        if ("pause", "export") in shop.jobs.calls:
            assert shop.wanted.rows[EXPORT][0].found == "running"
