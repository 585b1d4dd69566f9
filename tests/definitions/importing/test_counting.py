import pytest

from slo_service.definitions.importing.counting import Ratio, ratio_in, ratio_of

W = "[__window__]"


def rate(selector: str) -> str:
    return f"sum(rate({selector}{W}))"


@pytest.mark.parametrize(
    ("part", "total", "expected"),
    [
        pytest.param(rate("a"), rate("b"), Ratio("bad", "a", "b", True), id="counters are taken without their sum"),
        pytest.param(
            f"sum(increase(a{W}))", f"sum(increase(b{W}))", Ratio("bad", "a", "b", True), id="increases are like rates"
        ),
        pytest.param(f"sum(increase(a{W}))", rate("b"), None, id="but not together with them: a ratio per second"),
        pytest.param(rate('a{x="(}"}'), rate("b"), Ratio("bad", 'a{x="(}"}', "b", True), id="signs in a text are text"),
        pytest.param(
            f"({rate('n')}\n-\n{rate('ok')})", rate("n"), Ratio("good", "ok", "n", True), id="all but the good ones"
        ),
        pytest.param(f"{rate('m')} - {rate('ok')}", rate("n"), None, id="all of something else but the good ones"),
        pytest.param(f"{rate('a')} or vector(0)", rate("b"), Ratio("bad", "a or vector(0)", "b", True), id="or 0"),
        pytest.param(f"{rate('a')} OR on() vector(0)", rate("b"), Ratio("bad", "a or vector(0)", "b", True), id="OR"),
        pytest.param(f"sum by (q) (rate(a{W}))", rate("b"), Ratio("bad", "a", "b", True, "by (q)"), id="grouped"),
        pytest.param(f"sum(rate(a{W})) by (q)", rate("b"), Ratio("bad", "a", "b", True, "by (q)"), id="grouped behind"),
        pytest.param(f"rate(a{W})", f"rate(b{W})", Ratio("bad", "a", "b", True, first=True), id="not summed"),
        pytest.param(f"max(rate(a{W}))", rate("b"), None, id="a maximum is no count"),
        pytest.param(f"{rate('a')} * 60", rate("b"), None, id="nor is a multiple"),
        pytest.param(f"sum(rate(a{W} offset 5m))", rate("b"), None, id="nor another moment"),
        pytest.param("sum(rate(a[5m]))", rate("b"), None, id="nor another window"),
        pytest.param(f"sum(rate(a{W}", rate("b"), None, id="nor what is not closed"),
        pytest.param("a" * 5000 + "(" * 500, rate("b"), None, id="nor what is nested without end"),
        pytest.param(
            f"sum(count_over_time(u{W})) - sum(sum_over_time(u{W}))",
            f"sum(count_over_time(u{W}))",
            Ratio("bad", "sum(count_over_time(u[10s])) - sum(sum_over_time(u[10s]))", "sum(count_over_time(u[10s]))",
                  False),
            id="sums over samples are taken slice by slice",
        ),
    ],
)  # fmt: skip
def test_what_two_queries_count(part: str, total: str, expected: Ratio | None) -> None:
    assert ratio_of(part, total, "bad") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"{rate('a')} / {rate('b')}", Ratio("good", "a", "b", True), id="a quotient"),
        pytest.param(f"1 - {rate('a')} / {rate('b')}", Ratio("bad", "a", "b", True), id="the rest of one"),
        pytest.param(
            f"1 - (1 - ({rate('a')} / {rate('b')}))", Ratio("good", "a", "b", True), id="the rest of the rest"
        ),
        pytest.param(f"{rate('a')} / ignoring(le) {rate('b')}", Ratio("good", "a", "b", True), id="with matching"),
        pytest.param(f"avg_over_time(a{W})", None, id="an average"),
        pytest.param(f"2 - {rate('a')} / {rate('b')}", None, id="something else"),
    ],
)
def test_what_a_ratio_counts(query: str, expected: Ratio | None) -> None:
    assert ratio_in(query, "good") == expected


def test_series_with_equal_labels_are_both_counted() -> None:
    """`a or b` alone would drop those of b whose labels a has too."""
    ratio = ratio_of(rate("a"), f"{rate('a')} + {rate('b')}", "bad")
    assert ratio is not None
    assert ratio.total == (
        'label_replace(a, "slo_part", "1", "", "") or label_replace(b, "slo_part", "2", "", "")'
    )  # fmt: skip
