"""What judging thousands of objectives every second costs: time, memory, start. The peer is a real Prometheus on this
machine in the same run, with the rules that say the same. Each part runs in a process of its own, so that none measures
the memory or the garbage of another."""

import asyncio
import gc
import logging
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import psutil
import structlog

from benchmarks import coming_back
from benchmarks.measurement import Measurement
from benchmarks.objectives import Life, described, objectives
from benchmarks.peer_prometheus import Cost, costs
from slo_service.decide.ports import Round
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.runtime.heap import standing
from slo_service.store.sql.store import open_store
from tests.services.absence import Absent

OBJECTIVES, MANY, COMPARED, PEERS_OBJECTIVES = 10_000, 100_000, 2_000, 100
TICKS, BURSTS = 60, 10
WARMING = 15  # ticks at first, in which all that is new is judged
WINDOWS_DAYS = (1, 30, 90)
SPARSE = (
    (72 * HOUR, 6 * HOUR),
    (26 * HOUR, 2 * HOUR),
    (6 * HOUR + 30 * MINUTE, 30 * MINUTE),
    (130 * MINUTE, 10 * MINUTE),
    (36 * MINUTE, 2 * MINUTE),
    (8 * MINUTE, MINUTE),
    (MINUTE, 10 * SECOND),
)
"""A past that is filled in sooner, and still leaves no gap in any window."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Ticks:
    """Milliseconds: CPU time of judging alone while nothing changes, and of ticks in which a second's differences are
    applied, some objectives change, and that is persisted; what all of the latter took and wrote."""

    quiet_ms: list[float]
    busy_ms: list[float]
    busy_cpu_ms: list[float]
    rows: int

    @property
    def us_per_objective(self) -> float:
        return statistics.mean(self.busy_cpu_ms) * 1000 / OBJECTIVES


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an evaluator of so many streams takes, and the shortest of some ticks."""

    streams: int
    size_bytes: int
    tick_ms: float


def in_a_process_of_its_own(work: Callable[..., Result], *arguments: object) -> Result:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def lived(count: int, window_ns: int = 30 * DAY) -> Life:
    """With its past, kept out of the garbage collector's sight as the service keeps it."""
    with standing():
        life = Life(objectives(count, window_ns))
        life.fill()
        life.evaluator.tick(life.now_ns)
    return life


def arithmetic(count: int, window_ns: int) -> list[float]:
    return quiet_ms(lived(count, window_ns))


def quiet_ms(life: Life) -> list[float]:
    """CPU milliseconds of `Evaluator.tick` alone while nothing changes, after each second's canaries were applied."""
    return [judged_ms(life) for _ in range(TICKS + WARMING)][WARMING:]


def judged_ms(life: Life) -> float:
    deltas, progress = life.second()
    life.evaluator.apply(deltas, progress)
    begun = time.process_time()
    life.evaluator.tick(life.now_ns)
    return (time.process_time() - begun) * 1000


def ticks(count: int) -> Ticks:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return asyncio.run(_ticks(count, Path(folder)))


async def _ticks(count: int, folder: Path) -> Ticks:
    life = lived(count)
    quiet = quiet_ms(life)
    store = await open_store(f"sqlite:///{folder}/slo.db", lambda: life.now_ns)
    await store.leadership.acquire("benchmark", life.now_ns, DAY)
    busy: list[float] = []
    busy_cpu: list[float] = []
    rows = 0
    for _ in range(TICKS):
        deltas, progress = life.second(BURSTS)
        begun, cpu = time.perf_counter(), time.process_time()
        life.evaluator.apply(deltas, progress)
        evaluation = life.evaluator.tick(life.now_ns)
        round_ = Round(life.now_ns, transitions=evaluation.transitions, tier_states=evaluation.tier_states)
        await store.journal.record(round_)
        busy_cpu.append((time.process_time() - cpu) * 1000)
        busy.append((time.perf_counter() - begun) * 1000)
        rows += len(evaluation.transitions) + len(evaluation.tier_states)
    await store.close()
    assert rows, "nothing changed, so nothing was persisted"
    return Ticks(quiet, busy, busy_cpu, rows)


def footprint(count: int, *, traced: bool) -> Footprint:
    """`traced`: by tracemalloc, which slows what it watches; else as the process grows, and how long a tick takes."""
    catalogue = objectives(count)
    assert all(slo.stream.id for slo in catalogue.slos.values())  # kept once it was asked for, whoever asks
    gc.collect()
    before = psutil.Process().memory_info().rss
    if traced:
        tracemalloc.start()
    with standing():
        life = Life(catalogue)
        life.fill(SPARSE)
        wear(life)
    taken = [judged_ms(life) for _ in range(WARMING + 5)]
    if traced:
        return Footprint(count, tracemalloc.get_traced_memory()[0], min(taken[WARMING:]))
    return Footprint(count, psutil.Process().memory_info().rss - before, min(taken[WARMING:]))


def wear(life: Life) -> None:
    """Writes to every slot, as it comes to pass within the longest window: memory is taken when it is written to."""
    for hall in life.evaluator.floor.halls.values():
        for ring in hall.bank.rings:
            ring.counts += 0


def p50_p95(values: list[float]) -> str:
    return f"p50 {statistics.median(values):.1f} ms, p95 {p95(values):.1f} ms of {len(values)} ticks"


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def speed(count: int, peers_objectives: int) -> Iterator[Measurement]:
    peers = costs_of_peers(peers_objectives)
    what = described(objectives(count))
    found = in_a_process_of_its_own(ticks, count)
    load = f"{what}; CPU time of judging alone, a second's canaries applied before it; {p50_p95(found.quiet_ms)}"
    yield Measurement("evaluate.arithmetic_ms", p95(found.quiet_ms), "ms", load)
    changes = (
        f"{count // 10:,} cells and {count:,} marks of progress applied, {found.rows / TICKS:.0f} rows of changes "
        f"persisted to SQLite with synchronous=FULL"
    )
    taken = f"wall clock {p50_p95(found.busy_ms)}; CPU {p50_p95(found.busy_cpu_ms)}"
    yield Measurement("evaluate.tick_ms", p95(found.busy_ms), "ms", f"{what}; {changes}; {taken}")
    us = found.us_per_objective
    for peer in peers or (None,):
        load = f"{what}; {changes}; CPU ÷ objectives evaluated"
        if peer is None:
            yield Measurement("evaluate.cpu_per_objective_us", us, "us", load)
            continue
        cheaper = f"{load}; theirs ÷ ours {peer.us_per_evaluation / us:,.0f}; {peer.load}"
        name = f"Prometheus {peer.version}"
        yield Measurement("evaluate.cpu_per_objective_us", us, "us", cheaper, name, peer.us_per_evaluation)


def flatness(count: int) -> Iterator[Measurement]:
    for days in WINDOWS_DAYS:
        taken = in_a_process_of_its_own(arithmetic, count, days * DAY)
        load = f"{described(objectives(count, days * DAY))}; CPU time of judging alone; {p50_p95(taken)}"
        yield Measurement("evaluate.arithmetic_by_window_ms", statistics.median(taken), "ms", load)


def memory(count: int, many: int) -> Iterator[Measurement]:
    traced = in_a_process_of_its_own(_traced, count)
    load = f"{described(objectives(count))}, a stream each; what the allocator was asked for"
    yield Measurement("evaluate.kib_per_stream", traced.size_bytes / count / 1024, "KiB", load)
    grown = in_a_process_of_its_own(_grown, many)
    load = f"{described(objectives(many))}, a stream each, as many as {many:,}"
    yield Measurement("evaluate.many_streams_gib", grown.size_bytes / 2**30, "GiB", f"{load}; growth of the process")
    yield Measurement(
        "evaluate.many_streams_tick_ms", grown.tick_ms, "ms", f"{load}; CPU time of judging alone, the best of 5 ticks"
    )


def _traced(count: int) -> Footprint:
    return footprint(count, traced=True)


def _grown(count: int) -> Footprint:
    return footprint(count, traced=False)


def costs_of_peers(count: int) -> list[Cost]:
    try:
        return costs(objectives(count))
    except Absent as why:
        print(f"without a peer: {why}", file=sys.stderr)
        return []


def starts() -> Iterator[Measurement]:
    restored = in_a_process_of_its_own(coming_back.from_snapshots, OBJECTIVES)
    load = f"{described(objectives(OBJECTIVES))}; from the newest snapshot and the changes of five minutes since"
    first = f"of it the first tick, in which all are judged exactly, {restored.first_tick_seconds:.1f} s"
    first += f"; CPU {restored.cpu_seconds:.1f} s"
    yield Measurement("evaluate.cold_start_s", restored.seconds, "s", f"{load}; {first}")
    rebuilt = in_a_process_of_its_own(coming_back.rebuilt_from_cells, coming_back.REBUILT)
    load = (
        f"{rebuilt.streams} streams with 30 days of cells in SQLite, {rebuilt.rows:,} rows; "
        f"{rebuilt.seconds / rebuilt.streams * 1000:.0f} ms a stream; CPU {rebuilt.cpu_seconds:.1f} s"
    )
    yield Measurement("evaluate.rebuild_s", rebuilt.seconds, "s", load)


def main() -> None:
    """Some minutes. What is being measured is told on standard error; the figures are lines of JSON."""
    begun = time.monotonic()
    parts = {
        "from snapshots, and from cells": starts(),
        "judging, and what a tick costs a Prometheus beside it": speed(OBJECTIVES, PEERS_OBJECTIVES),
        "budgets of several lengths": flatness(COMPARED),
        f"memory, with {MANY:,} streams at the end": memory(OBJECTIVES, MANY),
    }
    failed = []
    for name, found in parts.items():
        print(f"{time.monotonic() - begun:4.0f} s  {name}", file=sys.stderr, flush=True)
        try:
            for measurement in found:
                print(measurement.line(), flush=True)
        except (AssertionError, BrokenProcessPool, MemoryError, OSError) as error:  # the other figures hold without it
            failed.append(f"{name}: {type(error).__name__}: {error}")
            print(failed[-1], file=sys.stderr, flush=True)
    print(f"{time.monotonic() - begun:4.0f} s  done", file=sys.stderr, flush=True)
    if failed:
        sys.exit(f"not measured: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
