from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.show.web import words


def plain(text: str) -> str:
    return text.replace(words.THIN, " ")


@pytest.mark.parametrize(
    ("duration_ns", "said"),
    [
        pytest.param(0, "0 s", id="nothing"),
        pytest.param(40_000_000, "40 ms", id="below a tenth of a second"),
        pytest.param(2_940_000_000, "2.9 s", id="tenths below ten seconds"),
        pytest.param(9_960_000_000, "10 s", id="a rounded ten has no tenth"),
        pytest.param(59_700_000_000, "1 min", id="sixty rounded seconds are a minute"),
        pytest.param(24 * MINUTE + 30 * SECOND, "24 min 30 s", id="two units"),
        pytest.param(59 * MINUTE + 59_700_000_000, "1 h", id="sixty rounded minutes are an hour"),
        pytest.param(3 * DAY + 4 * HOUR + 20 * MINUTE, "3 d 4 h", id="never three units"),
        pytest.param(-5 * SECOND, "−5 s", id="a negative latency keeps its sign"),
    ],
)
def test_a_duration_is_said_in_at_most_two_units(duration_ns, said):
    assert plain(words.duration(duration_ns)) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        pytest.param(Fraction(62, 100), "62 %", id="plain"),
        pytest.param(Fraction(-18, 100), "−18 %", id="overspent"),
        pytest.param(Fraction(9999, 10000), "99 %", id="nearly all is not all"),
        pytest.param(Fraction(1), "100 %", id="all is all"),
        pytest.param(Fraction(1, 1000), "< 1 %", id="little is not nothing"),
        pytest.param(Fraction(0), "0 %", id="nothing is nothing"),
    ],
)
def test_a_share_never_rounds_to_all_or_nothing(share, said):
    assert plain(words.share(share)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(Fraction(999, 1000), "99.9 %", id="three nines"),
        pytest.param(1 - Fraction(552, 1_445_714), "99.962 %", id="two figures of what is missing"),
        pytest.param(1 - Fraction(1, 10**9), "> 99.999999 %", id="nearly one is not one"),
        pytest.param(Fraction(1), "100 %", id="exactly one"),
    ],
)
def test_a_measured_share_keeps_what_is_missing(value, said):
    assert plain(words.precise(value)) == said


def test_coverage_is_floored_so_that_a_gap_stays_visible():
    assert plain(words.coverage(Fraction(99_999, 100_000))) == "99.9 %"
    assert plain(words.coverage(Fraction(1, 100_000))) == "< 0.1 %"


def test_minutes_left_name_their_unit_once_when_both_share_it():
    assert plain(words.part_of(25, 40)) == "25 of 40 min"
    assert plain(words.part_of(33, 400)) == "33 min of 6.7 h"


def test_a_burn_rate_has_three_figures_and_no_false_zero():
    assert [plain(words.times(value)) for value in (0, 0.001, 0.05, 19.66, 117.9)] == [
        "0×",
        "< 0.01×",
        "0.05×",
        "19.7×",
        "118×",
    ]


def test_a_long_listing_says_how_many_it_leaves_out():
    assert words.listing(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert words.listing(["a", "b"]) == "a and b"
