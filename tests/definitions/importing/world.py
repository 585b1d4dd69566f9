"""Made series, minute by minute over days, and a collector that asks converted queries of them. It knows the forms of
queries that conversions write, and nothing of what the conversions do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MINUTES = 5 * 24 * 60
_MATCHER = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')
_SELECTOR = re.compile(r"(\w+)(?:\{(.*)\})?")


@dataclass(frozen=True)
class Series:
    """`steps` are the events of each minute, or the samples of a gauge. A counter is `restarted` at some minutes."""

    name: str
    labels: Mapping[str, str]
    steps: list[int]
    restarted: frozenset[int] = field(default_factory=frozenset)

    def counter(self) -> list[int]:
        """What a scrape at the end of each minute reads."""
        value, values = 1_000_000, []
        for minute, events in enumerate(self.steps):
            value = events if minute in self.restarted else value + events
            values.append(value)
        return values


def outage(minute: int) -> float:
    """The share that fails: little, a bad hour on the third day, and half an hour of nothing else on the fifth."""
    if 2 * 1440 + 600 <= minute < 2 * 1440 + 660:
        return 0.08
    return 1.0 if 4 * 1440 + 350 <= minute < 4 * 1440 + 380 else 0.001


def traffic(seed: str, among: int = 2) -> tuple[list[int], list[int]]:
    """Good and bad events of each minute, more of them by day than by night."""
    chance = random.Random(seed)
    good, bad = [], []
    for minute in range(MINUTES):
        total = 200 + 150 * (360 <= minute % 1440 < 1200) + chance.randrange(40)
        failed = min(total, int(total * outage(minute)) + (chance.random() < 0.3))
        good.append((total - failed) * among)
        bad.append(failed * among)
    return good, bad


def split(name: str, good: dict[str, str], bad: dict[str, str], **labels: str) -> list[Series]:
    """Two replicas of a counter with a label for good and for bad events; one restarts."""
    found = []
    for number, pod in enumerate(("a", "b")):
        goods, bads = traffic(f"{name}{labels}{pod}")
        restarted = frozenset({4 * 1440 + 100}) if number else frozenset()
        found.append(Series(name, {**labels, **good, "pod": pod}, goods, restarted))
        found.append(Series(name, {**labels, **bad, "pod": pod}, bads, restarted))
    return found


def apart(good: str, bad: str, total: str, **labels: str) -> list[Series]:
    """Counters of their own for good, bad and all events; those with an empty name are not there."""
    goods, bads = traffic(f"{good}{bad}{total}{labels}")
    both = [one + other for one, other in zip(goods, bads, strict=True)]
    named = ((good, goods), (bad, bads), (total, both))
    return [Series(name, labels, steps, frozenset({4 * 1440 + 33})) for name, steps in named if name]


def histogram(name: str, limit: str, **labels: str) -> list[Series]:
    goods, bads = traffic(f"{name}{labels}")
    both = [one + other for one, other in zip(goods, bads, strict=True)]
    return [
        Series(f"{name}_bucket", {**labels, "le": limit}, goods),
        Series(f"{name}_bucket", {**labels, "le": "+Inf"}, both),
        Series(f"{name}_count", labels, both),
    ]


def gauge(name: str, **labels: str) -> list[Series]:
    """1 or 0, twice."""
    return [
        Series(name, {**labels, "instance": one}, [int(random.Random(f"{name}{one}{m}").random() >= outage(m))
                                                   for m in range(MINUTES)])
        for one in ("x", "y")
    ]  # fmt: skip


def selects(selector: str) -> Callable[[Series], bool]:
    match = _SELECTOR.fullmatch(selector.strip())
    assert match, selector
    matchers = _MATCHER.findall(match[2] or "")
    tests: dict[str, Callable[[str, str], bool]] = {
        "=": lambda value, wanted: value == wanted,
        "!=": lambda value, wanted: value != wanted,
        "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
    }
    return lambda series: (
        series.name == match[1]
        and all(tests[sign](series.labels.get(key, ""), wanted) for key, sign, wanted in matchers)
    )


def collect(query: str, world: list[Series], *, counter: bool) -> list[int]:
    """Events of each minute: each series of a counter differenced, a fall being a restart from nothing."""
    if not counter:
        return _samples(query, world)
    query = query.removesuffix(" or vector(0)")
    if query.startswith("label_replace("):
        parts = re.findall(r'label_replace\((.*?), "slo_part", "\d+", "", ""\)(?: or |$)', query)
        return added([collect(part, world, counter=True) for part in parts])
    return added([_differences(series.counter()) for series in world if selects(query)(series)])


def _differences(values: list[int]) -> list[int]:
    before = 1_000_000
    found = []
    for value in values:
        found.append(value - before if value >= before else value)
        before = value
    return found


def _samples(query: str, world: list[Series]) -> list[int]:
    left, minus, right = query.partition(" - ")
    if minus:
        return [one - other for one, other in zip(_samples(left, world), _samples(right, world), strict=True)]
    match = re.fullmatch(r"sum\((sum|count)_over_time\((.*)\[10s\]\)\)", query)
    assert match, query
    chosen = [series.steps for series in world if selects(match[2])(series)]
    return added(chosen if match[1] == "sum" else [[1] * MINUTES for _ in chosen])


def added(rows: list[list[int]]) -> list[int]:
    assert rows, "no series is selected"
    return [sum(column) for column in zip(*rows, strict=True)]
