"""What a definition burned in the tool it comes from, it burns here: over each of the tool's own windows, on the same
series, at several moments. Sloth divides error by total over the window; Pyrra does; slo-generator takes 1 − good ÷
(good + bad). Each divides that by 1 − objective. (Sloth's own figure over its whole period is another: there it takes
the mean of the ratios of 5 minutes. Prometheus extrapolates at the ends of a window, which is left out here.)"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Ratio, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.evaluator import Evaluator
from tests.definitions.importing.examples import FOLDER, convert
from tests.definitions.importing.world import (
    MINUTES,
    Series,
    added,
    apart,
    collect,
    gauge,
    histogram,
    split,
)

START = 1_790_000_000 * SECOND // DAY * DAY
# Before, within and after the outage, and at the end. Windows over 3 d end at a quarter of an hour here, so do these.
MOMENTS = [4 * 1440 + minutes for minutes in (345, 360, 375, 390, 1440)]
SLOTH = (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY)
PYRRA_28D = (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 4 * DAY)
PYRRA_14D = (3 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, 2 * DAY)
STEPS = (HOUR, 12 * HOUR, 7 * DAY, 28 * DAY)
PRESET_WINDOWS = (HOUR, 6 * HOUR, DAY, 3 * DAY)

Chooses = Callable[[Series], bool]


def of(name: str, **labels: str) -> Chooses:
    return lambda series: (
        series.name == name and all(re.fullmatch(wanted, series.labels.get(key, "")) for key, wanted in labels.items())
    )


def either(*choices: Chooses) -> Chooses:
    return lambda series: any(choose(series) for choose in choices)


@dataclass(frozen=True)
class Case:
    """`counted` is what the tool counts as bad, or as good; the formula is the tool's, in its own terms."""

    example: str
    slo: str
    objective: Fraction
    windows: tuple[int, ...]
    counted: Chooses
    total: Chooses
    good: bool = False
    gauge: bool = False


CASES = [
    Case("sloth/availability", "checkout-payments-availability", Fraction("0.999"), SLOTH,
         of("payments_total", job="checkout", code="5..|429"), of("payments_total", job="checkout")),
    Case("sloth/latency", "search-fast-answers", Fraction("0.99"), SLOTH[3:],
         of("answer_seconds_bucket", job="search", verb="GET", le="0[.]4"),
         of("answer_seconds_count", job="search", verb="GET"), good=True),
    Case("sloth/raw", "gateway-quotient", Fraction("0.9995"), SLOTH,
         of("calls_total", gateway="edge", state="failed"), of("calls_total", gateway="edge")),
    Case("sloth/object", "mail-sent", Fraction("0.995"), SLOTH,
         of("mail_failed_total", queue="out"), of("mail_total", queue="out")),
    Case("sloth/plugins", "files-by-queries", Fraction("0.999"), SLOTH,
         either(of("reads_failed_total"), of("writes_failed_total")), either(of("reads_total"), of("writes_total"))),
    Case("sloth/loose", "batch-jobs-samples", Fraction("0.99"), SLOTH, of("job_up"), of("job_up"), good=True,
         gauge=True),
    Case("pyrra/ratio", "shop-api-errors", Fraction("0.995"), PYRRA_28D,
         of("shop_requests_total", job="shop-api", code="5.."), of("shop_requests_total", job="shop-api")),
    Case("pyrra/latency", "shop-api-latency", Fraction("0.99"), PYRRA_14D,
         of("shop_request_seconds_bucket", job="shop-api", code="2..", le="1"),
         of("shop_request_seconds_count", job="shop-api", code="2.."), good=True),
    Case("pyrra/success", "orders", Fraction("0.99"), PRESET_WINDOWS,
         of("orders_done_total", shop="a"), of("orders_total", shop="a"), good=True),
    Case("pyrra/success", "orders-2", Fraction("0.99"), (5 * MINUTE, 64 * MINUTE, 386 * MINUTE),
         of("orders_failed_total", shop="b"),
         either(of("orders_failed_total", shop="b"), of("orders_done_total", shop="b"))),
    Case("pyrra/gauge", "probes", Fraction("0.999"), PYRRA_28D, of("probe_success", job="edge"),
         of("probe_success", job="edge"), good=True, gauge=True),
    Case("slo-generator/prometheus-ratio", "cart-open-availability", Fraction("0.999"), STEPS,
         of("cart_requests_total", handler="/open", code="2.."), of("cart_requests_total", handler="/open"), good=True),
    Case("slo-generator/prometheus-bad", "cart-writes", Fraction("0.99"), PRESET_WINDOWS,
         of("cart_writes_done_total", shop="a"),
         either(of("cart_writes_done_total", shop="a"), of("cart_writes_failed_total", shop="a")), good=True),
    Case("slo-generator/prometheus-cut", "cart-latency", Fraction("0.99"), PRESET_WINDOWS,
         of("cart_seconds_bucket", path="/", code="2..", le="0[.]25"), of("cart_seconds_count", path="/", code="2.."),
         good=True),
    Case("slo-generator/prometheus-sli", "cart-share", Fraction("0.999"), PRESET_WINDOWS,
         of("cart_requests_total", code="2.."), of("cart_requests_total"), good=True),
]  # fmt: skip


@cache
def world() -> list[Series]:
    ok, fails = {"code": "200"}, {"code": "500"}
    return [
        *split("payments_total", ok, fails, job="checkout"),
        *split("payments_total", {"code": "204"}, {"code": "429"}, job="checkout", path="/quote"),
        *split("payments_total", ok, fails, job="other"),
        *histogram("answer_seconds", "0.4", job="search", verb="GET"),
        *histogram("answer_seconds", "0.4", job="search", verb="WATCH"),
        *split("calls_total", {"state": "done"}, {"state": "failed"}, gateway="edge"),
        *apart("", "mail_failed_total", "mail_total", queue="out"),
        *apart("", "reads_failed_total", "reads_total"),
        *apart("", "writes_failed_total", "writes_total"),
        *gauge("job_up"),
        *split("shop_requests_total", ok, fails, job="shop-api"),
        *histogram("shop_request_seconds", "1", job="shop-api", code="200"),
        *apart("orders_done_total", "", "orders_total", shop="a"),
        *apart("orders_done_total", "orders_failed_total", "", shop="b"),
        *gauge("probe_success", job="edge"),
        *split("cart_requests_total", ok, fails, handler="/open"),
        *split("cart_requests_total", ok, fails, handler="/close"),
        *apart("cart_writes_done_total", "cart_writes_failed_total", "", shop="a"),
        *histogram("cart_seconds", "0.25", path="/", code="200"),
        *histogram("cart_seconds", "0.25", path="/other", code="200"),
    ]


def in_the_tool(case: Case, moment: int, window_ns: int) -> Fraction:
    """The tool's formula on the events of the window's minutes."""
    since = max(0, moment - window_ns // MINUTE)

    def events(chooses: Chooses) -> list[int]:
        return added([series.steps[since:moment] for series in world() if chooses(series)])

    counted = sum(events(case.counted))
    targets = len([series for series in world() if case.total(series)])
    total = (moment - since) * targets if case.gauge else sum(events(case.total))
    ratio = Fraction(counted, total)
    return (1 - ratio if case.good else ratio) / (1 - case.objective)


def loaded(case: Case, folder: Path) -> Slo:
    """The SLO as the service reads it from the converted file."""
    imported = convert(FOLDER / f"{case.example}.yaml")
    (folder / "imported.yaml").write_text(imported.text)
    read = load_folder([folder], {"PROMETHEUS_URL": "http://127.0.0.1:9090"})
    assert read.errors == ()
    assert read.catalogue is not None
    return read.catalogue.slos[case.slo]


def here(slo: Slo) -> dict[int, Status]:
    """What the evaluator says at each moment, fed minute by minute."""
    measured = slo.indicator
    assert isinstance(measured, Ratio)
    assert measured.total is not None
    part, total = (
        collect(str(metric.fields["query"]), world(), counter=measured.counter)
        for metric in (measured.metric, measured.total)
    )
    stream, evaluator = slo.stream.id, Evaluator(Catalogue(slos={slo.name: slo}))
    evaluator.apply(schedules=[Schedule(stream, START, Fraction(total[0], 60), 1)])
    said = {}
    for minute in range(MINUTES):
        at = START + minute * MINUTE
        counts = (part[minute], total[minute] - part[minute])
        good, bad = counts if measured.side == "good" else counts[::-1]
        evaluator.apply([Delta(stream, at, good, bad, 6)])
        if minute + 1 in MOMENTS:
            now = at + MINUTE + slo.timing.horizon_ns
            evaluator.apply((), [Progress(stream, "made", now)])
            said[minute + 1] = evaluator.tick(now).statuses[slo.name]
    return said


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.example} {case.slo}")
def test_a_converted_slo_burns_as_fast_as_in_its_tool(case: Case, tmp_path: Path) -> None:
    slo = loaded(case, tmp_path)
    assert slo.objective.target == case.objective
    said = here(slo)
    ours = {(moment, w): said[moment].readings[w].burn for moment in MOMENTS for w in case.windows}
    assert ours == {(moment, w): in_the_tool(case, moment, w) for moment in MOMENTS for w in case.windows}
    assert len(set(ours.values())) > len(case.windows)


@pytest.mark.parametrize(
    ("example", "slo", "factors"),
    [
        ("sloth/availability", "checkout-payments-availability", [("14.4", 60, 5), (6, 360, 30), (3, 1440, 120),
                                                                  (1, 4320, 360)]),
        ("pyrra/ratio", "shop-api-errors", [(14, 60, 5), (7, 360, 30), (2, 1440, 120), (1, 5760, 360)]),
        ("pyrra/latency", "shop-api-latency", [(14, 30, 3), (7, 180, 15), (2, 720, 60), (1, 2880, 180)]),
        ("slo-generator/prometheus-ratio", "cart-open-availability", [(9, 60, 5), (3, 720, 60), ("1.5", 10080, 840),
                                                                      (1, 40320, 3360)]),
    ],
)  # fmt: skip
def test_its_alerts_have_the_factors_and_windows_of_the_tool(
    example: str, slo: str, factors: list[tuple[str | int, int, int]], tmp_path: Path
) -> None:
    read = loaded(Case(example, slo, Fraction(0), (), of(""), of("")), tmp_path)
    tiers = [(t.factor(read.window_ns), t.long_ns // MINUTE, t.short_ns // MINUTE) for t in read.alerting.tiers]
    assert tiers == [(Fraction(factor), long, short) for factor, long, short in factors]


def test_a_restart_of_one_replica_is_no_event() -> None:
    """Differencing their sum would count everything that the other has counted so far once more."""
    restarted = [series for series in world() if of("payments_total", job="checkout", code="200")(series)]
    by_series = collect('payments_total{job="checkout",code="200"}', world(), counter=True)
    assert by_series == added([series.steps for series in restarted])
    summed = added([series.counter() for series in restarted])
    assert any(later < earlier for earlier, later in pairwise(summed))
