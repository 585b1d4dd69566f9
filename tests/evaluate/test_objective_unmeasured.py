"""An objective before the first progress of its collectors: frozen, with what was known of it before."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.signals import PARTITION
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.domain.status import Budget, Phase, Reading, State
from slo_service.domain.tally import Tally
from slo_service.evaluate.judge.objective import Word
from slo_service.evaluate.judge.signs import EARLY, Signs
from tests.evaluate.test_objective_words import NOW, PAGE, SHOWN, TICKET, UNKNOWN, Given, fired, own, status, word


def test_before_the_first_progress_nothing_is_known() -> None:
    found = status(Given(watermark_ns=None, progress=None))
    assert (found.slo, found.stream, found.at_ns, found.watermark_ns, found.progress_ns) == (
        "own", own().stream.id, NOW, None, None,
    )  # fmt: skip
    assert (found.state, found.since_ns, found.tiers) == (State.FROZEN, NOW, ())
    assert list(found.readings) == sorted({*SHOWN, 2 * DAY})
    assert found.readings[HOUR] == Reading(HOUR, Tally(), Fraction(0), Fraction(0), None)
    assert found.budget == Budget(found.readings[2 * DAY], None, True, Fraction(0))
    assert [(s.tier.name, s.firing, s.judged_at_ns) for s in found.signals] == [("no-data", True, NOW)]


def test_tiers_that_were_firing_stay_so_until_something_is_measured() -> None:
    dark = Given(watermark_ns=None, progress=None)
    page, ticket = fired(PAGE), fired(TICKET)
    found = status(dark, before={"page": page, "ticket": ticket, "gone": page})
    assert (found.state, found.tiers) == (State.BURNING, (page, ticket))
    assert word(dark, before={"ticket": ticket}) is State.FROZEN
    assert word(dark, before={"page": fired(PAGE, phase=Phase.QUIET)}) is State.FROZEN


def test_a_partition_tier_that_was_firing_is_burning_still_and_silence_is_not() -> None:
    dark = Given(watermark_ns=None, progress=None, begun_ns=NOW - DAY)
    partition = fired(Tier(PARTITION, Severity.PAGE, HOUR, 5 * MINUTE, Fraction(0), kind=Kind.PARTITION))
    early = fired(Tier(EARLY, Severity.EARLY, HOUR, 5 * MINUTE, Fraction(0), kind=Kind.EARLY))
    signs, before = Signs(UNKNOWN, (), False), {PARTITION: partition, EARLY: early}
    found = status(dark, before=before, signs=signs)
    assert found.state is State.BURNING
    assert found.signals[:2] == (partition, early)
    assert word(dark, before=before) is State.FROZEN
    assert word(dark, of=own(PAGE, labels={"importance": "1"})) is State.FROZEN


@pytest.mark.parametrize(
    ("last", "since"),
    [(Word(State.FROZEN, 77), 77), (Word(State.HEALTHY, 77), NOW), (None, NOW)],
    ids=["frozen before", "another word before", "no word"],
)
def test_frozen_holds_since_it_was_said_first(last: Word | None, since: int) -> None:
    assert status(Given(watermark_ns=None, progress=None), last=last).since_ns == since
