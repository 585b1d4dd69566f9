"""What is derived from history, as JSON."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.domain.slo import WORKBOOK
from slo_service.domain.status import Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.history.hindsight import Stay
from slo_service.evaluate.outlook.forecast import Forecast, Outlook, Pace, Return
from slo_service.evaluate.outlook.worst import Episode, Worst
from slo_service.show.forecast_json import (
    failures_json,
    forecast_json,
    pace_text,
    return_json,
    stay_json,
    worst_json,
)

AT = from_rfc3339("2026-11-20T09:40:00Z")
READING = Reading(HOUR, Tally(90, 10), Fraction(20), Fraction(5, 6), Fraction(100), (49.0, 176.2))


def a_pace(outlook: Outlook = Outlook.EXHAUSTS, after_ns: int | None = 2 * DAY, **more) -> Pace:
    return Pace(HOUR, Fraction(14), (9.5, 20.0), outlook, after_ns, DAY, None, **more)


def test_a_forecast_counts_seconds_from_its_instant() -> None:
    said = forecast_json(Forecast(AT, Fraction(1, 2), None, (a_pace(),)))
    assert json.loads(json.dumps(said)) == said
    assert (said["at"], said["budget_remaining"], said["window_ends"]) == ("2026-11-20T09:40:00Z", 0.5, None)
    assert said["paces"] == {
        "1h": {
            "window_seconds": 3600.0,
            "burn": 14.0,
            "burn_interval": [9.5, 20.0],
            "outlook": "exhausts",
            "exhausts": "2026-11-22T09:40:00Z",
            "exhausts_after_seconds": 172800.0,
            "earliest_after_seconds": 86400.0,
            "latest_after_seconds": None,
            "at_the_earliest": False,
            "reason": None,
            "text": "in 2d",
        }
    }


@pytest.mark.parametrize(
    ("pace", "text"),
    [
        pytest.param(a_pace(after_ns=3 * DAY + 3 * HOUR + 1), "in 3d4h", id="days and hours"),
        pytest.param(a_pace(after_ns=5 * HOUR + 10 * MINUTE), "in 5h10m", id="hours and minutes"),
        pytest.param(a_pace(after_ns=90 * SECOND - 1), "in 1m30s", id="rounded up"),
        pytest.param(a_pace(at_least=True), "in 2d at the earliest", id="what leaves is not known"),
        pytest.param(a_pace(Outlook.NOT_AT_THIS_PACE, None), "not at this pace", id="recovers first"),
        pytest.param(a_pace(Outlook.EXHAUSTED, None), "exhausted", id="nothing left"),
        pytest.param(a_pace(Outlook.UNKNOWN, None, reason="blind"), "unknown: blind", id="not measured"),
    ],
)
def test_a_pace_says_in_words_when_the_budget_is_spent(pace: Pace, text: str) -> None:
    assert pace_text(pace) == text


def test_a_return_says_what_leaves_or_why_it_cannot_be_told() -> None:
    episode = Episode(AT, AT + 15 * MINUTE, 10, 100, Fraction(1, 4))
    said = return_json(Return(Fraction(1, 10), AT + DAY, 10, (episode,)))
    assert (said["budget_above"], said["at"], said["bad_rolled_off"]) == (0.1, "2026-11-21T09:40:00Z", 10)
    assert said["rolls_off"] == [
        {
            "from": "2026-11-20T09:40:00Z",
            "to": "2026-11-20T09:55:00Z",
            "seconds": 900.0,
            "bad": 10,
            "total": 100,
            "budget_share": 0.25,
        }
    ]
    unknown = return_json(Return(Fraction(1, 10), None, reason="blind"))
    assert (unknown["at"], unknown["rolls_off"], unknown["reason"]) == (None, [], "blind")
    assert failures_json([Episode(AT, AT + 1, 1, 1, None)])[0]["budget_share"] is None


def test_the_worst_stretch_of_a_length_is_null_where_nothing_is_known() -> None:
    said = worst_json({HOUR: Worst(AT, AT + HOUR, Fraction(1, 10), READING), 5 * MINUTE: None})
    assert list(said) == ["5m", "1h"]
    assert said["5m"] is None
    assert said["1h"] == {
        "from": "2026-11-20T09:40:00Z",
        "to": "2026-11-20T10:40:00Z",
        "error_ratio": 0.1,
        "good": 90,
        "bad": 10,
        "expected": 120.0,
        "coverage": pytest.approx(5 / 6),
        "burn": 100.0,
        "burn_interval": [49.0, 176.2],
    }


def test_a_past_stay_tells_when_it_fired_and_cleared() -> None:
    said = stay_json(Stay("orders", WORKBOOK[0], Fraction(72, 5), AT, READING, READING, AT + 20 * MINUTE))
    assert (said["tier"], said["severity"], said["factor"]) == ("page-1h", "page", 14.4)
    assert (said["fired"], said["cleared"], said["seconds"]) == ("2026-11-20T09:40:00Z", "2026-11-20T10:00:00Z", 1200)
    lasting = stay_json(Stay("orders", WORKBOOK[0], Fraction(72, 5), AT, READING, READING, began_before=True))
    assert (lasting["cleared"], lasting["seconds"], lasting["began_before"]) == (None, None, True)
