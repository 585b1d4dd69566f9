"""The two incidents on stage: one watched from everywhere, and one in which the service is killed."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.alertmanager import Alertmanager
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.services.prometheus import Prometheus
from tests.stories.incident import FRESHNESS, Incident, await_page, await_recovery, begin, close, glancing
from tests.stories.scrapes import Scrape, scrapes
from tests.stories.service import Row, Said, eventually, seconds_of
from tests.stories.world import World

DOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers all stories share, and a folder for their files."""

    kafka: Kafka
    postgres: Postgres
    alertmanager: Alertmanager
    folder: Path

    def world(self, name: str, **wanted: object) -> World:
        return World(name, self.kafka, self.postgres, self.folder / name, **wanted)  # type: ignore[arg-type]  # keywords of World, handed on


@dataclass(eq=False)
class Whole(Incident):
    """The incident as Prometheus and Alertmanager saw it too."""

    status_while_burning: Said | None = None
    status_after: Said | None = None
    explained_slo: Said | None = None
    explained_decision: Said | None = None
    alerts: list[Row] = field(default_factory=list)
    chain: Row = field(default_factory=dict)
    jobs_while_burning: dict[str, Row] = field(default_factory=dict)
    scrapes: list[Scrape] = field(default_factory=list)
    bad_scraped: dict[str, float] = field(default_factory=dict)


def record_whole(stage: Stage) -> Whole:
    with stage.world("whole", alertmanagers=[stage.alertmanager.url]) as world:
        target = world.service.url.removeprefix("http://")
        prometheus = Prometheus([{"job_name": "slo-service", "static_configs": [{"targets": [target]}]}])
        try:
            prometheus.start()
            return _watched(stage, world, prometheus)
        finally:
            prometheus.stop()


def _watched(stage: Stage, world: World, prometheus: Prometheus) -> Whole:
    service = world.service
    incident = begin(Whole(world))
    with glancing(incident):
        await_page(incident)
        incident.status_while_burning = service.cli("status")
        incident.explained_slo = service.cli("explain", FRESHNESS)
        incident.jobs_while_burning = service.jobs()
        incident.alerts = eventually("Alertmanager has it", lambda: _alerts(stage.alertmanager), 15)
        await_recovery(incident)
        incident.status_after = service.cli("status")
        close(incident)
        pause = incident.decided("pauseJobs")[0]
        incident.chain = service.get(f"decisions/{pause['id']}")
        incident.explained_decision = service.cli("explain", str(pause["id"]))
        time.sleep(3)  # a scrape after the last look
    incident.scrapes = scrapes(prometheus.url, FRESHNESS)
    promql = 'slo_events_total{result="bad"} - ignoring(result) slo_corrections_total{result="bad"}'
    incident.bad_scraped = {one.labels["slo"]: one.value for one in prometheus.query(promql)}
    return incident


def _alerts(alertmanager: Alertmanager) -> list[Row]:
    return [alert for alert in alertmanager.alerts() if _labels(alert).get("slo") == FRESHNESS]


def _labels(alert: Row) -> dict[str, str]:
    labels = alert["labels"]
    assert isinstance(labels, dict)
    return labels


@dataclass(frozen=True, slots=True)
class Memory:
    """What the service remembers, by id."""

    transitions: frozenset[str]
    decisions: frozenset[str]
    holds: frozenset[str]


@dataclass(eq=False)
class Survival(Incident):
    """The incident with a `kill -9` while the jobs are paused."""

    killed_at: float = 0.0
    back_at: float = 0.0
    before: Memory | None = None
    after: Memory | None = None
    hooks_before: int = 0


def record_survival(stage: Stage) -> Survival:
    folder = stage.folder / "survival"
    with stage.world("survival", store=f"sqlite+aiosqlite:///{folder / 'slo.db'}") as world:
        incident = begin(Survival(world))
        await_page(incident)
        time.sleep(2)
        incident.before, incident.hooks_before = _memory(world), len(world.hooks.hooks)
        incident.killed_at = time.time()
        world.service.kill()
        time.sleep(DOWN_SECONDS)
        world.service.start()
        incident.back_at = time.time()
        incident.after = _memory(world)
        eventually("canaries are sent again", lambda: _sent_since(world, incident.back_at), 30)
        await_recovery(incident)
        close(incident)
        return incident


def _memory(world: World) -> Memory:
    service = world.service
    return Memory(
        frozenset(str(row["id"]) for row in service.transitions()),
        frozenset(str(row["id"]) for row in service.decisions()),
        frozenset(str(hold["id"]) for job in service.jobs().values() for hold in _holds(job)),
    )


def _holds(job: Row) -> list[Row]:
    holds = job["holds"]
    assert isinstance(holds, list)
    return holds


def _sent_since(world: World, since: float) -> bool:
    asked = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))
    return any(seconds_of(canary["sent"]) > since for canary in world.service.canaries(asked))
