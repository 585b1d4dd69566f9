"""The other scenarios: one fault for a while, then what was measured beside what was done, and what was not done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from slo_service.collect.canary.envelope import CanaryId
from slo_service.demo.faults import Fault
from slo_service.demo.talk import Say
from slo_service.demo.watch import Watch
from slo_service.domain.event import Change, Verdict
from slo_service.domain.indicator import SINK
from slo_service.domain.instant import SECOND, seconds
from slo_service.domain.status import State

UNJUST = ("found", "lost", "late", "overdue")


@dataclass(frozen=True, slots=True)
class Pace:
    """`settle_seconds` covers the deadline of 20 s and the readers' polls."""

    warm_seconds: float = 30
    fault_seconds: float = 60
    settle_seconds: float = 30


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must be so, with the numbers it rests on."""

    says: str
    holds: bool


async def duplicates(watch: Watch, say: Say, pace: Pace = Pace()) -> bool:
    """Every canary written twice is counted twice, and no other one."""
    since_ns = await _break(watch, say, Fault.DUPLICATE, pace)
    injected = _canaries(watch, Fault.DUPLICATE)
    seen = Counter({(one.run, one.partition, one.seq): one.copies.get(SINK, 0) for one in watch.canaries(since_ns)})
    twice = {key for key, copies in seen.items() if copies > 1}
    return await _conclude(watch, say, since_ns, [
        Claim(f"{len(injected)} canaries were written twice, {len(twice)} were seen twice, the same ones",
              twice == injected and bool(injected)),
        _nothing_paused(await _acted(watch, since_ns)),
    ])  # fmt: skip


async def loss(watch: Watch, say: Say, pace: Pace = Pace()) -> bool:
    """Every canary that was dropped is lost, and no other one. Lag sees nothing of it: one witness pauses no job."""
    since_ns = await _break(watch, say, Fault.DROP, pace)
    injected = _canaries(watch, Fault.DROP)
    lost = {(one.run, one.partition, one.seq) for one in watch.canaries(since_ns) if one.verdict == "lost"}
    return await _conclude(watch, say, since_ns, [
        Claim(f"{len(injected)} canaries were dropped, {len(lost)} are lost, the same ones",
              lost == injected and bool(injected)),
        _nothing_paused(await _acted(watch, since_ns)),
    ])  # fmt: skip


async def hot_partition(watch: Watch, say: Say, pace: Pace = Pace()) -> bool:
    """One partition grows old, the others stay young, and both the lag and the canaries name it."""
    say(f"in {pace.warm_seconds} s: {Fault.HOT_PARTITION.says}")
    await asyncio.sleep(pace.warm_seconds)
    since_ns = watch.now_ns()
    watch.world.switches.turn(Fault.HOT_PARTITION, True)
    await asyncio.sleep(pace.fault_seconds)
    old = _old_partitions(watch)
    late = Counter(one.partition for one in watch.canaries(since_ns) if one.verdict in UNJUST)
    watch.world.switches.turn(Fault.HOT_PARTITION, False)
    say("fault off", "green")
    return await _conclude(watch, say, since_ns, [
        Claim(f"partitions more than 5 s behind by their lag: {sorted(old) or 'none'}", len(old) == 1),
        Claim(f"late canaries by partition: {dict(late) or 'none'}", set(late) == old),
    ])  # fmt: skip


async def monitor_outage(watch: Watch, say: Say, pace: Pace = Pace()) -> bool:
    """The monitor is blind: neither good nor bad is said, nothing is done, and nothing is called lost afterwards."""
    say(f"in {pace.warm_seconds} s: {Fault.STOP_READER.says}")
    await asyncio.sleep(pace.warm_seconds)
    since_ns = watch.now_ns()
    watch.world.switches.turn(Fault.STOP_READER, True)
    say(f"fault: {Fault.STOP_READER.says}", "red")
    await asyncio.sleep(pace.fault_seconds)
    states = {name: watch.service.live.statuses()[name].state for name in ("orders-freshness", "orders-completeness")}
    watch.world.switches.turn(Fault.STOP_READER, False)
    say("fault off", "green")
    await asyncio.sleep(pace.settle_seconds)
    blamed = [one for one in watch.canaries(since_ns) if one.verdict in UNJUST]
    fired = await watch.pages(since_ns, Change.FIRED)
    return await _conclude(watch, say, since_ns, [
        Claim(f"while blind: {', '.join(f'{name} {state}' for name, state in states.items())}",
              State.BURNING not in states.values() and State.HEALTHY not in states.values()),
        Claim(f"{len(blamed)} canaries of the blind time are blamed on the pipeline", not blamed),
        Claim(f"{len(fired)} pages", not fired),
        _nothing_paused(await _acted(watch, since_ns)),
    ])  # fmt: skip


async def _break(watch: Watch, say: Say, fault: Fault, pace: Pace) -> int:
    say(f"in {pace.warm_seconds} s: {fault.says}")
    await asyncio.sleep(pace.warm_seconds)
    since_ns = watch.now_ns()
    watch.world.switches.turn(fault, True)
    say(f"fault: {fault.says}", "red")
    await asyncio.sleep(pace.fault_seconds)
    watch.world.switches.turn(fault, False)
    say(f"fault off; what is still under way has {pace.settle_seconds:g} s", "green")
    await asyncio.sleep(pace.settle_seconds)
    return since_ns - 2 * SECOND  # a canary under way when the fault began was sent before it


async def _conclude(watch: Watch, say: Say, since_ns: int, claims: Iterable[Claim]) -> bool:
    for decision in await watch.decisions(since_ns):
        say(f"{decision.action} {decision.target}: {decision.verdict}: {decision.reason}")
    for name, status in watch.service.live.statuses().items():
        reading = status.readings.get(30 * SECOND) or status.budget.reading
        burn = "unmeasured" if reading.burn is None else f"{float(reading.burn):.1f}× the budget's pace"
        say(f"{name}: {status.state}, over the last {seconds(reading.length_ns):g} s {burn}")
    whole = True
    for claim in claims:
        say(f"{'as expected' if claim.holds else 'NOT as expected'}: {claim.says}", "green" if claim.holds else "red")
        whole = whole and claim.holds
    return whole


async def _acted(watch: Watch, since_ns: int) -> list[str]:
    return [d.target for d in await watch.decisions(since_ns) if d.verdict is Verdict.ACT and d.action == "pauseJobs"]


def _nothing_paused(targets: list[str]) -> Claim:
    return Claim(f"paused: {', '.join(targets) or 'no job'}", not targets)


def _canaries(watch: Watch, fault: Fault) -> set[tuple[str, int, int]]:
    ids = (CanaryId.from_text(one.event_id) for one in watch.world.switches.injected(fault) if one.canary)
    return {who.key for who in ids if who is not None}


def _old_partitions(watch: Watch) -> set[int]:
    groups = [group for group in watch.service.pulse.groups() if group.stage != SINK]
    return {p.partition for group in groups for p in group.partitions if p.age_ns and p.age_ns > 5 * SECOND}
