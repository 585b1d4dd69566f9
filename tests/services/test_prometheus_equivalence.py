"""Every tier begins and ends in a real Prometheus that evaluates the rendered rules when it does in our evaluator."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import pytest
from ruamel.yaml import YAML

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import DAY, HOUR, SECOND, format_duration, parse_duration
from slo_service.domain.signals import Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Slo, Tier
from slo_service.show.render.prometheus import prometheus_rules
from tests.evaluate.timeline import START, Timeline, an_slo
from tests.services.absence import Absent
from tests.services.past import CounterSamples, PastPrometheus

RATE = 1000  # events a second
ORIGIN = START // SECOND  # every outage begins here
LEAD = 1800  # seconds of data before the long window of the outage's first moment
TAIL = 900  # and after the outage is forgotten
NEVER: tuple[float, ...] = ()
TIERS = {tier.name: tier for tier in WORKBOOK}
PLAIN = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)


@dataclass(frozen=True, slots=True)
class Cell:
    """A steady outage that begins in a clean state and lasts until the short window of the tier holds nothing else.
    `restarts`: seconds after its beginning at which the counters begin anew."""

    tier: str
    error: Fraction
    target: str = "0.999"
    days: int = 30
    scrape: int = 15
    restarts: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        pace = f"{float(self.error * 100):g}-percent"
        return f"{self.tier}-{pace}-of-{self.target[2:]}-in-{self.days}d-every-{self.scrape}s".replace(".", "-")

    @property
    def declared(self) -> Tier:
        return TIERS[self.tier]

    @property
    def slo(self) -> Slo:
        at_once = {Severity.PAGE: 0, Severity.TICKET: 0}
        alerting = Alerting(tiers=(self.declared,), keep_firing_ns=at_once, signals=PLAIN)
        slo = an_slo(self.target, self.days * DAY, alerting)
        return replace(slo, name=self.name, pipeline=self.name)

    @property
    def limit(self) -> Fraction:
        """The bad share above which a window burns."""
        return self.declared.factor(self.days * DAY) * self.slo.objective.budget

    @property
    def lasts(self) -> int:
        """Seconds of the outage; where it is never detected, long enough to fill the long window."""
        long, short = self.declared.long_ns // SECOND, self.declared.short_ns // SECOND
        detected = long * min(Fraction(1), self.limit / self.error)
        return math.ceil(detected / 60) * 60 + short + LEAD // 2

    @property
    def begins(self) -> int:
        return -(self.declared.long_ns // SECOND + LEAD)

    @property
    def ends(self) -> int:
        return self.lasts + self.declared.short_ns // SECOND + TAIL

    def counts(self, since: float, until: float) -> tuple[int, int]:
        """Good and bad events between two moments."""
        bad = self.error * RATE * Fraction(max(0, min(until, self.lasts) - max(since, 0)))
        return int(RATE * Fraction(until - since) - bad), int(bad)

    def scraped(self) -> Iterator[CounterSamples]:
        """What a Prometheus would have scraped, out of step with the seconds at which anything changes."""
        phase = 1 + len(self.name) * 0.375 % (self.scrape - 1)
        instants = [self.begins + phase + n * self.scrape for n in range((self.ends - self.begins) // self.scrape)]
        anew = [self.begins, *self.restarts]
        counts = [self.counts(max(moment for moment in anew if moment <= at), at) for at in instants]
        labels = {"slo": self.name, "service": self.slo.service, "pipeline": self.name}
        for which, result in enumerate(("good", "bad")):
            samples = [(ORIGIN + at, count[which]) for at, count in zip(instants, counts, strict=True)]
            yield CounterSamples({**labels, "result": result}, samples)


def percents(tier: str, *errors: str, **others: object) -> list[Cell]:
    return [Cell(tier, Fraction(error) / 100, **others) for error in errors]  # type: ignore[arg-type] # as in Cell


CELLS = [
    *percents("page-1h", "100", "50", "15", "10", "5", "2"),
    *percents("page-1h", "100", "10", "2", scrape=10, restarts=(-700, 33, 400)),
    *percents("page-1h", "10", "2", days=28, scrape=10),
    *percents("page-1h", "10", days=90),
    *percents("page-1h", "20", target="0.99"),
    *percents("page-1h", "50", target="0.995", scrape=10),
    *percents("page-1h", "1", target="0.9995"),
    *percents("page-1h", "0.2", target="0.9999", restarts=(1000,)),
    *percents("page-6h", "100", "10", "5", "2", "1", "0.7"),
    *percents("page-6h", "5", scrape=10, restarts=(-10_000, 1111, 5000)),
    *percents("page-6h", "5", days=28),
    *percents("page-6h", "10", target="0.99", scrape=10),
    *percents("ticket-1d", "100", "10", "2", "1", "0.5"),
    *percents("ticket-1d", "5", scrape=10, restarts=(-40_000, 2000, 9000)),
    *percents("ticket-1d", "2", days=90),
]
SILENT = [
    *percents("page-1h", "1"),
    *percents("page-6h", "0.5", "0.6"),  # the latter is the limit, which is not over it
    *percents("ticket-1d", "0.2", "0.3"),
]


@dataclass(frozen=True, slots=True)
class Change:
    """Seconds after the outage began at which the tier began and ceased to fire."""

    began: tuple[float, ...]
    ceased: tuple[float, ...]


class Rendered:
    """The rendered rules of some objectives, run over the past by a Prometheus that scraped their counters."""

    def __init__(self, cells: Sequence[Cell], server: PastPrometheus) -> None:
        self._server = server
        slos = {cell.name: cell.slo for cell in cells}
        groups = YAML(typ="safe").load(prometheus_rules(Catalogue(slos=slos)))["groups"]
        self._groups = {group["name"].removeprefix("slo-burn-"): group for group in groups if "burn" in group["name"]}
        server.scraped("slo_events", (series for cell in cells for series in cell.scraped()))
        recording = [
            {**group, "rules": [rule for rule in group["rules"] if "record" in rule]} for group in self._groups.values()
        ]
        first = ORIGIN - HOUR // SECOND
        server.recorded({"groups": recording}, first, ORIGIN + max(cell.ends for cell in cells))

    def interval(self, cell: Cell) -> float:
        return parse_duration(self._groups[cell.name]["interval"]) / SECOND

    def change(self, cell: Cell) -> Change:
        """The alert's expression as it stands, at the instants at which its group recorded the ratios."""
        rules = self._groups[cell.name]["rules"]
        (alert,) = (rule for rule in rules if "alert" in rule)
        assert "for" not in alert
        assert "keep_firing_for" not in alert
        series = f'slo:sli_error:ratio_rate{format_duration(cell.declared.long_ns)}{{slo="{cell.name}"}}'
        step = self.interval(cell)
        first = self._server.instants(series, ORIGIN - HOUR // SECOND, ORIGIN)[0]
        firing = self._server.true_at(alert["expr"], first, ORIGIN + cell.ends, step)
        before = {at + step for at in firing}
        after = {at - step for at in firing}
        began = tuple(at - ORIGIN for at in firing if at not in before)
        return Change(began, tuple(at + step - ORIGIN for at in firing if at not in after))


def ours(cell: Cell, near: Sequence[float]) -> Change:
    """By the second around the moments at which Prometheus saw a change, and by fifteen elsewhere: a change of ours
    that is far from theirs is seen as well, and is a finding however exactly it is timed."""
    line = Timeline(cell.slo, RATE)
    line.fill(cell.declared.long_ns + LEAD * SECOND)
    edges = {0, cell.lasts, cell.ends}
    for moment in near:
        edges |= {max(0, int(moment) // 15 * 15 - 120), int(moment) // 15 * 15 + 120}
    for since, until in pairwise(sorted(edges)):
        is_near = any(moment - 135 <= since <= moment + 135 and until <= moment + 135 for moment in near)
        share = cell.error if since < cell.lasts else Fraction(0)
        line.run(until - since, steady(share), tick=1 if is_near else 15)
    severity = cell.declared.severity
    return Change(tuple(line.at(severity, "fired")), tuple(line.at(severity, "cleared")))


def steady(share: Fraction) -> Callable[[int], Fraction]:
    return lambda _: share


def table(cells: Sequence[Cell], theirs: Mapping[str, Change], found: Mapping[str, Change]) -> str:
    lines = [f"{'cell':<56} {'began, theirs':>14} {'ours':>9} {'ceased, theirs':>15} {'ours':>9}"]
    for cell in cells:
        them, us = theirs[cell.name], found[cell.name]
        columns = (them.began, us.began, them.ceased, us.ceased)
        texts = [" ".join(f"{at:.1f}" for at in moments) or "never" for moments in columns]
        lines.append(f"{cell.name:<56} {texts[0]:>14} {texts[1]:>9} {texts[2]:>15} {texts[3]:>9}")
    return "\n".join(lines)


def agree(theirs: Sequence[float], found: Sequence[float], within: float) -> bool:
    return len(theirs) == len(found) and all(abs(a - b) <= within for a, b in zip(theirs, found, strict=True))


@pytest.fixture
def past() -> Iterator[PastPrometheus]:
    try:
        server = PastPrometheus()
    except Absent as why:
        pytest.skip(f"not to be had: {why}")
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.services
@pytest.mark.timeout(600)  # a minute and a half where nothing else runs
def test_a_tier_begins_and_ends_within_an_evaluation_and_a_scrape_of_when_prometheus_says(past: PastPrometheus) -> None:
    cells = [*CELLS, *SILENT]
    rendered = Rendered(cells, past)
    theirs = {cell.name: rendered.change(cell) for cell in cells}
    found = {cell.name: ours(cell, (*theirs[cell.name].began, *theirs[cell.name].ceased)) for cell in cells}
    shown = table(cells, theirs, found)
    assert len(CELLS) >= 20
    assert len(theirs) == len(cells), "two cells have one name"
    for cell in cells:
        them, us, within = theirs[cell.name], found[cell.name], rendered.interval(cell) + cell.scrape
        assert agree(them.began, us.began, within), f"{cell.name} begins at another time\n{shown}"
        assert agree(them.ceased, us.ceased, within), f"{cell.name} ends at another time\n{shown}"
        assert len(us.began) == len(us.ceased) == (0 if cell in SILENT else 1), shown
