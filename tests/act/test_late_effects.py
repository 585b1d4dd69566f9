"""A job that we paused is not left behind: neither by a remote that is away for a moment, nor by a pause come late."""

import asyncio

import pytest

from slo_service.act.ports import Delivered, JobState, Refused
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Job
from tests.act.workshop import Workshop


async def look(shop: Workshop, after_seconds: float) -> None:
    shop.now_ns += int(after_seconds * SECOND)
    await shop.worker.step()


async def paused() -> Workshop:
    shop = Workshop()
    shop.pause()
    await shop.worker.step()
    return shop


async def test_a_job_that_is_away_for_a_moment_is_resumed_when_it_is_back() -> None:
    shop = await paused()
    del shop.jobs.states["export"]
    shop.release()
    await look(shop, 1)
    shop.jobs.states["export"] = JobState.PAUSED
    await look(shop, 10)
    assert shop.jobs.states["export"] is JobState.RUNNING
    assert shop.outcomes[-1] == "resumed"


@pytest.mark.parametrize(("waits", "gone"), [([1, 10, 10], False), ([1, 31], False), ([1, 10, 21], True)])
async def test_a_job_is_gone_after_three_looks_over_half_a_minute(waits: list[float], gone: bool) -> None:
    shop = await paused()
    del shop.jobs.states["export"]
    shop.release()
    for wait in waits:
        await look(shop, wait)
    assert shop.outcomes[-1] == ("gone by now; nothing to resume" if gone else None)


async def test_absent_in_a_pause_that_overtook_a_release_does_not_make_the_job_somebody_elses() -> None:
    shop = await paused()
    shop.release()
    shop.pause()
    del shop.jobs.states["export"]
    await look(shop, 1)
    shop.jobs.states["export"] = JobState.PAUSED
    shop.release()
    await look(shop, 1)
    assert shop.jobs.states["export"] is JobState.RUNNING


def come_late(shop: Workshop) -> None:
    """The remote takes the next pause and does not answer; it carries it out when the test says so."""
    pause = shop.jobs.pause

    async def hang(job: Job, key: str) -> Delivered | Refused:
        shop.jobs.pause = pause  # type: ignore[method-assign]  # only the first hangs
        await asyncio.sleep(60)
        return Delivered()

    shop.jobs.pause = hang  # type: ignore[method-assign]  # a remote that is slow


async def test_a_pause_that_comes_after_its_release_is_undone() -> None:
    shop = Workshop()
    come_late(shop)
    shop.pause()
    await shop.worker.step()
    shop.release()
    await look(shop, 1)
    assert shop.outcomes[-1] is None
    shop.jobs.states["export"] = JobState.PAUSED
    await look(shop, 5)
    assert shop.jobs.states["export"] is JobState.RUNNING


async def test_a_first_pause_that_comes_after_the_second_was_resumed_is_undone_too() -> None:
    shop = Workshop()
    come_late(shop)
    shop.pause()
    await shop.worker.step()
    await look(shop, 5)
    assert shop.outcomes == ["paused; found running before"]
    shop.release()
    await look(shop, 1)
    shop.jobs.states["export"] = JobState.PAUSED
    await look(shop, 5)
    assert shop.jobs.states["export"] is JobState.RUNNING


async def test_still_running_after_the_time_out_is_done() -> None:
    shop = Workshop()
    come_late(shop)
    shop.pause()
    await shop.worker.step()
    shop.release()
    await look(shop, 1)
    await look(shop, 5)
    assert shop.outcomes[-1] == "running already"


async def test_a_pause_that_a_predecessor_sent_may_come_late_too() -> None:
    shop = Workshop()
    come_late(shop)
    shop.pause()
    await shop.worker.step()
    shop.release()
    shop.restart()
    await look(shop, 1)
    assert shop.outcomes[-1] is None
    await look(shop, 5)
    assert shop.outcomes[-1] == "running already"


async def test_after_an_answered_pause_somebody_elses_resume_is_believed_at_once() -> None:
    shop = await paused()
    shop.jobs.states["export"] = JobState.RUNNING
    shop.release()
    await look(shop, 1)
    assert shop.outcomes[-1] == "running already"
