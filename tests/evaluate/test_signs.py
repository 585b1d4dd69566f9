"""Tiers beside the declared ones, given what the windows, the partitions and the early detector show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.indicator import Completeness, Composite, Freshness, Indicator, Lag, Member
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import PARTITION, NoDataAlert, PartitionTier, Signals
from slo_service.domain.slo import Kind, Severity, Slo
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.judge.signs import EARLY, Signs, listens_early, signals, watches_partitions
from slo_service.evaluate.judge.tier import Verdict
from tests.evaluate.test_objective_words import MARK, NOW, Given, own, window

BURNS, CLEAR, UNKNOWN = Verdict.BURNS, Verdict.CLEAR, Verdict.UNKNOWN
READINGS = {length: window(length, total) for total, length in enumerate((5 * MINUTE, HOUR, DAY), start=1)}
ALL = Signs(CLEAR, (), alarmed=False)


def with_signals(declared: Signals, **more: object) -> Slo:
    return replace(own(**more), alerting=replace(own().alerting, signals=declared))


def told(
    signs: Signs = ALL, given: Given | None = None, before: Mapping[str, TierState | None] | None = None,
    silent: int = 0, slo: Slo | None = None, coverage: Fraction = Fraction(1),
) -> dict[str, TierState]:  # fmt: skip
    readings = {length: replace(reading, coverage=coverage) for length, reading in READINGS.items()}
    found = signals(slo or own(), given or Given(), before or {}, readings, signs, (NOW, silent))
    assert len({state.tier.name for state in found}) == len(found)
    return {state.tier.name: state for state in found}


def burning(*sources: str) -> TierState:
    return told(Signs(BURNS, sources))[PARTITION]


@pytest.mark.parametrize(
    ("indicator", "canaries"),
    [
        pytest.param(Freshness("c", SECOND), True, id="canaries"),
        pytest.param(Completeness("c", MINUTE), True, id="other canaries"),
        pytest.param(Lag("enrich", SECOND), False, id="looks"),
        pytest.param(Composite((Member("m", Freshness("c", SECOND), Fraction(1, 2)),)), False, id="a composite"),
    ],
)
def test_partitions_and_the_early_detector_are_of_canaries(indicator: Indicator, canaries: bool) -> None:
    slo = own(indicator=indicator)
    assert (watches_partitions(slo), listens_early(slo)) == (canaries, canaries)
    without_tier = with_signals(Signals(partition_tier=None), indicator=indicator)
    deaf = with_signals(Signals(early=None), indicator=indicator)
    assert (watches_partitions(without_tier), listens_early(without_tier)) == (False, canaries)
    assert (watches_partitions(deaf), listens_early(deaf)) == (canaries, False)


def test_the_tiers_that_run_are_told_in_their_order() -> None:
    assert list(told()) == [PARTITION, EARLY, "no-data", "coverage-1h", "coverage-1d"]
    assert list(told(Signs())) == ["no-data", "coverage-1h", "coverage-1d"]
    assert list(told(Signs(alarmed=True))) == [EARLY, "no-data", "coverage-1h", "coverage-1d"]
    bare = with_signals(Signals(partition_tier=None, no_data=None))
    assert list(told(slo=bare)) == [EARLY]


def test_one_partition_that_burns_fires_as_a_page_of_an_hour_and_names_it() -> None:
    state = burning("x/1", "x/2")
    tier = state.tier
    assert (tier.name, tier.kind, tier.severity) == (PARTITION, Kind.PARTITION, Severity.PAGE)
    assert (tier.long_ns, tier.short_ns, tier.budget_share, tier.burn) == (HOUR, 5 * MINUTE, 0, 1)
    assert (state.firing, state.since_ns, state.judged_at_ns, state.sources) == (True, MARK, MARK, ("x/1", "x/2"))
    assert (state.long, state.short, state.slo) == (READINGS[HOUR], READINGS[5 * MINUTE], "own")
    ticket = with_signals(Signals(partition_tier=PartitionTier(severity="ticket")))
    assert told(Signs(BURNS), slo=ticket)[PARTITION].tier.severity is Severity.TICKET


def test_the_partitions_stay_named_while_the_tier_keeps_firing_and_no_longer() -> None:
    kept = replace(own(), alerting=replace(own().alerting, keep_firing_ns={Severity.PAGE: HOUR, Severity.TICKET: 0}))
    before = {PARTITION: replace(burning("x/1"), judged_at_ns=MARK - MINUTE, episode="e")}
    assert told(Signs(CLEAR), before=before, slo=kept)[PARTITION].sources == ("x/1",)
    assert told(Signs(UNKNOWN), before=before, slo=kept)[PARTITION].sources == ("x/1",)
    assert told(Signs(BURNS, ("x/2",)), before=before, slo=kept)[PARTITION].sources == ("x/2",)
    long_quiet = {PARTITION: replace(before[PARTITION], burning=False, quiet_ns=HOUR)}
    ended = told(Signs(CLEAR), before=long_quiet, slo=kept)[PARTITION]
    assert (ended.firing, ended.sources, ended.episode) == (False, (), None)
    assert told(Signs(CLEAR))[PARTITION].sources == ()


def test_the_early_detector_fires_while_it_is_alarmed() -> None:
    state = told(Signs(alarmed=True))[EARLY]
    tier = state.tier
    assert (tier.kind, tier.severity, tier.long_ns, tier.short_ns, tier.budget_share) == (
        Kind.EARLY, Severity.EARLY, HOUR, 5 * MINUTE, 0,
    )  # fmt: skip
    assert (state.firing, state.burning, state.since_ns, state.long, state.short) == (
        True, True, MARK, READINGS[HOUR], READINGS[HOUR],
    )  # fmt: skip
    before = {EARLY: replace(state, since_ns=MARK - HOUR, episode="e")}
    goes_on, ends = told(Signs(alarmed=True), before=before)[EARLY], told(before=before)[EARLY]
    assert (goes_on.since_ns, goes_on.episode) == (MARK - HOUR, "e")
    assert (ends.phase, ends.since_ns, ends.episode) == (Phase.QUIET, MARK, None)


def test_before_anything_is_measured_states_stay_as_they_were_and_silence_is_told() -> None:
    dark, now = Given(watermark_ns=None), told(Signs(BURNS, ("x/1",), alarmed=True), coverage=Fraction(0))
    again = told(given=dark, before=now, silent=HOUR)
    assert list(again) == list(now)
    assert {name for name in now if again[name] is not now[name]} == {"no-data"}
    assert (again["no-data"].firing, again["no-data"].since_ns) == (True, NOW)
    assert list(told(Signs(BURNS, alarmed=True), given=dark)) == ["no-data"]


def test_a_state_that_is_begun_says_all_that_is_known() -> None:
    found = told(Signs(alarmed=True), silent=HOUR, coverage=Fraction(1, 2))
    nothing = Reading(found["no-data"].tier.long_ns, Tally(), Fraction(0), Fraction(0), None)
    for name, at_ns, reading in (
        ("no-data", NOW, nothing),
        (EARLY, MARK, replace(READINGS[HOUR], coverage=Fraction(1, 2))),
        ("coverage-1d", MARK, replace(READINGS[DAY], coverage=Fraction(1, 2))),
    ):
        assert found[name] == TierState(
            slo="own", tier=found[name].tier, factor=Fraction(0), phase=Phase.FIRING, since_ns=at_ns, burning=True,
            last_burned_ns=None, quiet_ns=0, judged_at_ns=at_ns, frozen_since_ns=None, episode=None, long=reading,
            short=reading, stream=own().stream.id,
        )  # fmt: skip
        tier = found[name].tier
        assert (tier.budget_share, tier.burn, tier.inclusive, tier.after_ns) == (0, None, False, 0)


def test_a_state_that_goes_on_is_of_the_tier_that_is_declared_now() -> None:
    found = told(Signs(alarmed=True), coverage=Fraction(1, 2))
    before = {name: replace(state, tier=replace(state.tier, short_ns=7)) for name, state in found.items()}
    again = told(Signs(alarmed=True), before=before, coverage=Fraction(1, 3))
    assert {name: state.tier for name, state in again.items()} == {name: state.tier for name, state in found.items()}
    assert (again["coverage-1h"].long, again["coverage-1h"].short) == (again[EARLY].long, again[EARLY].short)
    assert again["coverage-1h"].long.coverage == Fraction(1, 3)


@pytest.mark.parametrize(("silent", "fires"), [(3 * SECOND, False), (MINUTE - 1, False), (MINUTE, True)])
def test_silence_is_timed_by_the_clock(silent: int, fires: bool) -> None:
    state = told(given=Given(round_ns=30 * SECOND), silent=silent)["no-data"]
    assert (state.firing, state.judged_at_ns, state.since_ns) == (fires, NOW, NOW)


@pytest.mark.parametrize(
    ("first", "names"),
    [
        pytest.param(None, [], id="never measured"),
        pytest.param(MARK - HOUR + 1, [], id="less than an hour old"),
        pytest.param(MARK - HOUR, ["coverage-1h"], id="an hour old"),
        pytest.param(MARK - DAY, ["coverage-1h", "coverage-1d"], id="a day old"),
    ],
)
def test_coverage_is_told_of_windows_that_could_be_covered(first: int | None, names: list[str]) -> None:
    found = told(Signs(), given=Given(first_ns=first), coverage=Fraction(1, 2))
    assert list(found)[1:] == names
    assert all(found[name].firing and found[name].judged_at_ns == MARK for name in names)
    assert [found[name].long.length_ns for name in names] == [HOUR, DAY][: len(names)]


def test_coverage_goes_on_and_ends_with_its_episode_and_as_declared() -> None:
    low = told(coverage=Fraction(1, 2))
    before = {name: replace(state, since_ns=7, episode="e") for name, state in low.items()}
    assert told(before=before, coverage=Fraction(1, 2))["coverage-1d"].since_ns == 7
    assert told(before=before)["coverage-1d"].episode is None
    lax = with_signals(Signals(no_data=NoDataAlert(coverage_below=Fraction(1, 3))))
    assert not told(slo=lax, coverage=Fraction(1, 2))["coverage-1h"].firing
