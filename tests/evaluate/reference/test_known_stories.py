"""Stories in which the evaluator and the reference once differed, one for each reason."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import OCCURRENCES, Budgeting, RatioTimeslices, Timeslices, Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Duplicates, Freshness, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Slo, Tier
from slo_service.domain.tally import Objective
from slo_service.evaluate.evaluator import FEW
from tests.evaluate.reference.features import EVERYTHING
from tests.evaluate.reference.play import play
from tests.evaluate.reference.steps import Live, Marked, Past, Reloaded, Restarted, Scheduled, SetBack, Step
from tests.evaluate.reference.stories import SILENT, Measured, Plot
from tests.evaluate.timeline import START

FRESH, UNIQUE = Freshness("orders-canary", 5 * SECOND), Duplicates("orders-canary")
ALL, NONE = Fraction(1), Fraction(0)
SLOWLY = Fraction(1, 10)


def measured(budgeting: Budgeting = OCCURRENCES, indicator: Freshness | Duplicates = FRESH) -> Measured:
    return Measured(indicator, 10 * SECOND, Timing(0, 3 * SECOND), SLOWLY, 1, budgeting)


def objective(on: Measured, name: str = "one", tiers: tuple[Tier, ...] = WORKBOOK, window_ns: int = 10 * MINUTE) -> Slo:
    return Slo(
        name=name,
        display_name=name,
        description="",
        service="orders",
        pipeline="orders",
        indicator=on.indicator,
        objective=Objective(Fraction(1, 2)),
        window_ns=window_ns,
        alerting=Alerting("own", tiers, {Severity.PAGE: 0, Severity.TICKET: 0}, SILENT),
        timing=on.timing,
        slice_width_ns=on.width_ns,
        unmeasured=Unmeasured.FREEZE,
        budgeting=on.budgeting,
    )


def adjustment(category: Category, *seconds: tuple[int, int], good: int = 0, bad: int = 0) -> Adjustment:
    spans = tuple(Span(START + since * SECOND, START + until * SECOND) for since, until in seconds)
    return Adjustment("works", Selector(), category, "ann", "announced", spans, correction={"good": good, "bad": bad})


def plot(
    on: Measured,
    *adjustments: Adjustment,
    others: tuple[Slo, ...] = (),
    rest: Unmeasured = Unmeasured.FREEZE,
    later: tuple[Slo, ...] = (),
) -> Plot:
    """`later`: what another folder holds that is loaded by turns."""
    slos = {slo.name: slo for slo in (replace(objective(on), unmeasured=rest), *others)}
    first = Catalogue(slos=slos, adjustments={each.name: each for each in adjustments})
    return Plot((on,), (first, *([Catalogue(slos={slo.name: slo for slo in later})] if later else [])))


def live(length_ns: int, looked: Fraction = ALL) -> Live:
    return Live(0, length_ns, NONE, looked)


OUT, INSTEAD = Category.MAINTENANCE, Category.CORRECTION
OF_FIVE_MINUTES = Timeslices(Fraction(9, 10), 5 * MINUTE)
STORIES: dict[str, tuple[Plot, list[Step]]] = {
    "a source that never reported holds back nobody after a restart": (
        plot(measured()),
        [live(SECOND), Scheduled(0, SLOWLY, 2), Restarted(0), live(SECOND)],
    ),
    "a mark that lies ahead says nothing once the clock was set back": (
        plot(measured()),
        [live(SECOND), live(SECOND), SetBack(MINUTE), live(SECOND)],
    ),
    "time is quiet as before once the clock was set back": (
        plot(measured(Timeslices(Fraction(9, 10), 30 * SECOND)), rest=Unmeasured.GOOD),
        [*[live(SECOND)] * 4, SetBack(MINUTE), live(30 * SECOND)],
    ),
    "a window that reaches further back after the clock was set back is whole": (
        plot(measured()),
        [live(SECOND), Past(0, 0, 7 * HOUR, 1, 0, 1), SetBack(HOUR)],
    ),
    "what lies ahead after the clock was set back counts when its time comes": (
        plot(measured()),
        [live(HOUR), SetBack(2 * DAY), live(DAY), Restarted(SECOND), live(DAY), live(HOUR)],
    ),
    "an idle slice of ratios was looked at": (
        plot(measured(RatioTimeslices(MINUTE), UNIQUE)),
        [live(10 * MINUTE), Past(0, 0, 310 * SECOND, 6, 0, 0), live(MINUTE)],
    ),
    "excluded time is expected of neither cells nor events": (
        plot(measured(), adjustment(OUT, (0, 1))),
        [live(SECOND), live(MINUTE)],
    ),
    "an adjustment is looked for as far back as the longest alert window": (
        plot(measured(), adjustment(OUT, (0, 1))),
        [live(SECOND), live(30 * HOUR), live(30 * HOUR)],
    ),
    "time is excluded in whole slices of time": (
        plot(measured(OF_FIVE_MINUTES), adjustment(OUT, (0, 1))),
        [live(SECOND), live(10 * MINUTE)],
    ),
    "objectives that look back differently share what is excluded": (
        plot(
            measured(OF_FIVE_MINUTES),
            adjustment(OUT, (0, 60), (-1, 1)),
            others=(objective(measured(OF_FIVE_MINUTES), "two", ()),),
        ),
        [live(SECOND), Restarted(2 * DAY)],
    ),
    "a correction says what happened and not that somebody looked": (
        plot(measured(), adjustment(INSTEAD, (0, 60), bad=3)),
        [live(SECOND, NONE), live(10 * MINUTE, Fraction(1, 2))],
    ),
    "each interval of a correction counts, also where they overlap": (
        plot(measured(), adjustment(INSTEAD, (0, 1), (0, 1), bad=1)),
        [live(SECOND), live(SECOND)],
    ),
    "a correction of time to come counts once that has come": (
        plot(measured(OF_FIVE_MINUTES), adjustment(INSTEAD, (0, 1), (2 * 86_400, 2 * 86_400 + 1), bad=1)),
        [live(SECOND), live(3 * DAY)],
    ),
    "an episode that ends with its definition ends when it was judged last": (
        plot(measured(), later=(objective(measured(indicator=UNIQUE)),)),
        [Live(0, HOUR, ALL, ALL, ticks=4), Live(0, HOUR, ALL, ALL, ticks=4), Reloaded(1)],
    ),
    "a budget of nothing is provisional": (
        plot(measured(), adjustment(INSTEAD, (0, 3600))),
        [live(SECOND), live(SECOND), live(HOUR)],
    ),
    "what was declared before is not taken up again by a start": (
        plot(measured(), later=(objective(measured(), "two"),)),
        [
            Marked(0, 0, 0),
            Reloaded(1),
            live(SECOND),
            SetBack(MINUTE),
            live(SECOND, NONE),
            Restarted(0),
            Reloaded(0),
            Restarted(0),
        ],
    ),
    "a slice of time of which not all cells are kept stays as it was": (
        plot(measured(Timeslices(Fraction(9, 10), 30 * SECOND))),
        [live(880 * SECOND), live(3 * DAY)],
    ),
}


@pytest.mark.parametrize("few", [FEW, 0], ids=["judged", "screened"])
@pytest.mark.parametrize(("told", "steps"), STORIES.values(), ids=STORIES)
def test_a_story_of_before_gives_the_same_figures_and_states(told: Plot, steps: list[Step], few: int) -> None:
    play(EVERYTHING, told, 0, steps, few)
