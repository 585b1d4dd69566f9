"""Which slices follow from what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.budgeting import RatioTimeslices, SliceInput, Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Completeness, Composite, Member
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.runtime.slicing import ALL, slicing_rules
from slo_service.store.slicing import Slicer
from tests.evaluate.timeline import an_slo

SLO = an_slo()
MINUTES = Timeslices(Fraction(99, 100), MINUTE)
MEMBERS = (
    Member("fresh", SLO.indicator, Fraction(999, 1000), Fraction(2)),
    Member("complete", Completeness("orders-canary", 60 * SECOND), Fraction(9, 10)),
)
COMPOSITE = replace(SLO, name="whole", indicator=Composite(MEMBERS), budgeting=MINUTES)


def rules(*slos):
    return slicing_rules(Catalogue(slos={slo.name: slo for slo in slos}))


def test_events_need_no_slices() -> None:
    assert rules(SLO, replace(SLO, name="c", indicator=Composite(MEMBERS))) == {}


def test_slices_of_one_indicator_follow_from_its_own_stream_by_the_target_of_a_slice() -> None:
    slo = replace(SLO, budgeting=MINUTES)
    (rule,) = rules(slo).values()
    assert (rule.stream, rule.inputs) == (slo.counted, (SliceInput(slo.stream.id, Fraction(99, 100)),))


def test_slices_of_several_follow_from_their_streams_by_their_targets_and_weights() -> None:
    (rule,) = rules(COMPOSITE).values()
    streams = [COMPOSITE.member_stream(member).id for member in MEMBERS]
    assert rule.inputs == (
        SliceInput(streams[0], Fraction(999, 1000), Fraction(2)),
        SliceInput(streams[1], Fraction(9, 10), Fraction(1)),
    )


def test_a_slice_of_a_member_is_good_by_what_is_asked_of_slices_and_not_by_its_target() -> None:
    asked = (replace(MEMBERS[0], slice_target=Fraction(1, 2)), replace(MEMBERS[1], slice_target=Fraction(3, 4)))
    (rule,) = rules(replace(COMPOSITE, indicator=Composite(asked))).values()
    assert [each.target for each in rule.inputs] == [Fraction(1, 2), Fraction(3, 4)]


def test_objectives_that_differ_in_their_target_share_the_ratios_of_a_stream() -> None:
    one = replace(SLO, budgeting=RatioTimeslices(MINUTE))
    other = replace(one, name="other", objective=an_slo("0.9").objective)
    (rule,) = rules(one, other).values()
    assert rule.inputs == (SliceInput(one.stream.id, ALL),)


def test_composites_that_ask_something_else_of_the_same_members_have_slices_of_their_own() -> None:
    stricter = (MEMBERS[0], replace(MEMBERS[1], target=Fraction(99, 100)))
    other = replace(COMPOSITE, name="stricter", indicator=Composite(stricter))
    assert COMPOSITE.stream.id == other.stream.id
    assert len(rules(COMPOSITE, other)) == 2


def test_the_rules_are_those_a_store_takes() -> None:
    Slicer(rules(replace(SLO, budgeting=MINUTES), COMPOSITE))
