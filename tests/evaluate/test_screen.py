"""What the screen leaves out would have come out as before: screened and unscreened evaluators agree at every tick."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.domain.budgeting import Calendar, Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Lag, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.evaluator import Evaluator

T0 = 1_800_000_000 * SECOND
TIERS = (
    Tier("page-2m", Severity.PAGE, 2 * MINUTE, 30 * SECOND, Fraction(2, 100), burn=Fraction(5)),
    Tier("page-1h", Severity.PAGE, HOUR, 5 * MINUTE, Fraction(2, 100)),
    Tier("ticket-10m", Severity.TICKET, 10 * MINUTE, MINUTE, Fraction(1, 10), burn=Fraction(1), after_ns=20 * SECOND),
)
SHORT = Alerting(tiers=TIERS, keep_firing_ns={Severity.PAGE: 90 * SECOND, Severity.TICKET: 5 * MINUTE})
MONTHS = Calendar(datetime(2026, 1, 1), "Europe/Berlin", 1, "M")  # noqa: DTZ001 - its zone stands beside it

USUAL = settings().max_examples


def slo(name: str, target: str, **more: object) -> Slo:
    plain = Slo(
        name=name,
        display_name=name,
        description="",
        service="orders",
        pipeline="orders",
        indicator=Freshness("orders-canary", 5 * SECOND),
        objective=Objective(Fraction(target)),
        window_ns=DAY,
        alerting=SHORT,
        timing=Timing(horizon_ns=5 * SECOND, grace_ns=3 * SECOND),
    )
    return replace(plain, **more)  # type: ignore[arg-type] # fields of an Slo


OBJECTIVES = (
    slo("strict", "0.999"),
    slo("lax", "0.9"),
    slo("bad-if-dark", "0.99", unmeasured=Unmeasured.BAD),
    slo("good-if-dark", "0.99", unmeasured=Unmeasured.GOOD),
    slo("by-the-month", "0.99", window_ns=30 * DAY, calendar=MONTHS),
    slo("lag", "0.99", indicator=Lag("enrich", 30 * SECOND)),
    slo("important", "0.99", labels={"importance": "1"}, alerting=replace(SHORT, tiers=())),
)
STREAMS = sorted({each.stream.id for each in OBJECTIVES})

moments = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 5, 10, 60, 600, 3600]),  # seconds gone by
        st.sampled_from(["good", "good", "bad", "half", "few", "nothing", "late", "fixed", "more"]),
        st.sampled_from(STREAMS),
    ),
    min_size=5,
    max_size=60,
)


def came(
    what: str, stream: str, since_ns: int, now_ns: int, ticks: int, bad: Counter[tuple[str, int]]
) -> tuple[list[Delta], list[Schedule]]:
    width = 10 * SECOND
    starts = range(since_ns // width * width, now_ns, width)
    rates = {"good": (10, 0), "bad": (0, 10), "half": (9, 1), "few": (3, 0)}
    if what in rates:
        return [Delta(stream, at, *rates[what], 1, f"canary/{ticks % 2}") for at in starts], []
    if what == "late":
        return [Delta(stream, now_ns // width * width - HOUR, 0, 4, 1, "canary/0")], []
    if what == "fixed":  # of the last minutes all that was bad turns out to be good
        since = now_ns // width * width - 30 * width
        wrong = [(at, count) for (of, at), count in bad.items() if of == stream and at >= since and count]
        return [Delta(stream, at, count, -count, 0, "canary/0") for at, count in wrong], []
    return [], [Schedule(stream, now_ns, Fraction(1 + ticks % 3, 2), 1 + ticks % 2)] if what == "more" else []


@settings(max_examples=20 if USUAL <= 100 else USUAL, deadline=None)
@given(moments)
def test_screened_and_unscreened_evaluators_say_the_same(story: list[tuple[int, str, str]]) -> None:
    catalogue = Catalogue(slos={each.name: each for each in OBJECTIVES})
    screened, plain = Evaluator(catalogue, few=0), Evaluator(catalogue, few=1000)
    now = T0
    bad: Counter[tuple[str, int]] = Counter()
    for each in (screened, plain):
        each.apply(schedules=[Schedule(stream, T0, Fraction(1), 1) for stream in STREAMS])
    for ticks, (passed, what, stream) in enumerate(story):
        before, now = now, now + passed * SECOND
        deltas, schedules = came(what, stream, before, now, ticks, bad)
        for delta in deltas:
            bad[delta.stream, delta.slice_start_ns] += delta.bad
        marks = [] if what == "nothing" else [Progress(s, "canary/0", now) for s in STREAMS]
        for each in (screened, plain):
            each.apply(deltas, marks, schedules)
        one, other = screened.tick(now), plain.tick(now)
        assert sorted(one.transitions, key=lambda row: row.id) == sorted(other.transitions, key=lambda row: row.id)
        asked = list(OBJECTIVES) if ticks % 3 == 0 or ticks == len(story) - 1 else []
        for objective in asked:  # asking must change nothing
            assert one.statuses[objective.name] == other.statuses[objective.name]


def test_the_screen_leaves_out_what_goes_on_as_it_did() -> None:
    catalogue = Catalogue(slos={each.name: each for each in OBJECTIVES})
    evaluator, now = Evaluator(catalogue, few=0), T0
    evaluator.apply(schedules=[Schedule(stream, T0, Fraction(1), 1) for stream in STREAMS])
    stirred = []
    for tick in range(200):
        now += SECOND
        at = (now - SECOND) // (10 * SECOND) * 10 * SECOND
        first = at == now - SECOND
        evaluator.apply(
            [Delta(stream, at, 1, 0, int(first or not tick), "canary/0") for stream in STREAMS],
            [Progress(stream, "canary/0", now) for stream in STREAMS],
        )
        stirred.append(set(evaluator.tick(now).statuses.stirred))
    burning = {"bad-if-dark"}  # to which the hour before anything was measured is bad: judged at every tick
    assert sum(len(names - burning) for names in stirred[150:]) <= 20
    assert stirred[0] == {each.name for each in OBJECTIVES}
