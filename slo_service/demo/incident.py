"""The scenario `incident`: the enricher stands still, and everything that is promised happens by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from slo_service.demo.faults import Fault
from slo_service.demo.talk import Say, table
from slo_service.demo.watch import Watch
from slo_service.domain.event import Change, Verdict
from slo_service.domain.instant import SECOND, format_duration, seconds

BEFORE_NS = 5 * SECOND  # a canary under way when the fault begins is sent at most so long before
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Pace:
    """When the fault begins, how long it stays once the jobs are paused, and when the whole must be over."""

    fault_after_ns: int = 30 * SECOND
    held_ns: int = 10 * SECOND
    longest_ns: int = 215 * SECOND


@dataclass(slots=True)
class Marks:
    """What happened when, in the order in which it must. Wall instants; missing ones did not happen."""

    at_ns: dict[str, int] = field(default_factory=dict)

    def rows(self, fault_ns: int) -> list[tuple[str, str, str]]:
        rows, before_ns = [], fault_ns
        for name in ORDER:
            instant_ns = self.at_ns.get(name)
            if instant_ns is None:
                rows.append((name, "—", "did not happen"))
                continue
            step = seconds(instant_ns - before_ns)
            rows.append((name, f"{seconds(instant_ns - fault_ns):+.1f} s", f"{step:+.1f} s after the line before"))
            before_ns = instant_ns
        return rows


FAULT, UNSEEN, PAGE, PAUSED, MESSAGE = "fault", "first unseen canary sent", "page", "jobs paused", "message"
OFF, FRESH, QUIET, RESUMED = "fault off", "fresh again", "quiet", "jobs resumed"
ORDER = (FAULT, UNSEEN, PAGE, PAUSED, MESSAGE, OFF, FRESH, QUIET, RESUMED)


async def incident(watch: Watch, say: Say, pace: Pace = Pace()) -> bool:
    """True when every mark was reached and the critical job was left alone."""
    start_ns, marks = watch.now_ns(), Marks()
    say(f"in {format_duration(pace.fault_after_ns)} the enricher will stand still")
    await asyncio.sleep(seconds(pace.fault_after_ns))
    fault_ns = marks.at_ns[FAULT] = watch.now_ns()
    watch.world.switches.turn(Fault.STALL, True)
    say(f"fault: {Fault.STALL.says}", "red")
    story = _Story(watch, say, marks, fault_ns, start_ns + pace.longest_ns, pace.held_ns)
    try:
        whole = await story.breaks() and await story.recovers()
    finally:
        watch.world.switches.turn(Fault.STALL, False)
    untouched = watch.all_are("running", best_effort=False)
    await _explain(watch, say, fault_ns)
    say("what happened, counted from the fault:\n" + table(marks.rows(fault_ns)), "bold")
    say("the critical job was left alone" if untouched else "the critical job does not run", "" if untouched else "red")
    whole = whole and untouched
    say("all of it happened" if whole else "not all of it happened", "green" if whole else "red")
    return whole


@dataclass(frozen=True, slots=True)
class _Story:
    watch: Watch
    say: Say
    marks: Marks
    fault_ns: int
    until_ns: int
    held_ns: int

    async def breaks(self) -> bool:
        since_ns = self.fault_ns - BEFORE_NS
        watch = self.watch
        return (
            await self._reach(UNSEEN, _now(lambda: watch.first_unseen_ns(since_ns)))
            and await self._reach(PAGE, self._page)
            and await self._reach(PAUSED, self._paused)
            and await self._reach(MESSAGE, _now(lambda: watch.message_ns(self.fault_ns)))
        )

    async def recovers(self) -> bool:
        watch = self.watch
        await asyncio.sleep(seconds(self.held_ns))
        off_ns = self.marks.at_ns[OFF] = watch.now_ns()
        watch.world.switches.turn(Fault.STALL, False)
        self.say("fault off: the enricher works again", "green")
        return (
            await self._reach(FRESH, _now(lambda: watch.first_arrival_ns(off_ns)))
            and await self._reach(QUIET, self._quiet)
            and await self._reach(RESUMED, self._resumed)
        )

    async def _reach(self, name: str, look: Callable[[], Awaitable[int | None]]) -> bool:
        while (found_ns := await look()) is None:
            if self.watch.now_ns() >= self.until_ns:
                self.say(f"{name}: did not happen in time", "red")
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        self.marks.at_ns[name] = found_ns
        self.say(f"{name}: {seconds(found_ns - self.fault_ns):.1f} s after the fault", "yellow")
        return True

    async def _page(self) -> int | None:
        """The first one that a policy answers; another objective may page before it."""
        answered = {decision.slo for decision in await self.watch.decisions(self.fault_ns)}
        fired = await self.watch.pages(self.fault_ns, Change.FIRED)
        return next((page.recorded_ns for page in fired if page.slo in answered), None)

    async def _paused(self) -> int | None:
        done = await self.watch.enacted_ns(self.fault_ns, Verdict.ACT)
        return max(done.values()) if done and self.watch.all_are("paused") else None

    async def _quiet(self) -> int | None:
        """The end of the last page that a policy answers, once none of these fires any more."""
        answered = {decision.slo for decision in await self.watch.decisions(self.fault_ns)}
        cleared = [page for page in await self.watch.pages(self.fault_ns, Change.CLEARED) if page.slo in answered]
        fired = [page for page in await self.watch.pages(self.fault_ns, Change.FIRED) if page.slo in answered]
        over = {(one.slo, one.tier.tier.name) for one in fired} == {(one.slo, one.tier.tier.name) for one in cleared}
        return cleared[-1].recorded_ns if cleared and over else None

    async def _resumed(self) -> int | None:
        done = await self.watch.enacted_ns(self.fault_ns, Verdict.UNDO)
        return max(done.values()) if done and self.watch.all_are("running") else None


def _now(look: Callable[[], int | None]) -> Callable[[], Awaitable[int | None]]:
    async def ready() -> int | None:
        return look()

    return ready


async def _explain(watch: Watch, say: Say, since_ns: int) -> None:
    """Every page, every decision with its reason, and every message, as `slo explain` and the inbox have them."""
    for change in (Change.FIRED, Change.CLEARED):
        for page in await watch.pages(since_ns, change):
            say(f"page {page.slo} {change} {seconds(page.recorded_ns - since_ns):.1f} s after the fault")
    for decision in await watch.decisions(since_ns):
        say(f"{decision.action} {decision.target}: {decision.verdict} ({decision.id})\n    {decision.reason}")
    for message in watch.world.inbox.messages():
        say(f"{message.by}: {message.subject}")
