"""The word for an objective, since when it holds, and what a status says besides; judged on windows that are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from slo_service.domain.indicator import Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.domain.status import Budget, MemberStatus, Phase, Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.window import Window
from slo_service.evaluate.judge.objective import Moment, Word, assess, first_bad, lately, silence_ns
from slo_service.evaluate.judge.signs import Signs
from slo_service.evaluate.judge.tier import Sight, Verdict
from tests.evaluate.test_screen import slo

NOW = 1_800_000_000 * SECOND
MARK = NOW - 5 * SECOND
PAGE = Tier("page", Severity.PAGE, HOUR, 2 * MINUTE, Fraction(1, 50), burn=Fraction(10))
WAITS = replace(PAGE, name="waits", after_ns=MINUTE)
TICKET = Tier("ticket", Severity.TICKET, 6 * HOUR, 30 * MINUTE, Fraction(1, 10), burn=Fraction(1))
BURNS, CLEAR, UNKNOWN = Verdict.BURNS, Verdict.CLEAR, Verdict.UNKNOWN
SHOWN = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY)
Before = Mapping[str, TierState | None]


def own(*tiers: Tier, **more: object) -> Slo:
    alerting = Alerting("own", tiers, {Severity.PAGE: 0, Severity.TICKET: 0})
    return slo("own", "0.99", alerting=alerting, window_ns=2 * DAY, **more)


def window(length_ns: int, total: int = 100, coverage: Fraction = Fraction(1)) -> Reading:
    return Reading(length_ns, Tally(total, 0), Fraction(0), coverage, Fraction(0) if total else None)


@dataclass
class Given:
    """A subject of which everything is said beforehand; `verdicts` by the names of tiers."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    watermark_ns: int | None = MARK
    progress: int | None = NOW
    begun_ns: int = NOW - DAY
    first_ns: int | None = NOW - 2 * DAY
    round_ns: int = SECOND
    remaining: Fraction | None = Fraction(1, 2)
    total: int = 100
    coverage: Fraction = Fraction(1)
    bad: Sequence[int] = ()
    held: str = ""

    def progress_ns(self, now_ns: int) -> int | None:
        assert now_ns == NOW
        return self.progress

    def readings(self, lengths_ns: Sequence[int]) -> Mapping[int, Reading]:
        return {length: self.reading(length) for length in lengths_ns}

    def reading(self, length_ns: int) -> Reading:
        return window(length_ns, self.total, self.coverage)

    def sight(self, tier: Tier) -> Sight:
        return Sight(self.verdicts.get(tier.name, CLEAR), self.reading(tier.long_ns), self.reading(tier.short_ns))

    def budget(self) -> Budget:
        return Budget(window(2 * DAY, 7), self.remaining, False, Fraction(10))

    def held_back(self, tier: Tier, long: Reading) -> str:
        assert long.length_ns == tier.long_ns
        return self.held

    def without(self) -> Budget | None:
        return Budget(window(2 * DAY, 9), None, True, Fraction(0))

    def parts(self) -> tuple[MemberStatus, ...]:
        return (MemberStatus("m", Fraction(1, 2), MARK, {}),)

    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]:
        return [at for at in self.bad if start_ns <= at < end_ns]


def moment(
    given: Given, *tiers: Tier, before: Before | None = None, last: Word | None = None, signs: Signs | None = None,
    of: Slo | None = None,
) -> Moment:  # fmt: skip
    return Moment(of or own(*tiers or (PAGE, TICKET)), given, before or {}, last, NOW, signs or Signs())


def status(given: Given, *tiers: Tier, **more: object) -> Status:
    return assess(moment(given, *tiers, **more))  # type: ignore[arg-type] # keywords of `moment`


def word(given: Given, *tiers: Tier, **more: object) -> State:
    return status(given, *tiers, **more).state


def fired(tier: Tier, since_ns: int = NOW - HOUR, phase: Phase = Phase.FIRING) -> TierState:
    reading = window(tier.long_ns)
    return TierState(
        "own", tier, Fraction(1), phase, since_ns, True, MARK, 0, MARK - MINUTE, None, "e", reading, reading
    )  # fmt: skip


# --- the word ---------------------------------------------------------------------------------------------------------

LATELY = 30 * SECOND


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(Given(), State.HEALTHY, id="measured and quiet"),
        pytest.param(Given({"page": BURNS}), State.BURNING, id="a page fires"),
        pytest.param(Given({"page": BURNS, "ticket": BURNS}), State.BURNING, id="and a ticket"),
        pytest.param(Given({"ticket": BURNS}), State.WARN, id="a ticket alone"),
        pytest.param(Given({"page": BURNS}, held="few"), State.HEALTHY, id="few events hold the page back"),
        pytest.param(Given({"ticket": UNKNOWN}), State.HEALTHY, id="of a ticket that cannot be told"),
        pytest.param(Given({"page": UNKNOWN}), State.WARMING, id="of a page that cannot be told"),
        pytest.param(Given(remaining=Fraction(-1, 10**9)), State.WARN, id="overspent"),
        pytest.param(Given(remaining=Fraction(0)), State.HEALTHY, id="all spent and no more"),
        pytest.param(Given(remaining=None), State.HEALTHY, id="no budget can be told"),
        pytest.param(Given(total=0), State.FROZEN, id="no event at all"),
        pytest.param(Given(total=1), State.HEALTHY, id="one event"),
        pytest.param(Given(coverage=Fraction(1, 2)), State.HEALTHY, id="half measured"),
        pytest.param(Given(coverage=Fraction(49, 100)), State.FROZEN, id="less"),
        pytest.param(Given(progress=None), State.FROZEN, id="nobody has looked"),
        pytest.param(Given(progress=NOW - 10 * SECOND), State.HEALTHY, id="silent as long as may be"),
        pytest.param(Given(progress=NOW - 10 * SECOND - 1), State.FROZEN, id="silent for longer"),
        pytest.param(Given({"page": BURNS}, progress=None), State.BURNING, id="a page fires, whoever looks"),
        pytest.param(Given({"ticket": BURNS}, progress=None), State.FROZEN, id="a ticket does not"),
        pytest.param(Given(total=0, first_ns=MARK - 2 * LATELY + 1), State.WARMING, id="a beginning"),
        pytest.param(Given(total=0, first_ns=MARK - 2 * LATELY), State.FROZEN, id="no beginning any more"),
        pytest.param(Given(total=0, first_ns=None), State.FROZEN, id="nothing is no beginning"),
    ],
)
def test_one_word_says_how_an_objective_fares(given: Given, expected: State) -> None:
    assert word(given) is expected


def test_a_page_that_waits_is_on_warn_and_without_pages_tickets_tell_health() -> None:
    assert word(Given({"waits": BURNS}), WAITS) is State.WARN
    assert word(Given({"waits": BURNS}, held="few"), WAITS) is State.WARN
    assert word(Given({"ticket": UNKNOWN}), TICKET) is State.WARMING
    assert word(Given({"ticket": CLEAR}), TICKET) is State.HEALTHY
    assert word(Given({"page": UNKNOWN}), PAGE, replace(PAGE, name="other")) is State.HEALTHY
    assert word(Given(), of=own()) is State.HEALTHY


def test_one_partition_that_burns_is_told_as_burning_and_silence_is_not() -> None:
    assert word(Given(), signs=Signs(BURNS, ("x/1",))) is State.BURNING
    assert word(Given(), signs=Signs(alarmed=True)) is State.HEALTHY
    silent = Given(progress=NOW - HOUR, begun_ns=NOW - HOUR)
    dark = status(silent, of=own(PAGE, labels={"importance": "1"}))
    assert (dark.state, [t.firing for t in dark.signals]) == (State.FROZEN, [True, True, False, False])


@pytest.mark.parametrize(
    ("of", "round_ns", "stretch", "silence"),
    [
        pytest.param(own(), SECOND, 30 * SECOND, 10 * SECOND, id="three slices, ten seconds"),
        pytest.param(own(timing=Timing(0, 11 * SECOND)), SECOND, 33 * SECOND, 33 * SECOND, id="three graces"),
        pytest.param(own(), MINUTE, 3 * MINUTE, 10 * SECOND, id="three rounds of canaries"),
        pytest.param(own(slice_width_ns=MINUTE), MINUTE, 3 * MINUTE, 10 * SECOND, id="three wide slices"),
    ],
)
def test_a_stretch_is_three_of_what_takes_longest(of: Slo, round_ns: int, stretch: int, silence: int) -> None:
    assert lately(of, round_ns) == Window(stretch)
    assert silence_ns(of) == silence


# --- since when -------------------------------------------------------------------------------------------------------


def test_a_word_that_was_said_before_holds_since_then() -> None:
    assert status(Given(), last=Word(State.HEALTHY, 77)).since_ns == 77
    assert status(Given(), last=Word(State.WARN, 77)).since_ns == status(Given()).since_ns == NOW


@pytest.mark.parametrize(
    ("fares", "since"),
    [
        pytest.param({"page": BURNS}, NOW - HOUR, id="burning since a page fires"),
        pytest.param({"page": BURNS, "other": BURNS}, NOW - 2 * HOUR, id="the first of two"),
        pytest.param({"ticket": BURNS}, NOW - 3 * HOUR, id="on warn since a ticket fires"),
        pytest.param({"page": BURNS, "ticket": BURNS}, NOW - HOUR, id="whatever tickets did before"),
    ],
)
def test_a_word_that_tiers_tell_holds_since_they_fire(fares: Mapping[str, Verdict], since: int) -> None:
    tiers = (PAGE, replace(PAGE, name="other"), TICKET)
    times = {"page": HOUR, "other": 2 * HOUR, "ticket": 3 * HOUR}
    before = {tier.name: fired(tier, NOW - times[tier.name]) for tier in tiers if tier.name in fares}
    assert status(Given(fares), *tiers, before=before).since_ns == since


def test_overspent_or_waiting_holds_since_now_where_no_ticket_fires() -> None:
    assert status(Given({"waits": BURNS}), WAITS).since_ns == NOW
    assert status(Given(remaining=Fraction(-1))).since_ns == NOW


# --- what else is said ------------------------------------------------------------------------------------------------


def test_a_status_tells_where_it_stands_and_every_window_that_is_shown_or_judged_once() -> None:
    found = status(Given({"page": BURNS}))
    assert (found.slo, found.stream, found.at_ns, found.watermark_ns, found.progress_ns) == (
        "own", own().stream.id, NOW, MARK, NOW,
    )  # fmt: skip
    assert list(found.readings) == sorted({*SHOWN, 2 * MINUTE, 30 * MINUTE, 2 * DAY})
    assert all(length == reading.length_ns for length, reading in found.readings.items())
    assert found.readings[2 * DAY].tally.total == 7
    assert found.budget == Given().budget()
    assert found.without == Given().without()
    assert found.members == Given().parts()
    assert [(tier.tier, tier.burning, tier.firing, tier.judged_at_ns) for tier in found.tiers] == [
        (PAGE, True, True, MARK),
        (TICKET, False, False, MARK),
    ]
    assert [signal.tier.name for signal in found.signals] == ["no-data", "coverage-1h", "coverage-1d"]


def test_the_budget_of_a_window_that_a_tier_looks_at_leaves_the_tiers_reading() -> None:
    of = replace(own(PAGE), window_ns=HOUR)
    assert status(Given(), of=of).readings[HOUR].tally.total == 100


def test_tiers_go_on_from_where_they_stood() -> None:
    state = status(Given({"page": BURNS}), before={"page": fired(PAGE)}).tiers[0]
    assert (state.since_ns, state.episode) == (NOW - HOUR, "e")


@pytest.mark.parametrize(
    ("fares", "signs", "told"),
    [
        pytest.param({"page": BURNS}, Signs(), True, id="a tier fires"),
        pytest.param({"ticket": BURNS}, Signs(), True, id="a ticket"),
        pytest.param({}, Signs(), False, id="nothing does"),
        pytest.param({}, Signs(BURNS), True, id="one partition does"),
        pytest.param({}, Signs(alarmed=True), True, id="the early detector"),
    ],
)
def test_the_first_bad_slice_is_told_while_anything_burns(fares: Mapping[str, Verdict], signs: Signs, told) -> None:
    found = status(Given(fares, bad=[MARK - MINUTE]), signs=signs)
    assert found.first_bad_ns == (MARK - MINUTE if told else None)


def test_silence_alone_has_no_first_bad_slice() -> None:
    given = Given(progress=NOW - HOUR, bad=[MARK - MINUTE])
    assert status(given).signals[0].firing
    assert status(given).first_bad_ns is None


def test_a_tier_that_burns_and_waits_has_a_first_bad_slice() -> None:
    assert status(Given({"waits": BURNS}, bad=[MARK]), WAITS).first_bad_ns == MARK


@pytest.mark.parametrize(
    ("tiers", "bad", "first"),
    [
        pytest.param((PAGE, TICKET), [0, 119, 239], 0, id="gaps shorter than the short window"),
        pytest.param((PAGE, TICKET), [0, 120], 0, id="as long as it"),
        pytest.param((PAGE, TICKET), [0, 121, 200], 121, id="longer"),
        pytest.param((PAGE, replace(PAGE, name="x", short_ns=3 * MINUTE), TICKET), [0, 180], 0, id="the longest page"),
        pytest.param((TICKET,), [0, 1800], 0, id="tickets, where nothing pages"),
        pytest.param((TICKET,), [0, 1801], 1801, id="but no longer"),
        pytest.param((), [0, 300], 0, id="five minutes, without tiers"),
        pytest.param((), [0, 301], 301, id="but no longer than five minutes"),
        pytest.param((), [], None, id="no bad slice"),
    ],
)
def test_the_present_trouble_goes_back_over_short_gaps(tiers, bad: list[int], first: int | None) -> None:
    begin = MARK - 2 * HOUR
    given = Given(bad=[begin + at * SECOND for at in bad])
    found = first_bad(own(*tiers), given, MARK)
    assert found == (None if first is None else begin + first * SECOND)


def test_the_present_trouble_is_looked_for_in_the_last_six_hours_and_the_slice_that_is_not_over() -> None:
    assert first_bad(own(), Given(bad=[MARK - 6 * HOUR]), MARK) == MARK - 6 * HOUR
    assert first_bad(own(), Given(bad=[MARK - 6 * HOUR - 1]), MARK) is None
    assert first_bad(own(), Given(bad=[MARK + 10 * SECOND - 1]), MARK) == MARK + 10 * SECOND - 1
    assert first_bad(own(), Given(bad=[MARK + 10 * SECOND]), MARK) is None


@pytest.mark.parametrize(
    ("begun", "progress", "silent"),
    [
        pytest.param(NOW - HOUR, NOW - MINUTE, MINUTE, id="since they spoke"),
        pytest.param(NOW - MINUTE, NOW - HOUR, MINUTE, id="since the first tick"),
        pytest.param(NOW - MINUTE, None, MINUTE, id="they never spoke"),
        pytest.param(NEVER, NOW - MINUTE, MINUTE, id="the first tick"),
    ],
)
def test_silence_is_since_they_spoke_last_or_the_first_tick(begun: int, progress: int | None, silent: int) -> None:
    assert moment(Given(begun_ns=begun, progress=progress)).silent_ns == silent
