import pytest

from slo_service.cli import figures


@pytest.mark.parametrize(
    ("rate", "factor", "over", "said"),
    [
        pytest.param(14.444, 14.4, True, "14.44 > 14.4", id="plainly over"),
        pytest.param(14.4, 14.4, False, "14.4 = 14.4", id="exactly at the limit is not over it"),
        pytest.param(14.4004, 14.4, True, "14.4004 > 14.4", id="over by less than two decimals show"),
        pytest.param(3.0, 14.4, False, "3 < 14.4", id="under"),
        pytest.param(2.0, 2.0, True, "2 ≥ 2", id="the limit itself, where it counts"),
        pytest.param(21_600.0, 14.4, True, "21,600 > 14.4", id="thousands are grouped"),
    ],
)
def test_a_comparison_shows_the_digits_that_decide_it(rate: float, factor: float, over: bool, said: str) -> None:
    assert figures.versus(rate, factor, over=over) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0, "0s"), (0.3, "<1s"), (90, "1m30s"), (3_600, "1h"), (2_419_200, "28d"), (93_784, "1d2h")],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, said: str) -> None:
    assert figures.duration(seconds) == said


def test_a_share_that_is_not_known_is_not_a_number() -> None:
    assert figures.percent(None) == "–"


def test_no_zero_is_negative() -> None:
    assert figures.percent(-0.0000001) == "0 %"


@pytest.mark.parametrize(
    ("number", "one", "said"),
    [(1, "error", "1 error"), (0, "error", "0 errors"), (2, "loss", "2 losses"), (1200, "change", "1,200 changes")],
)
def test_one_of_a_thing_is_not_called_several(number: int, one: str, said: str) -> None:
    assert figures.counted(number, one) == said
