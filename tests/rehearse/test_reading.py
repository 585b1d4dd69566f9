"""Every mistake in a case is found at its place, with what to write instead."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.domain.instant import MINUTE, SECOND
from slo_service.rehearse.segment import Look
from tests.rehearse.conftest import Read

EXPECT = "  expect: [{at: 1h, slo: orders-freshness, state: healthy}]\n"
SERIES = "  series: {orders-freshness: "


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("  series: {orders-freshnes: {1m-2m: bad}}", "5:12: error E302: there is no SLO orders-freshnes; did you"),
        (SERIES + "{1m-2m: badd}}", "error E208: 'badd' does not say what was measured; write good, bad, 50% bad"),
        (SERIES + "{2m-1m: bad}}", "error E207: the span 2m-1m ends before it begins; "),
        (SERIES + "{1m-9m: bad, 8m-10m: bad}}", "error E211: 1m-9m (line 5) and 8m-10m (line 5) both say what happens"),
        (SERIES + "{2h-3h: bad}}", "error E207: 2h-3h begins when nobody looks any more: the last expectation is"),
        (SERIES + "{soon: bad}}", "error E204: 'soon' is not a span of time; write one like 10m-22m"),
        (SERIES + "{1m-1m10s: 15% bad}}", "15% of the 10 events from 1m to 1m10s is 1.5, which is no whole number; "
         "write 1 bad or 2 bad"),
        (SERIES + "{1m-1m10s: 11 bad}}", "error E207: '11 bad' is more than there are: 10 events from 1m to 1m10s"),
        (SERIES + "{1m-2m: 1 of 0 bad}}", "error E207: nothing is some of 0"),
        ("  lag: {orders: {enrihc: stalled}}", "error E302: the pipeline orders has no stage enrihc with a consumer"),
        ("  lag: {orders: {enrich: {1m-2m: slow}}}", "error E208: 'slow' does not say how far the group is behind"),
        ("  series: {orders-lag: bad}\n  lag: {orders: {enrich: stalled}}", "E211: what orders-lag measures follows"),
        ("  rates: {orders-freshness: fast}", "error E203: 'fast' is not a rate of events; write one like 2/s"),
        ("  start: yesterday", "error E203: 'yesterday' is not an instant; write one like 2026-11-02T10:00:00Z"),
        ("  tick: 5m", "error E207: a tick of 5m; write one from 1s to 1m"),
        ("  partition: 3", "error E201: unknown key 'partition' in spec; did you mean partitions?"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_was_measured(read: Read, spec: str, complaint: str) -> None:
    (finding,) = read(f"{spec}\n{EXPECT}").findings
    assert complaint in str(finding)


@pytest.mark.parametrize(
    ("expectation", "complaint"),
    [
        ("{at: 1h}", "error E202: spec.expect[0] expects nothing; add one of state, page"),
        ("{state: healthy}", "error E211: spec.expect[0] has neither at nor during; write at: 10m"),
        ("{at: 1h, during: 1m-2m, state: healthy}", "error E211: spec.expect[0] has both at and during"),
        ("{during: 2m-1m, state: healthy}", "error E207: the span 2m-1m ends before it begins"),
        ("{at: noon, state: healthy}", "error E204: 'noon' is not a duration"),
        ("{at: 1h, state: healhty}", "error E208: 'healhty' is not a choice for spec.expect[0].state; did you"),
        ("{at: 1h, slo: nope, state: healthy}", "error E302: there is no SLO nope; known are"),
        ("{at: 1h, tiers: {page-2h: firing}}", "error E302: there is no tier page-2h; did you mean page-1h?"),
        ("{at: 1h, jobs: {orders-exprt: paused}}", "error E302: there is no Job orders-exprt; did you mean orders-"),
        ("{at: 1h, told: {orders-taem: []}}", "error E302: there is no Contact orders-taem; did you mean orders-team?"),
        ("{at: 1h, budgetRemaining: 0.93}", "error E203: '0.93' is not a percentage; write 93%"),
        ("{at: 1h, budgetRemaining: {above: 9%, below: 8%}}", "error E207: nothing is above 9% and below 8%"),
        ("{at: 1h, burnRate: {2h: 3}}", "error E302: there is no window 2h"),
        ("{at: 1h, decisions: [{verdict: act}]}", "error E211: spec.expect[0].decisions[0] has none of job, contact"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_expected(read: Read, expectation: str, complaint: str) -> None:
    (finding,) = read(f"  slo: orders-freshness\n  expect: [{expectation}]\n").findings
    assert complaint in str(finding)


def test_where_one_series_is_written_expectations_need_not_name_it(read: Read) -> None:
    (case,) = read(SERIES + "{1m-2m: bad}}\n  expect: [{at: 1h, state: healthy}]\n").cases
    assert case.expect[0].slo == "orders-freshness"


def test_a_series_of_no_slo_is_told_even_where_it_hides_what_is_expected(read: Read) -> None:
    told = read("  series: {orders-freshnes: {1m-2m: bad}}\n  expect: [{at: 1h, state: healthy}]\n")
    (finding,) = told.findings
    assert told.cases == ()
    assert "there is no SLO orders-freshnes; did you mean orders-freshness?" in str(finding)


def test_where_two_are_written_they_must(read: Read) -> None:
    two = "  series: {orders-freshness: bad, orders-intake: bad}\n  expect: [{at: 1h, state: healthy}]\n"
    (finding,) = read(two).findings
    assert "does not say which SLO it is about; add slo: " in str(finding)


@pytest.mark.parametrize(
    ("words", "look", "share"),
    [
        ("good", Look.MEASURED, 0),
        ("bad", Look.MEASURED, 1),
        ("50% bad", Look.MEASURED, Fraction(1, 2)),
        ("3 of 60 bad", Look.MEASURED, Fraction(1, 20)),
        ("3 bad", Look.MEASURED, Fraction(1, 40)),
        ("idle", Look.IDLE, 0),
        ("unmeasured", Look.UNMEASURED, 0),
    ],
)
def test_the_words_of_a_series(read: Read, words: str, look: Look, share: Fraction) -> None:
    (case,) = read(f"{SERIES}{{1m-3m: {words}}}}}\n{EXPECT}").cases
    (segment,) = case.series["orders-freshness"]
    assert (segment.look, segment.bad) == (look, share)
    assert (segment.start_ns, segment.end_ns) == (MINUTE, 3 * MINUTE)


def test_a_rate_of_its_own_counts_its_own_events(read: Read) -> None:
    (case,) = read(f"{SERIES}{{1m-3m: 1 of 8 bad at 4/m}}}}\n{EXPECT}").cases
    (segment,) = case.series["orders-freshness"]
    assert segment.rate == Fraction(4, 60)


def test_an_open_span_lasts_to_the_last_expectation(read: Read) -> None:
    (case,) = read(f"{SERIES}{{1m-: bad}}}}\n{EXPECT}").cases
    assert case.series["orders-freshness"][0].end_ns == 3_600 * SECOND


WORDS = st.sampled_from(
    ["good", "bad", "5% bad", "x bad", "3 of 60 bad", "0 of 0 bad", "idle at 3/s", "1 bad at 1/h", "", "~"]
)
SPANS = st.from_regex(r"[0-9]{1,3}[smhx]?-([0-9]{1,3}[smh])?", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(SPANS, WORDS, max_size=6))
def test_whatever_is_written_is_read_or_refused(read: Read, written: dict[str, str]) -> None:
    inside = ", ".join(f"{span}: {words}" for span, words in written.items())
    cases = read(f"{SERIES}{{{inside}}}}}\n{EXPECT}")
    assert bool(cases.cases) != bool(cases.findings)


def test_a_case_that_would_run_for_minutes_is_refused_with_a_tick_that_would_do(read: Read) -> None:
    (finding,) = read("  series: {orders-freshness: bad}\n  expect: [{at: 60d, page: firing}]\n").findings
    assert "error E207: 5184000 ticks are to be run one by one" in str(finding)
    assert finding.remedy == "write tick: 1m"
    assert not read("  tick: 1m\n  series: {orders-freshness: bad}\n  expect: [{at: 60d, page: firing}]\n").findings


def test_a_case_of_thousands_of_spans_is_refused(read: Read) -> None:
    spans = ", ".join(f"{at}s-{at + 1}s: bad" for at in range(1001))
    (finding,) = read(f"  series: {{orders-freshness: {{{spans}}}}}\n  expect: [{{at: 3h, page: firing}}]\n").findings
    assert "error E207: more than 1000 spans of one series; write a case for each part" in str(finding)
