"""OpenSLO's composite with the budgeting method Occurrences."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Completeness, Composite, Duplicates, Freshness, Late, Member, Stream
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.judge import composite, tier
from slo_service.evaluate.judge.composite import Combined, Part, combine, draw_up, judge, watermark
from slo_service.evaluate.judge.tier import Limit, Verdict

FRESH, COMPLETE = Freshness("c", 30), Completeness("c", 300)


def member(target: str = "0.99", weight: str = "1", late: Late = Late.IGNORE) -> Member:
    return Member("m", FRESH, Fraction(target), Fraction(weight), late)


def reading(good: int, bad: int, unmeasured: int = 0, coverage: Fraction | None = None) -> Reading:
    """Its coverage is that of the events, unless said otherwise."""
    expected = good + bad + unmeasured
    of_events = Fraction(good + bad, expected) if expected else Fraction(0)
    return Reading(HOUR, Tally(good, bad), Fraction(unmeasured), of_events if coverage is None else coverage, None)


def test_burn_rates_are_added_up_each_times_its_weight() -> None:
    """2 % of 1 % allowed burn 2×, weighing 2; 5 % of 5 % burn 1×."""
    parts = (Part(member("0.99", "2"), reading(98, 2)), Part(member("0.95"), reading(19, 1)))
    found = combine(parts)
    assert found.burn == 5
    assert (found.burn_if_good, found.burn_if_bad, found.coverage) == (5, 5, 1)


def test_weights_are_multipliers_and_not_shares_of_one() -> None:
    """Two members of weight 1 that spend half of their budgets have spent that of the composite."""
    parts = (Part(member(), reading(199, 1)), Part(member(), reading(199, 1)))
    assert combine(parts).burn == 1
    assert draw_up(parts).remaining == 0


def test_a_budget_is_less_by_the_weighted_shares_that_members_spent() -> None:
    parts = (Part(member("0.99", "0.5"), reading(980, 20)), Part(member("0.9"), reading(970, 30)))
    assert draw_up(parts).remaining == 1 - (Fraction(1, 2) * 2 + Fraction(3, 10))


def test_a_budget_may_be_overspent() -> None:
    assert draw_up((Part(member(), reading(0, 10)),)).remaining == -99


def test_what_is_excused_is_in_the_base_of_the_budget_and_not_in_the_burn() -> None:
    part = Part(member(), reading(99, 1), excused=Fraction(100))
    assert combine((part,)).burn == 1
    assert draw_up((part,)).remaining == Fraction(1, 2)


@pytest.mark.parametrize(
    ("late", "burn", "if_good", "if_bad", "coverage", "remaining"),
    [
        pytest.param(Late.IGNORE, 5, 5, 55, Fraction(3, 4), -4, id="what is missing stays missing"),
        pytest.param(Late.GOOD, 5, 5, 5, 1, -4, id="it counts as good"),
        pytest.param(Late.BAD, 55, 55, 55, 1, -54, id="it counts as bad"),
    ],
)
def test_what_is_missing_of_a_late_member_counts_as_it_says(late, burn, if_good, if_bad, coverage, remaining) -> None:
    """Half of 100 events were measured, 5 of them bad: 5 % of 1 % allowed, or 55 % at worst."""
    parts = (Part(member(late=late), reading(45, 5, 50)), Part(member(), reading(100, 0)))
    found = combine(parts)
    assert (found.burn, found.burn_if_good, found.burn_if_bad) == (burn, if_good, if_bad)
    assert found.coverage == coverage
    assert draw_up(parts).remaining == remaining


@pytest.mark.parametrize("late", Late)
def test_the_setting_says_nothing_of_a_member_of_which_enough_was_measured(late) -> None:
    found = combine((Part(member(late=late), reading(89, 1, 10)),))
    assert (found.burn, found.coverage) == (Fraction(10, 9), Fraction(9, 10))
    assert (found.burn_if_good, found.burn_if_bad) == (1, 11)


def test_the_ratio_of_next_to_nothing_does_not_burn_a_composite() -> None:
    """One of two events was bad, where a thousand were expected."""
    parts = (Part(member(), reading(1, 1, 998)), Part(member(), reading(1000, 0)))
    assert combine(parts).burn == Fraction(1, 10)


def test_a_member_that_never_reported_lowers_the_coverage_by_its_weight() -> None:
    parts = (Part(member("0.99", "3"), reading(0, 0)), Part(member(), reading(99, 1)))
    found = combine(parts)
    assert (found.burn, found.coverage) == (1, Fraction(1, 4))
    assert found.burn_if_bad == 301
    assert draw_up(parts).provisional


def test_no_events_are_no_burn_rather_than_none_burnt() -> None:
    parts = (Part(member(), reading(0, 0, coverage=Fraction(1))), Part(member(), reading(0, 0)))
    assert combine(parts).burn is None
    assert draw_up(parts).remaining is None


def test_a_member_that_was_looked_at_and_idle_burns_nothing() -> None:
    parts = (Part(member(), reading(0, 0, coverage=Fraction(1))), Part(member(), reading(99, 1)))
    found = combine(parts)
    assert (found.burn, found.burn_if_bad, found.coverage) == (1, 1, 1)


def test_it_is_judged_up_to_the_earliest_watermark_of_those_that_report() -> None:
    assert watermark((5 * MINUTE, 3 * MINUTE, None)) == 3 * MINUTE
    assert watermark((None, None)) is None


def test_a_total_outage_of_one_member_burns_on_the_first_day() -> None:
    """52 seconds of an hour, and nothing measured before: the burn is over 14.4 whatever the rest was."""
    parts = (Part(member("0.999"), reading(0, 53, 3547)), Part(member("0.999"), reading(53, 0, 3547)))
    window = combine(parts)
    assert judge(Fraction(72, 5), window, window) is Verdict.BURNS


def test_a_silent_member_keeps_a_composite_from_being_clear() -> None:
    window = combine((Part(member(), reading(0, 0, 100)), Part(member(), reading(100, 0))))
    assert judge(Fraction(14), window, window) is Verdict.UNKNOWN
    silent = combine((Part(member(late=Late.BAD), reading(0, 0, 100)),))
    assert judge(Fraction(14), silent, silent) is Verdict.BURNS
    as_good = combine((Part(member(late=Late.GOOD), reading(0, 0, 100)), Part(member(), reading(100, 0))))
    assert judge(Fraction(14), as_good, as_good) is Verdict.CLEAR


def test_a_composite_that_was_looked_at_a_little_and_was_idle_is_clear() -> None:
    window = combine((Part(member(), reading(0, 0, coverage=Fraction(1, 9))),))
    assert judge(Fraction(14), window, window) is Verdict.CLEAR
    dark = combine((Part(member(), reading(0, 0)),))
    assert judge(Fraction(14), dark, dark) is Verdict.UNKNOWN


@pytest.mark.parametrize(("inclusive", "verdict"), [(False, Verdict.CLEAR), (True, Verdict.BURNS)])
def test_at_the_factor_is_over_it_only_where_the_tier_says_so(inclusive, verdict) -> None:
    window = combine((Part(member(), reading(98, 2)), Part(member(), reading(99, 1))))
    assert judge(Fraction(3), window, window, inclusive=inclusive) is verdict


counts = st.integers(0, 200)
readings = st.builds(reading, counts, counts.map(lambda n: n // 8), counts, st.none())
looked_at = st.builds(reading, counts, counts, counts, st.fractions(0, 1, max_denominator=20))
members = st.builds(
    member, st.sampled_from(("0.5", "0.9", "0.99", "0.999")), st.sampled_from(("0.5", "1", "3")), st.sampled_from(Late)
)
factors = st.sampled_from([Fraction(n, 10) for n in (0, 5, 10, 15, 30, 60, 144)])


def again(parts: list[Part]) -> Combined:
    """The same by the text: every member's share of the burn, from its counts alone."""
    weights, covered, low, high, seen = Fraction(0), Fraction(0), Fraction(0), Fraction(0), []
    for part in parts:
        weight, allowed = part.member.weight, 1 - part.member.target
        good, bad = part.reading.tally.good, part.reading.tally.bad
        missing, coverage = part.reading.unmeasured_events, part.reading.coverage
        total = good + bad + missing
        late = part.member.late if coverage < Fraction(9, 10) else None
        ratio_low = Fraction(bad) / total if total else Fraction(0)
        ratio_high = (bad + missing) / total if total else Fraction(coverage == 0)
        measured = Fraction(bad, good + bad) if good + bad else None
        if late is Late.GOOD:
            measured = ratio_high = ratio_low
        if late is Late.BAD:
            measured = ratio_low = ratio_high
        if late is Late.IGNORE and measured is not None:
            measured = ratio_low
        weights += weight
        covered += weight * (1 if late in (Late.GOOD, Late.BAD) else coverage)
        low += weight * ratio_low / allowed
        high += weight * ratio_high / allowed
        seen += [] if measured is None else [weight * measured / allowed]
    tally = Tally(sum(p.reading.tally.good for p in parts), sum(p.reading.tally.bad for p in parts))
    missing = sum((p.reading.unmeasured_events for p in parts), Fraction(0))
    return Combined(HOUR, sum(seen, Fraction(0)) if seen else None, covered / weights, low, high, tally, missing)


@given(st.lists(st.builds(Part, members, st.one_of(readings, looked_at)), min_size=1, max_size=4))
def test_it_is_what_adding_up_by_hand_gives(parts) -> None:
    found = combine(parts)
    assert found == again(parts)
    assert found.burn_if_good <= found.burn_if_bad
    if found.burn is not None:
        assert found.burn_if_good <= found.burn <= found.burn_if_bad


@given(
    st.builds(Part, members, readings),
    st.builds(Part, members, readings),
    factors,
    st.booleans(),
    st.sampled_from(Unmeasured),
)
def test_a_composite_of_one_is_judged_as_its_member_alone(long, short, factor, inclusive, unmeasured) -> None:
    """Where enough was measured, or late is to be ignored and the little that was measured decides nothing."""
    single = member(weight="1")
    windows = [combine((Part(single, part.reading),)) for part in (long, short)]
    limit = Limit(factor * Objective(single.target).budget, inclusive)
    alone = tier.judge(limit, long.reading, short.reading, unmeasured)
    found = judge(factor, windows[0], windows[1], inclusive=inclusive, unmeasured=unmeasured)
    if all(part.reading.coverage >= composite.COVERAGE_FLOOR for part in (long, short)):
        assert found is alone
    elif found is not alone:  # then the measured ratio of a late member burns, which by itself is noise
        assert (alone, found) == (Verdict.BURNS, Verdict.UNKNOWN)


def test_weights_targets_and_lateness_are_not_in_the_identity_of_a_stream() -> None:
    plain = Composite((Member("a", FRESH, Fraction(9, 10)), Member("b", COMPLETE, Fraction(9, 10))))
    other = Composite(
        (Member("a", FRESH, Fraction(1, 2), late=Late.BAD), Member("b", COMPLETE, Fraction(1, 2), Fraction(3)))
    )
    assert Stream("orders", plain).id == Stream("orders", other).id
    assert Stream("orders", plain).id != Stream("orders", Composite((plain.members[0],))).id


def test_what_is_shown_are_the_events_of_all_members() -> None:
    window = combine(
        (Part(member(), reading(98, 2)), Part(Member("d", Duplicates("c"), Fraction(9, 10)), reading(50, 0, 4)))
    )
    assert window.reading == Reading(HOUR, Tally(148, 2), Fraction(4), Fraction(26, 27), Fraction(2), unit=None)
    assert draw_up((Part(member(), reading(98, 2)),)).minutes(30 * DAY, Fraction(1, 100)) == -432.0
