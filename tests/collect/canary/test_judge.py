from __future__ import annotations

import pytest

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.judge import Entry, Verdict, View, arrived_within, taken_in, tally, verdict
from slo_service.collect.canary.report import Moment, Outcome
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Intake
from slo_service.domain.instant import SECOND
from slo_service.domain.tally import Tally

SENT = 1_000 * SECOND
WITHIN = 20 * SECOND  # a twentieth is one second


def entry(outcome: Outcome = Outcome.ACKNOWLEDGED, *, source: bool = False, **views: View) -> Entry:
    found = Entry(CanaryId("orders-canary", "ab" * 16, 0, 0, SENT), outcome)
    found.views.update(views)
    if source:
        found.views["source"] = View(seen_ns=SENT + 1, copies=1)
    return found


def at(seconds: float) -> int:
    return SENT + int(seconds * SECOND)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        pytest.param(None, Verdict.PENDING, id="nobody has looked"),
        pytest.param(View(), Verdict.PENDING, id="unseen, and no moment at the log's end since it came due"),
        pytest.param(View(absent_ns=at(19.9)), Verdict.PENDING, id="not there shortly before it came due"),
        pytest.param(View(absent_ns=at(20)), Verdict.BAD, id="not there when it came due"),
        pytest.param(View(seen_ns=at(20)), Verdict.GOOD, id="seen exactly at the limit"),
        pytest.param(View(seen_ns=at(-0.5)), Verdict.GOOD, id="negative latency is in time"),
        pytest.param(View(absent_ns=at(20), seen_ns=at(20.1)), Verdict.BAD, id="late, and known to have been absent"),
        pytest.param(View(absent_ns=at(19.5), seen_ns=at(20.5)), Verdict.BAD, id="late, in doubt by a twentieth"),
        pytest.param(View(absent_ns=at(19.4), seen_ns=at(20.5)), Verdict.UNOBSERVABLE, id="late, in doubt by more"),
        pytest.param(View(seen_ns=at(60)), Verdict.UNOBSERVABLE, id="read late by a reader that was away all along"),
        pytest.param(View(seen_ns=at(20.1), certain=True), Verdict.BAD, id="late by the log's own stamp"),
        pytest.param(View(blind=True), Verdict.UNOBSERVABLE, id="records were missed while it was under way"),
        pytest.param(View(blind=True, seen_ns=at(9)), Verdict.GOOD, id="seen in time although records were missed"),
        pytest.param(View(blind=True, absent_ns=at(20)), Verdict.BAD, id="overdue before records were missed"),
        pytest.param(View(absent_ns=at(20), seen_ns=at(5), certain=True), Verdict.BAD, id="visible later than stamped"),
    ],
)
def test_arrival_within_a_limit(view: View | None, expected: Verdict) -> None:
    one = entry() if view is None else entry(sink=view)
    assert arrived_within(one, "sink", WITHIN) is expected


@pytest.mark.parametrize(
    ("outcome", "in_source", "expected"),
    [
        pytest.param(Outcome.ACKNOWLEDGED, False, Verdict.GOOD, id="acknowledged"),
        pytest.param(Outcome.REFUSED, False, Verdict.BAD, id="refused by the broker"),
        pytest.param(Outcome.TIMED_OUT, False, Verdict.BAD, id="timed out before a witness"),
        pytest.param(Outcome.TIMED_OUT, True, Verdict.BAD, id="timed out for the producer, though written"),
        pytest.param(Outcome.BLIND, False, Verdict.UNOBSERVABLE, id="our own path was down"),
        pytest.param(Outcome.BROKEN, False, Verdict.UNOBSERVABLE, id="our own client was refused"),
        pytest.param(Outcome.PENDING, False, Verdict.PENDING, id="not heard of yet"),
        pytest.param(Outcome.PENDING, True, Verdict.GOOD, id="written by a run that died before it heard"),
    ],
)
def test_intake(outcome: Outcome, in_source: bool, expected: Verdict) -> None:
    assert taken_in(entry(outcome, source=in_source)) is expected


@pytest.mark.parametrize(
    ("outcome", "in_source", "owed"),
    [
        pytest.param(Outcome.ACKNOWLEDGED, False, True, id="acknowledged"),
        pytest.param(Outcome.TIMED_OUT, True, True, id="timed out, but found in the source"),
        pytest.param(Outcome.TIMED_OUT, False, False, id="timed out and never there"),
        pytest.param(Outcome.REFUSED, False, False, id="refused"),
        pytest.param(Outcome.REFUSED, True, True, id="refused, and written all the same"),
    ],
)
def test_the_pipeline_owes_only_what_reached_the_source(outcome: Outcome, in_source: bool, owed: bool) -> None:
    overdue = entry(outcome, source=in_source, sink=View(absent_ns=at(20)))
    assert tally([overdue], Freshness("orders-canary", WITHIN)) == Tally(0, int(owed))


def test_late_is_not_lost() -> None:
    late = entry(sink=View(absent_ns=at(21), seen_ns=at(22)))
    assert verdict(late, Freshness("orders-canary", WITHIN)) is Verdict.BAD
    assert verdict(late, Completeness("orders-canary", 40 * SECOND)) is Verdict.GOOD


def test_found_after_the_deadline_stays_bad_at_it() -> None:
    found = entry(sink=View(absent_ns=at(41), seen_ns=at(90)))
    assert verdict(found, Completeness("orders-canary", 40 * SECOND)) is Verdict.BAD


def test_an_unanswered_send_is_in_no_ratio() -> None:
    assert tally([entry(Outcome.BLIND), entry(Outcome.PENDING)], Intake("orders-canary")) == Tally(0, 0)


def test_duplicates_are_no_verdict_on_one_canary() -> None:
    with pytest.raises(ValueError, match="not judged canary by canary"):
        verdict(entry(), Duplicates("orders-canary"))


def test_a_step_of_the_wall_clock_makes_no_canary_late() -> None:
    ours = entry()
    ours.sent_mono_ns = 5 * SECOND
    an_hour_ahead = Moment(SENT + 3_600 * SECOND, 6 * SECOND)
    assert ours.at(an_hour_ahead) == SENT + SECOND
