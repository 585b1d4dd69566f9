"""Which collectors run: one a canary, one a pipeline with consumer groups; started, stopped and replaced with the
definitions they serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from slo_service.collect.canary.collector import CanaryCollector
from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.kafka_lag.collector import LagCollector
from slo_service.collect.ports import GroupAge, Ledger, Recorder
from slo_service.domain.budgeting import OCCURRENCES
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Lag
from slo_service.domain.pipeline import Canary, Pipeline
from slo_service.domain.slo import Slo
from slo_service.runtime.supervision import Supervisor
from slo_service.show.ports import CollectorHealth


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every collector is given besides its definitions."""

    clusters: Mapping[str, Mapping[str, str]]
    recorder: Recorder
    ledger: Ledger
    wall_ns: Callable[[], int]
    mono_ns: Callable[[], int]
    epoch: int
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """The definitions a collector was built from: it is replaced when they change, and only then."""

    pipeline: Pipeline
    canary: Canary | None
    streams: tuple[tuple[str, int, int], ...]


class Collectors:
    """Runs collectors under the supervisor. A collector that cannot even be built is shown with the reason."""

    def __init__(self, surroundings: Surroundings, supervisor: Supervisor) -> None:
        self._given, self._supervisor = surroundings, supervisor
        self._running: dict[str, tuple[Served, CanaryCollector | LagCollector]] = {}
        self._refused: dict[str, str] = {}

    async def serve(self, catalogue: Catalogue) -> None:
        """Makes the running collectors those that the catalogue asks for."""
        wanted = wanted_collectors(catalogue)
        for name in [n for n, (served, _) in self._running.items() if wanted.get(n, (None,))[0] != served]:
            await self._stop(name)
        self._refused = {}
        for name, (served, slos) in wanted.items():
            if name not in self._running:
                self._start(name, served, slos)

    async def stop(self) -> None:
        for name in list(self._running):
            await self._stop(name)

    def groups(self) -> Sequence[GroupAge]:
        return [age for _, c in self._running.values() if isinstance(c, LagCollector) for age in c.groups()]

    def canaries(self, canary: str, since_ns: int) -> Sequence[CanaryTrace]:
        running = self._running.get(f"canary:{canary}")
        if running is None or not isinstance(running[1], CanaryCollector):
            return ()
        return running[1].recent(since_ns)

    def health(self) -> tuple[CollectorHealth, ...]:
        return (
            *(_health(name, collector) for name, (_, collector) in self._running.items()),
            *(CollectorHealth(name, name.partition(":")[0], None, error=why) for name, why in self._refused.items()),
        )

    def counters(self) -> Mapping[str, int]:
        """Sums over all collectors of what they count besides samples."""
        sums: dict[str, int] = {}
        for _, collector in self._running.values():
            for name, count in getattr(collector.health(), "counters", {}).items():
                sums[name] = sums.get(name, 0) + count
        return sums

    def _start(self, name: str, served: Served, slos: Sequence[Slo]) -> None:
        given = self._given
        collector: CanaryCollector | LagCollector
        if served.canary is not None and (why := served.pipeline.unserved) is not None:
            self._refused[name] = why
            return
        try:
            if served.canary is not None:
                collector = CanaryCollector(
                    served.pipeline,
                    served.canary,
                    slos,
                    given.clusters,
                    given.recorder,
                    given.ledger,
                    wall_ns=given.wall_ns,
                    mono_ns=given.mono_ns,
                    epoch=given.epoch,
                    seed=given.seed,
                )
            else:
                collector = LagCollector(
                    served.pipeline,
                    slos,
                    given.clusters,
                    given.recorder,
                    wall_ns=given.wall_ns,
                    mono_ns=given.mono_ns,
                    epoch=given.epoch,
                )
        except ValueError as error:
            self._refused[name] = str(error)
            return
        self._running[name] = (served, collector)
        self._supervisor.add(name, collector.run)

    async def _stop(self, name: str) -> None:
        _, collector = self._running.pop(name)
        await self._supervisor.remove(name, collector.stop)


def wanted_collectors(catalogue: Catalogue) -> dict[str, tuple[Served, Sequence[Slo]]]:
    """By name, what each serves and the objectives it measures for."""
    found: dict[str, tuple[Served, Sequence[Slo]]] = {}
    measured = [part for slo in catalogue.slos.values() for part in _parts(slo)]
    measured.sort(key=lambda part: -part.timing.horizon_ns)  # of a stream that several share the soonest counts, last
    for canary in catalogue.canaries.values():
        slos = [s for s in measured if getattr(s.indicator, "canary", None) == canary.name]
        found[f"canary:{canary.name}"] = (Served(catalogue.pipelines[canary.pipeline], canary, _streams(slos)), slos)
    for pipeline in catalogue.pipelines.values():
        if pipeline.groups():
            slos = [s for s in measured if s.pipeline == pipeline.name and isinstance(s.indicator, Lag)]
            found[f"lag:{pipeline.name}"] = (Served(pipeline, None, _streams(slos)), slos)
    return found


def _parts(slo: Slo) -> Sequence[Slo]:
    """The objective as collectors measure it: a composite as its members, each a stream of its own."""
    members = [replace(slo, indicator=m.indicator, budgeting=OCCURRENCES, calendar=None) for m in slo.members]
    return members or [slo]


def _streams(slos: Sequence[Slo]) -> tuple[tuple[str, int, int], ...]:
    """Each stream with its horizon and grace."""
    return tuple(sorted({(slo.stream.id, slo.timing.horizon_ns, slo.timing.grace_ns) for slo in slos}))


def _health(name: str, collector: CanaryCollector | LagCollector) -> CollectorHealth:
    health = collector.health()
    detail = getattr(health, "detail", "")
    kind = name.partition(":")[0]
    return CollectorHealth(name, kind, health.last_success_ns, health.error, health.samples, detail)
