"""How long 1,000 SLOs take: to check in one file and in as many, and to take over in a running service, whose tick goes
on meanwhile. The peer of the checks is ruamel.yaml alone, which only turns the same text into Python's dicts and lists;
for the reload it is the same service that reloads nothing."""

import asyncio
import itertools
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from pydantic import SecretStr
from ruamel.yaml import YAML

from benchmarks.measurement import Measurement
from slo_service.runtime.folder import Folder
from slo_service.runtime.service import Service, start_service
from slo_service.runtime.settings import Settings

SLOS, PIPELINES, RUNS = 1_000, 20, 5
SURROUNDINGS = """apiVersion: slo-service/v1
kind: Pipeline
metadata: {{name: flow-{0}, labels: {{team: payments, importance: "1"}}}}
spec:
  owner: payments-data
  source: {{kafka: {{cluster: none, topic: flow-{0}.raw}}}}
  sink: {{kafka: {{cluster: none, topic: flow-{0}.live}}}}
---
apiVersion: slo-service/v1
kind: Canary
metadata: {{name: canary-{0}}}
spec: {{pipeline: flow-{0}, every: 10s, template: {{event_id: "${{canary.id}}"}}, markerField: source_system}}
"""
SLO = """apiVersion: openslo/v1
kind: SLO
metadata:
  name: freshness-{0}
  displayName: Orders of flow {0} are fresh
  labels: {{team: payments, importance: "1"}}
spec:
  service: orders
  description: The dashboard shows an order within {1} s of checkout
  indicator:
    metadata: {{name: freshness-{0}}}
    spec:
      ratioMetric:
        raw: {{metricSource: {{type: stream, spec: {{freshness: {{canary: canary-{2}, within: {1}s}}}}}}}}
        rawType: success
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: fresh, target: {3}}}]
"""


def write(folder: Path, files: int, target: str, only: int | None = None) -> None:
    """`files`: over how many the SLOs are spread; with `only`, that file alone is written again."""
    folder.mkdir(exist_ok=True)
    if only is None:
        (folder / "pipelines.yaml").write_text("---\n".join(SURROUNDINGS.format(n) for n in range(PIPELINES)))
    for number in range(files) if only is None else (only,):
        texts = [SLO.format(n, 5 + n, n % PIPELINES, target) for n in range(number, SLOS, files)]
        (folder / f"slos-{number:04}.yaml").write_text("---\n".join(texts))


def seconds_of(*command: str) -> float:
    """Median wall time from start to exit; the first run warms the file cache and is not counted."""
    taken = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:])


def ruamel_seconds(folder: Path) -> float:
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    begun = time.perf_counter()
    for text in texts:
        list(YAML(typ="safe", pure=True).load_all(text))
    return time.perf_counter() - begun


def checks(folder: Path) -> Iterator[Measurement]:
    slo = str(Path(sys.executable).parent / "slo")
    for files in (1, SLOS):
        place = folder / f"check-{files}"
        write(place, files, "0.999")
        yield Measurement(
            figure="definitions.check_seconds",
            value=seconds_of(slo, "check", str(place)),
            unit="seconds",
            load=f"slo check of {SLOS} SLOs in {files} files with {PIPELINES} pipelines, interpreter start included",
            peer="ruamel.yaml load of the same text",
            peer_value=ruamel_seconds(place),
        )


class Ticks:
    """The instants for which a service judged, in ns, as it publishes them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.at: list[int] = []

    async def watch(self) -> None:
        while True:
            judged = next(iter(self._service.live.statuses().values()), None)
            if judged is not None and judged.at_ns not in self.at[-1:]:
                self.at.append(judged.at_ns)
            await asyncio.sleep(0.01)

    def longest_gap(self, since_ns: int) -> float:
        at = [each for each in self.at if each >= since_ns - 1_500_000_000]
        return max(after - before for before, after in itertools.pairwise(at)) / 1e9


async def in_force(service: Service, number: int) -> float:
    while service.live.health().load.number < number:  # noqa: ASYNC110 - looks from outside, as a person would
        await asyncio.sleep(0.005)
    return time.perf_counter()


async def taken_over(folder: Path) -> AsyncIterator[Measurement]:
    """From the second look that found files the same, to the new set."""
    for files in (1, SLOS):
        place = folder / f"folder-{files}"
        write(place, files, "0.999")
        held = Folder([place], {})
        held.load(0)
        for what, only in (("all changed", None), ("one file changed", 0)):
            write(place, files, f"0.99{held.report.number}", only)
            await held.reload(1, lambda *_: ())
            begun = time.perf_counter()
            assert await held.reload(2, lambda *_: ()) is not None
            load = f"{SLOS} SLOs in {files} files, {what}; from the second look at them on"
            yield Measurement("definitions.taken_over_seconds", time.perf_counter() - begun, "seconds", load)


async def reloads(folder: Path) -> list[Measurement]:
    found = [measurement async for measurement in taken_over(folder)]
    for files in (1, SLOS):
        place = folder / f"serve-{files}"
        write(place, files, "0.999")
        store = SecretStr(f"sqlite+aiosqlite:///{folder}/{files}.db")
        settings = Settings(definitions=[place], store=store, port=0)
        async with AsyncExitStack() as closing:
            service = await start_service(settings, closing, os.environ)
            ticks = Ticks(service)
            watching = asyncio.create_task(ticks.watch())
            await asyncio.sleep(8)
            still = ticks.longest_gap(time.time_ns() - 5_000_000_000)
            for what, only in (("all changed", None), ("one file changed", 0)):
                number = service.live.health().load.number
                write(place, files, f"0.99{number}", only)
                begun, begun_ns = time.perf_counter(), time.time_ns()
                until = await in_force(service, number + 1)
                await asyncio.sleep(3)
                load = f"{SLOS} SLOs in {files} files, {what}; two looks included"
                found += [
                    Measurement("definitions.reload_seconds", until - begun, "seconds", load),
                    Measurement(
                        figure="definitions.longest_time_between_ticks_seconds",
                        value=ticks.longest_gap(begun_ns),
                        unit="seconds",
                        load=f"the reload of {load}; a tick a second",
                        peer="the same service before",
                        peer_value=still,
                    ),
                ]
            watching.cancel()
    return found


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for measurement in checks(Path(folder)):
            print(measurement.line())
        for measurement in asyncio.run(reloads(Path(folder))):
            print(measurement.line())


if __name__ == "__main__":
    main()
