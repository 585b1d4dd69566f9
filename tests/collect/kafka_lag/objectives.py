"""Lag objectives for the tests of this folder."""

from fractions import Fraction

from slo_service.domain.indicator import Lag, Timing
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.tally import Objective


def lag_slo(stage: str, within_ns: int, slice_width_ns: int) -> Slo:
    return Slo(
        name=f"{stage}-lag",
        display_name="",
        description="",
        service="orders",
        pipeline="orders",
        indicator=Lag(stage, within_ns),
        objective=Objective(Fraction(999, 1000)),
        window_ns=28 * DAY,
        alerting=Alerting(),
        timing=Timing(SECOND, 3 * SECOND),
        slice_width_ns=slice_width_ns,
    )
