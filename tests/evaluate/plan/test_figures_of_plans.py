"""The figures of some plans, as they were when each had been compared with months by chance and with the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import WORKBOOK, Alerting, Severity
from slo_service.domain.tally import Objective
from slo_service.evaluate.plan.canary_plan import BLIPS_SECONDS, Prospect, plan_canary
from slo_service.evaluate.plan.need import Canary

Told = tuple[float, float, float, float, float | None]


def canary(percent: str, seconds: float, **more: object) -> Canary:
    objective = Objective(Fraction(percent) / 100)
    return Canary(objective, round(seconds * SECOND), **more)  # type: ignore[arg-type]  # fields of a Canary


def told(prospect: Prospect) -> Told:
    false, alerts = prospect.p_false, prospect.false_alerts
    return false.low, false.high, alerts.low, alerts.high, prospect.detected_seconds


def close(wanted: Told) -> object:
    return pytest.approx(wanted, rel=1e-7)


PLANS = [
    pytest.param(
        canary("99.9", 10),
        [
            (
                (361, 31, 6, 7, 7, 1),
                (0.008322186369, 0.008324665784, 0.008470411893, 0.008470411893, 60.0),
                (0.0004993477161, 0.0004994630114, 0.000503629998, 0.000503629998, 70.0),
            ),
            (
                (2161, 181, 13, 13, 13, 2),
                (0.0003662394945, 0.0005222489775, 0.0005702925313, 0.0005702925313, 130.0),
                (0.0003662394945, 0.0005222489775, 0.0005702925313, 0.0005702925313, 130.0),
            ),
            (
                (8646, 721, 26, 26, 0, 3),
                (0.0003566051462, 0.0004929449163, 0.0005081171138, 0.0005081171138, 260.0),
                (0.0003566051462, 0.0004929449163, 0.0005081171138, 0.0005081171138, 260.0),
            ),
            (
                (25926, 2161, 26, 39, 39, 3),
                (0.7555128881, 1.0, 3.102613147, 3.102613147, 260.0),
                (0.3484140819, 0.4100160439, 0.5036436986, 0.5036436986, 390.0),
            ),
        ],
        [
            (
                (0.008322186369, 0.008842567213, 0.008470411893, 0.009040704425, 60.0),
                (0.0006646324874, 0.001021451145, 0.0005702925313, 0.001073922529, 70.0),
            ),
            (
                (0.7555128881, 1.0, 3.102613147, 3.103121265, 260.0),
                (0.3484140819, 0.4103068735, 0.5036436986, 0.5041518157, 260.0),
            ),
        ],
        [(10, 4.506661742, 1.253991273), (30, 18.9191076, 12.10325746)],
        (None, 60.0, 70.0, 8.64, 7.036900129),
        id="99.9 %, 10 s",
    ),
    pytest.param(
        canary("99.9", 60, partitions=48, within_ns=30 * SECOND),
        [
            (
                (61, 6, 1, 4, 4, 1),
                (1.0, 1.0, 42.34415896, 42.34415896, 90.0),
                (0.001372181616, 0.001372691219, 0.001383037775, 0.001383037775, 270.0),
            ),
            (
                (361, 31, 3, 7, 7, 1),
                (0.8221844632, 0.834340936, 2.044071185, 2.044071185, 210.0),
                (8.266148063e-05, 8.277619555e-05, 8.69724283e-05, 8.69724283e-05, 450.0),
            ),
            (
                (1441, 121, 5, 5, 0, 1),
                (0.7322964597, 0.7784073934, 1.305761226, 1.305761226, 330.0),
                (0.7322964597, 0.7784073934, 1.305761226, 1.305761226, 330.0),
            ),
            (
                (4321, 361, 5, 9, 9, 1),
                (0.8959337368, 1.0, 4.11225615, 4.11225615, 330.0),
                (0.5857536075, 0.7118416886, 0.9883921675, 0.9883921675, 570.0),
            ),
        ],
        [
            (
                (1.0, 1.0, 42.34415896, 42.34415896, 90.0),
                (0.001406377219, 0.001455353789, 0.001383037775, 0.001470010203, 270.0),
            ),
            (
                (0.8959337368, 1.0, 4.11225615, 5.418017376, 330.0),
                (0.7322964597, 0.9361462487, 1.305761226, 2.294153393, 330.0),
            ),
        ],
        [(10, 0.07839978251, 7.118786505e-10), (30, 6.112370743, 0.0145408456)],
        (630.0, 2550.0, 20190.0, 8.64, 7.036900129),
        id="99.9 %, 60 s",
    ),
    pytest.param(
        canary("99.5", 60, window_ns=28 * DAY),
        [
            (
                (61, 6, 5, 6, 6, 1),
                (0.04555297345, 0.04557423342, 0.04746434272, 0.04746434272, 300.0),
                (0.002648748482, 0.002649480664, 0.002679489232, 0.002679489232, 360.0),
            ),
            (
                (361, 31, 11, 12, 12, 1),
                (0.002683269786, 0.002686685913, 0.002984156135, 0.002984156135, 660.0),
                (0.0004365298311, 0.0004370050528, 0.0004754102592, 0.0004754102592, 720.0),
            ),
            (
                (1441, 121, 21, 21, 0, 2),
                (0.005041894394, 0.005624522844, 0.005803543703, 0.005803543703, 1260.0),
                (0.005041894394, 0.005624522844, 0.005803543703, 0.005803543703, 1260.0),
            ),
            (
                (4321, 361, 22, 34, 34, 2),
                (0.8300220653, 1.0, 3.216645028, 3.216645028, 1320.0),
                (0.3126747975, 0.3512512165, 0.4239150095, 0.4239150095, 2040.0),
            ),
        ],
        [
            (
                (0.04555297345, 0.04813847568, 0.04746434272, 0.05044849885, 300.0),
                (0.002741929343, 0.003085327881, 0.002679489232, 0.003154899492, 360.0),
            ),
            (
                (0.8300220653, 1.0, 3.216645028, 3.222448571, 1260.0),
                (0.3126747975, 0.3549001188, 0.4239150095, 0.4297185532, 1260.0),
            ),
        ],
        [(10, 0.0004006078358, 4.909941443e-08), (30, 1.295337002, 0.06156470639)],
        (None, 300.0, 360.0, 40.32, 31.62807113),
        id="99.5 %, 60 s",
    ),
    pytest.param(
        canary("95", 300),
        [
            (
                (13, 2, 9, 9, 7, 1),
                (6.302778698e-06, 6.303964849e-06, 6.315146927e-06, 6.315146927e-06, 2700.0),
                (6.302778698e-06, 6.303964849e-06, 6.315146927e-06, 6.315146927e-06, 2700.0),
            ),
            (
                (73, 7, 22, 22, 16, 2),
                (8.793929453e-09, 9.628252187e-09, 9.87239314e-09, 9.87239314e-09, 6600.0),
                (8.793929453e-09, 9.628252187e-09, 9.87239314e-09, 9.87239314e-09, 6600.0),
            ),
            (
                (289, 25, 44, 44, 0, 4),
                (3.093238494e-08, 3.848973293e-08, 3.973832862e-08, 3.973832862e-08, 13200.0),
                (3.093238494e-08, 3.848973293e-08, 3.973832862e-08, 3.973832862e-08, 13200.0),
            ),
            (
                (865, 73, 44, 60, 60, 4),
                (0.8286063368, 1.0, 3.287366628, 3.287366628, 13200.0),
                (0.3162776779, 0.3593562421, 0.4343809047, 0.4343809047, 18000.0),
            ),
        ],
        [
            (
                (6.302778698e-06, 6.31359304e-06, 6.315146927e-06, 6.32501932e-06, 2700.0),
                (6.302778698e-06, 6.31359304e-06, 6.315146927e-06, 6.32501932e-06, 2700.0),
            ),
            (
                (0.8286063368, 1.0, 3.287366628, 3.287366668, 13200.0),
                (0.3162776779, 0.3593562668, 0.4343809047, 0.4343809444, 13200.0),
            ),
        ],
        [],
        (None, 2700.0, 2700.0, 518.4, 351.8450064),
        id="95 %, 300 s",
    ),
]


@pytest.mark.parametrize(("asked", "tiers", "severities", "bursts", "rest"), PLANS)
def test_a_plan_has_these_figures(
    asked: Canary,
    tiers: Sequence[tuple[tuple[int, ...], Told, Told]],
    severities: Sequence[tuple[Told, Told]],
    bursts: Sequence[tuple[int, float, float]],
    rest: tuple[float | None, ...],
) -> None:
    plan = plan_canary(asked)
    for tier, declared, (counts, plain, gated) in zip(plan.tiers, WORKBOOK, tiers, strict=True):
        found = tier.need
        assert (found.tier, found.factor) == (declared, declared.factor(asked.window_ns))
        assert (found.long, found.short, found.plain, found.gated, found.by_chance, found.short_failures) == counts
        assert told(tier.plain) == close(plain)
        assert told(tier.gated) == close(gated)
    assert [each.severity for each in plan.severities] == [Severity.PAGE, Severity.TICKET]
    for severity, (plain, gated) in zip(plan.severities, severities, strict=True):
        assert told(severity.plain) == close(plain)
        assert told(severity.gated) == close(gated)
    if bursts:
        assert [(each.mean_seconds, each.pages, each.pages_gated) for each in plan.bursts] == [
            (mean, pytest.approx(pages, rel=1e-6), pytest.approx(gated, rel=1e-6, abs=1e-11))
            for mean, pages, gated in bursts
        ]
    dead = plan.dead_partition
    assert (dead.by_itself, dead.by_sum, dead.by_sum_gated, plan.slowest_honest_seconds) == rest[:4]
    assert plan.safe_seconds == pytest.approx(rest[4], rel=1e-9)


def test_a_plan_is_asked_for_its_severities_by_name() -> None:
    plan = plan_canary(canary("99.9", 60))
    assert plan.of(Severity.PAGE) == plan.severities[0]
    assert plan.of(Severity.TICKET) == plan.severities[1]
    pages_only = Alerting(tiers=WORKBOOK[:2])
    assert plan_canary(canary("99.9", 60, alerting=pages_only)).of(Severity.TICKET) is None
    assert BLIPS_SECONDS == (10, 30)
