import re
from fractions import Fraction

from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.show.web.charts.budget import BurnDown, burn_down
from slo_service.show.web.charts.canary import Plot, canary_plot
from slo_service.show.web.charts.heat import Heat, heat_strip
from slo_service.show.web.charts.small import budget_bar, burn_whisker, spark
from slo_service.show.web.charts.svg import svg, text
from slo_service.show.web.charts.swarm import KINDS, Mark, Swarm


def rects(drawing: str, cls: str) -> list[tuple[float, float]]:
    """(x, width) of every rectangle of the class."""
    found = re.findall(rf'<rect class="{cls}" x="([-\d.]+)" y="[-\d.]+" width="([\d.]+)"', drawing)
    return [(float(x), float(width)) for x, width in found]


def test_an_overspent_budget_lies_left_of_the_line():
    assert rects(budget_bar(Fraction(-18, 100), None, provisional=False), "neg") == [(7, 18)]


def test_a_budget_spent_beyond_the_scale_is_marked_rather_than_clamped_in_silence():
    beyond, within = (budget_bar(Fraction(left, 100), None, provisional=False) for left in (-80, -20))
    assert '<path class="neg"' in beyond
    assert '<path class="neg"' not in within


def test_an_unknown_budget_has_no_bar():
    drawing = budget_bar(None, None, provisional=True)
    assert "prov" not in drawing
    assert "not known" in drawing


def test_a_higher_burn_lies_further_right_and_a_huge_one_stays_in_the_drawing():
    places = [
        float(re.findall(r'cx="([\d.]+)"', burn_whisker(Fraction(burn), None, ""))[0]) for burn in (0, 1, 14, 10**6)
    ]
    assert places == sorted(places)
    assert len(set(places)) == 4
    assert places[-1] <= 72


def test_an_unmeasured_day_is_hatched_and_a_quiet_one_is_empty():
    drawing = spark([None, 0.0, 0.4], "red")
    assert drawing.count("hatch") == 1
    assert len(rects(drawing, "sp red")) == 1


def plot(*marks: Mark) -> str:
    return str(
        canary_plot(Plot(0, 10 * MINUTE, Swarm.of(marks), 30 * SECOND, 5 * MINUTE, [(0, MINUTE)], [], "canaries"))
    )


def test_each_kind_of_canary_has_a_mark_of_its_own():
    drawing = plot(*(Mark(MINUTE, SECOND, kind, kind == "ok") for kind in KINDS))
    for cls in (*(f"d-{kind}" for kind in KINDS), "d-dup", "hatch"):
        assert f'class="{cls}"' in drawing


def test_a_later_arrival_stands_higher_and_a_lost_one_highest():
    heights = [
        float(re.findall(rf'class="d-{kind}" d="M[\d.]+ ([\d.]+)', plot(Mark(MINUTE, transit, kind)))[0])
        for kind, transit in (("ok", SECOND), ("late", MINUTE), ("lost", 0))
    ]
    assert heights[0] > heights[1] > heights[2]


def test_ten_thousand_canaries_on_one_spot_are_one_mark():
    assert len(plot(*[Mark(MINUTE, SECOND, "ok")] * 10_000)) < 2 * len(plot(Mark(MINUTE, SECOND, "ok")))


def test_a_minute_without_measurement_is_hatched_in_the_strip():
    drawing = str(heat_strip(Heat(0, MINUTE, [(0, [SECOND, None, 20 * MINUTE])], 30 * SECOND), "ages"))
    assert {"h0", "hatch", "h6"} <= set(re.findall(r'<rect class="(\w+)"', drawing))


def test_the_burn_down_ends_at_the_live_figure():
    chart = BurnDown(0, 28 * DAY, 28 * DAY, [(14 * DAY, 0.8)], 0.62, "25 min", [(14 * DAY, "1")], [], [], "budget")
    drawing = str(burn_down(chart)).replace("\u202f", " ")
    assert ">62 %<" in drawing
    assert ">1<" in drawing


def test_a_far_overspent_budget_still_fits_the_scale():
    chart = BurnDown(0, DAY, DAY, [(DAY // 2, -40.0)], -40.0, "", [], [], [], "budget")
    heights = [float(y) for y in re.findall(r'<circle class="dot" cx="[\d.]+" cy="([\d.]+)"', str(burn_down(chart)))]
    assert heights
    assert all(0 < y < 300 for y in heights)


def test_text_in_a_drawing_is_escaped():
    drawing = svg(1, 1, [text(0, 0, "<script>")], 'a "label" <b>')
    assert "<script>" not in drawing
    assert "<b>" not in drawing
