"""An incident from its first stalled canary to the resumed jobs, recorded as it happens; tests read the record."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

from tests.stories.declared import BACKFILL, EXPORT, WITHIN_SECONDS
from tests.stories.service import Row, eventually, seconds_of
from tests.stories.table import CanaryKey, Loaded
from tests.stories.world import World

FRESHNESS, COMPLETENESS = "orders-freshness", "orders-completeness"
DETECTION_SECONDS = 51.84  # 2 % of 30 days' budget at 99.9 %, all of it bad
PAGE_WAIT_SECONDS, RECOVERY_WAIT_SECONDS = 80.0, 110.0


@dataclass(frozen=True, slots=True)
class Glance:
    """One look at the API's freshness objective, to be found again in what Prometheus scraped."""

    watermark: float
    burn: float | None
    remaining: float | None
    firing: bool


@dataclass(eq=False)
class Incident:
    """What was seen, in wall-clock seconds where it is a time."""

    world: World
    stopped_at: float = 0.0
    continued_at: float = 0.0
    ended_at: float = 0.0
    glances: list[Glance] = field(default_factory=list)
    transitions: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    canaries: list[Row] = field(default_factory=list)
    rows: list[Loaded] = field(default_factory=list)
    slos: dict[str, Row] = field(default_factory=dict)

    @property
    def page(self) -> Row:
        return next(row for row in self.transitions if row["slo"] == FRESHNESS and row["change"] == "fired")

    @property
    def paged_at(self) -> float:
        return seconds_of(self.page["recorded_time"])

    @property
    def firsts(self) -> dict[CanaryKey, Loaded]:
        found: dict[CanaryKey, Loaded] = {}
        for row in self.rows:
            found.setdefault(row.key, row)
        return found

    @property
    def first_unseen_at(self) -> float:
        """When the first canary was sent that did not arrive within the threshold, by the table alone."""
        return min(row.sent_seconds for row in self.firsts.values() if row.transit_seconds > WITHIN_SECONDS)

    def decided(self, action: str, target: str | None = None) -> list[Row]:
        return [r for r in self.decisions if r["action"] == action and target in {None, r["target"]}]


Stalled = TypeVar("Stalled", bound=Incident)


def begin(incident: Stalled) -> Stalled:
    """The pipeline flows, and then the enricher hangs."""
    incident.world.open()
    incident.stopped_at = time.time()
    incident.world.enricher.pause()
    return incident


def await_page(incident: Incident) -> None:
    world = incident.world
    service = world.service
    eventually("the freshness page", lambda: _changed(world, "fired"), PAGE_WAIT_SECONDS)
    eventually("both jobs paused", lambda: world.watch.states[-1] == "paused" and EXPORT in world.jobs.paused, 20)
    eventually("the webhook's message", lambda: [h for h in world.hooks.hooks if h.about == FRESHNESS], 20)
    eventually("the mail", lambda: world.mail.mails, 20)
    eventually("the API says so", lambda: service.jobs()[BACKFILL]["actual"] == "paused", 20)
    eventually("and of the other", lambda: service.jobs()[EXPORT]["actual"] == "paused", 20)


def await_recovery(incident: Incident) -> None:
    """The enricher goes on; everything that was done is undone."""
    world = incident.world
    incident.continued_at = time.time()
    world.enricher.resume()
    eventually("the page clears", lambda: _changed(world, "cleared"), RECOVERY_WAIT_SECONDS)
    eventually("the jobs go on", lambda: world.watch.states[-1] == "running" and not world.jobs.paused, 60)
    eventually("the all-clear", lambda: any(h.is_all_clear for h in world.hooks.hooks), 20)
    eventually("nothing burns", lambda: world.service.cli("status").code == 0, 60, every=1)


def close(incident: Incident) -> None:
    """The last look, a few seconds later, so that whatever would be done twice has had its chance."""
    time.sleep(5)
    service = incident.world.service
    incident.transitions, incident.decisions = service.transitions(), service.decisions()
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(incident.stopped_at - 120))
    incident.canaries = service.canaries(since)
    incident.slos = {str(row["name"]): row for row in service.rows("slos", "slos")}
    incident.ended_at = time.time()
    incident.rows = incident.world.table.canaries()


@contextmanager
def glancing(incident: Incident) -> Iterator[None]:
    """Looks at the API four times a second, so that Prometheus' scrapes find their like."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.25):
            incident.glances.append(glance(incident.world.service.slo(FRESHNESS)))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(15)


def glance(slo: Row) -> Glance:
    burns = cast(dict[str, float | None], slo["burn_rates"])
    tier = cast(list[Row], slo["tiers"])[0]
    return Glance(
        seconds_of(slo["watermark"]), burns["1h"], cast(float | None, slo["budget_remaining"]), bool(tier["firing"])
    )


def _changed(world: World, change: str) -> bool:
    return any(row["change"] == change for row in world.service.transitions(FRESHNESS))
