import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from slo_service.act.ports import Delivered, JobState, Refused
from slo_service.act.retry import Backoff
from slo_service.collect.ports import StoreUnavailable
from slo_service.domain.event import Wanted, WantedState
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.pipeline import Job
from tests.act.workshop import EXPORT, Workshop, letter_facts, until

BUSY = Refused("busy", retryable=True)
NEVER = Refused("forbidden", retryable=False)


async def test_a_running_job_is_paused_and_what_it_was_is_recorded_before_the_call() -> None:
    shop = Workshop()
    shop.pause()
    await shop.step()
    assert shop.jobs.states["export"] is JobState.PAUSED
    assert shop.wanted.rows[EXPORT][0].found == "running"
    assert shop.outcomes == ["paused; found running before"]


async def test_a_job_that_others_paused_stays_theirs_through_pause_and_release() -> None:
    shop = Workshop(JobState.PAUSED)
    shop.pause()
    await shop.step()
    shop.release()
    await shop.step()
    assert shop.jobs.calls == []
    assert shop.outcomes[0] == "already paused, not by us; left so"
    assert shop.jobs.states["export"] is JobState.PAUSED


async def test_what_we_paused_is_resumed_exactly_once() -> None:
    shop = Workshop()
    shop.pause()
    await shop.step()
    shop.release()
    await shop.step(3)
    assert shop.jobs.calls == [("pause", "export"), ("resume", "export")]


async def test_a_pause_not_made_when_its_release_comes_is_a_recorded_nothing() -> None:
    shop = Workshop()
    shop.pause()
    shop.release()
    await shop.step()
    assert shop.jobs.calls == []
    assert "nothing of ours to undo" in (shop.outcomes[1] or "")
    assert shop.log.rows[0].final


async def test_a_pause_that_overtakes_a_release_stays_ours_to_undo() -> None:
    shop = Workshop()
    shop.pause()
    await shop.step()
    shop.release()
    shop.pause()
    await shop.step()
    assert shop.wanted.rows[EXPORT][2].found == "running"
    shop.release()
    await shop.step()
    assert shop.jobs.states["export"] is JobState.RUNNING


async def test_a_person_who_paused_the_job_after_our_release_is_respected_by_the_next_pause() -> None:
    shop = Workshop()
    for move in (shop.pause, shop.release):
        move()
        await shop.step()
    shop.jobs.states["export"] = JobState.PAUSED
    for move in (shop.pause, shop.release):
        move()
        await shop.step()
    assert shop.jobs.states["export"] is JobState.PAUSED


async def test_a_refused_pause_is_tried_again_after_the_time_the_remote_asked_for() -> None:
    shop = Workshop()
    shop.jobs.refusals = [Refused("busy", retryable=True, retry_after_ns=10 * MINUTE)]
    shop.pause()
    await shop.worker.step()
    shop.now_ns += 9 * MINUTE
    await shop.worker.step()
    assert len(shop.jobs.calls) == 1
    shop.now_ns += MINUTE
    await shop.worker.step()
    assert shop.jobs.states["export"] is JobState.PAUSED
    assert [(row.attempt, row.ok, row.final) for row in shop.log.rows] == [(1, False, False), (2, True, True)]


@pytest.mark.parametrize(("refusals", "calls"), [([NEVER], 1), ([BUSY] * 20, 12)], ids=["for good", "too often"])
async def test_a_pause_is_given_up_for_good(refusals: list[Refused], calls: int) -> None:
    shop = Workshop()
    shop.jobs.refusals = refusals
    shop.pause()
    await shop.step(15)
    assert len(shop.jobs.calls) == calls
    assert (shop.outcomes[0] or "").startswith("not paused:")


async def test_a_resume_is_never_given_up() -> None:
    shop = Workshop()
    shop.pause()
    await shop.step()
    shop.jobs.refusals = [NEVER, *[BUSY] * 20]
    shop.release()
    await shop.step(25)
    assert shop.jobs.states["export"] is JobState.RUNNING


async def test_told_is_not_done_until_the_job_shows_it() -> None:
    shop = Workshop()

    async def accept(job: Job, key: str) -> Delivered:
        return Delivered()

    shop.jobs.pause = accept  # type: ignore[method-assign]  # a remote that accepts and does nothing
    shop.pause()
    await shop.step()
    assert shop.outcomes == [None]
    assert "not paused yet" in shop.log.rows[0].detail


async def test_a_job_that_hangs_delays_no_other() -> None:
    shop = Workshop(controller_seconds=60)

    async def hang(job: Job) -> JobState:
        if job.name == "export":
            await asyncio.sleep(60)
        return shop.jobs.states[job.name]

    shop.jobs.state = hang  # type: ignore[method-assign]  # a remote that never answers
    running = asyncio.create_task(shop.worker.run())
    try:
        shop.pause()
        await until(lambda: shop.worker._busy)
        shop.wanted.want("job:backfill", Wanted.PAUSED)
        await until(lambda: shop.jobs.states["backfill"] is JobState.PAUSED)
    finally:
        await stop(running)


async def test_a_wish_is_carried_out_when_woken_and_its_undo_too_without_waiting_for_a_poll() -> None:
    shop = Workshop(poll_seconds=60)
    running = asyncio.create_task(shop.worker.run())
    try:
        await asyncio.sleep(0.01)
        shop.pause()
        shop.worker.wake()
        await until(lambda: shop.jobs.states["export"] is JobState.PAUSED)
        shop.release()
        shop.worker.wake()
        await until(lambda: shop.jobs.states["export"] is JobState.RUNNING)
    finally:
        await stop(running)


async def test_a_wish_that_changes_while_it_is_carried_out_is_seen_right_after() -> None:
    shop = Workshop(poll_seconds=60)
    pause = shop.jobs.pause

    async def pause_slowly(job: Job, key: str) -> Delivered | Refused:
        shop.release()
        shop.worker.wake()
        await asyncio.sleep(0.05)
        return await pause(job, key)

    shop.jobs.pause = pause_slowly  # type: ignore[method-assign]  # a release comes while the pause is under way
    shop.pause()
    running = asyncio.create_task(shop.worker.run())
    try:
        await until(lambda: shop.jobs.calls == [("pause", "export"), ("resume", "export")])
    finally:
        await stop(running)


async def test_a_store_that_is_away_is_waited_for() -> None:
    shop = Workshop()
    pending = shop.wanted.pending
    failures = [StoreUnavailable("full"), StoreUnavailable("full")]

    async def away() -> Sequence[WantedState]:
        if failures:
            raise failures.pop()
        return await pending()

    shop.wanted.pending = away  # type: ignore[method-assign]  # the store comes back at the third try
    shop.pause()
    running = asyncio.create_task(shop.worker.run())
    try:
        await until(lambda: shop.jobs.states["export"] is JobState.PAUSED)
    finally:
        await stop(running)


async def test_a_worker_that_is_woken_while_it_is_stopped_stops() -> None:
    shop = Workshop(poll_seconds=60)
    running = asyncio.create_task(shop.worker.run())
    await asyncio.sleep(0.01)
    shop.worker.wake()
    await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=1)
    assert done


async def test_what_ends_the_work_is_raised_as_itself() -> None:
    shop = Workshop()

    async def deposed() -> Sequence[WantedState]:
        raise PermissionError("another service took over")

    shop.wanted.pending = deposed  # type: ignore[method-assign]  # a store that was handed to another
    with pytest.raises(PermissionError, match="another service took over"):
        await shop.worker.run()


async def test_every_channel_of_the_contact_gets_the_message_once_under_its_own_key() -> None:
    shop = Workshop()
    shop.outbox.fresh.append(letter_facts())
    await shop.step(3)
    keys = [letter.key for letter in shop.channel.letters]
    assert len(keys) == len(set(keys)) == 2


async def test_a_refused_message_is_tried_again_until_the_limit_and_each_attempt_is_recorded() -> None:
    shop = Workshop()
    shop.outbox.fresh.append(letter_facts())
    shop.channel.refusals = [BUSY] * 100
    await shop.step(20)
    assert len(shop.outbox.deliveries) == 2 * 12
    assert [row.final for row in shop.outbox.deliveries].count(True) == 2


async def test_a_channel_that_hangs_or_breaks_is_an_answer() -> None:
    shop = Workshop()
    shop.outbox.fresh.append(letter_facts())

    async def misbehave(spec: object, letter: object) -> Delivered:
        if not shop.outbox.deliveries:
            raise RuntimeError("https://hooks.example/secret")
        await asyncio.sleep(60)
        return Delivered()

    shop.channel.send = misbehave  # type: ignore[method-assign]  # an adapter of someone's
    await shop.step(2)
    details = " ".join(row.detail for row in shop.outbox.deliveries)
    assert "RuntimeError" in details
    assert "did not answer within" in details
    assert "secret" not in details


async def test_a_message_to_nobody_is_recorded_as_undeliverable() -> None:
    shop = Workshop()
    message = letter_facts()
    shop.outbox.fresh.append(type(message)(message.id, message.decision, "gone", "burning", "x", message.facts))
    await shop.step()
    assert [(row.ok, row.final) for row in shop.log.rows] == [(False, True)]
    assert shop.outbox.fresh == []


@pytest.mark.parametrize(("attempt", "least", "most"), [(1, SECOND // 2, SECOND), (3, 2 * SECOND, 4 * SECOND),
                                                        (50, 150 * SECOND, 300 * SECOND)])  # fmt: skip
def test_waits_double_up_to_a_limit_with_jitter(attempt: int, least: int, most: int) -> None:
    waits = {Backoff().wait_ns(f"m-{n}", attempt) for n in range(50)}
    assert least <= min(waits) < max(waits) <= most
    assert Backoff().wait_ns("m", attempt, wish_ns=10 * HOUR) == HOUR


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
