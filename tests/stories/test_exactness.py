from collections import Counter
from typing import cast

import pytest

from tests.stories.exactness import ALL, NUMBERS, SHARE, Measured, key_of
from tests.stories.service import Row

pytestmark = [pytest.mark.story, pytest.mark.timeout(420)]


def counts(measured: Measured, name: str) -> tuple[int, int]:
    slo = measured.slos[f"orders-{name}"]
    return int(str(slo["bad"])), int(str(slo["good"]))


def sink_copies(canary: Row) -> int:
    copies = canary["copies"]
    assert isinstance(copies, dict)
    return int(copies.get("sink", 0))


def test_the_draw_is_five_percent_of_each(measured: Measured) -> None:
    assert len(measured.dropped) == len(measured.doubled) == len(ALL) * SHARE
    assert not measured.dropped & measured.doubled


def test_the_table_bears_out_what_was_injected(measured: Measured) -> None:
    """The fault itself, without the service: otherwise the claims below compare nothing."""
    rows = Counter(row.key for row in measured.rows if row.key.seq < NUMBERS)
    assert measured.keys(ALL) - rows.keys() == measured.keys(measured.dropped)
    assert {key for key, count in rows.items() if count == 2} == measured.keys(measured.doubled)
    assert max(rows.values()) == 2


def test_bad_completeness_is_what_was_dropped(measured: Measured) -> None:
    bad, good = counts(measured, "completeness")
    assert bad == len(measured.dropped)
    assert good >= len(ALL - measured.dropped)


def test_what_never_came_was_not_fresh_and_all_else_was(measured: Measured) -> None:
    assert counts(measured, "freshness")[0] == len(measured.dropped)


def test_bad_duplicates_are_what_was_doubled(measured: Measured) -> None:
    bad, good = counts(measured, "duplicates")
    assert bad == len(measured.doubled)
    assert good >= len(ALL - measured.dropped)


def test_lost_are_the_dropped_ones_canary_for_canary(measured: Measured) -> None:
    assert {key_of(row) for row in measured.judged if row["verdict"] == "lost"} == measured.keys(measured.dropped)


def test_all_others_were_on_time(measured: Measured) -> None:
    others = measured.keys(ALL - measured.dropped)
    assert {key_of(row) for row in measured.judged if row["verdict"] == "on_time"} == others


def test_seen_twice_are_the_doubled_ones_canary_for_canary(measured: Measured) -> None:
    twice = {key_of(row) for row in measured.canaries if sink_copies(row) > 1}
    assert twice == measured.keys(measured.doubled)
    assert {sink_copies(row) for row in measured.canaries if key_of(row) in twice} == {2}


@pytest.mark.parametrize("name", ["intake", "lag"])
def test_an_indicator_that_the_fault_does_not_touch_stays_clean(measured: Measured, name: str) -> None:
    bad, good = counts(measured, name)
    assert bad == 0
    assert good > 0


def test_nothing_fires_over_five_percent_of_a_minute(measured: Measured) -> None:
    """18 bad of the 15,552 that 30 days allow: 0.1 % of the budget, the tier asks for 2 %."""
    assert [row for row in measured.transitions if row["change"] == "fired"] == []


@pytest.mark.parametrize("name", ["freshness", "completeness", "duplicates", "intake"])
def test_every_window_longer_than_the_story_holds_the_same_events(measured: Measured, name: str) -> None:
    """All windows end at the watermark, so the 1 h and the 30 d of a service that is minutes old hold the same."""
    windows = cast(dict[str, Row], measured.slos[f"orders-{name}"]["windows"])
    held = {length: (row["good"], row["bad"]) for length, row in windows.items() if length in {"1h", "6h", "1d", "30d"}}
    assert len(set(held.values())) == 1, held
