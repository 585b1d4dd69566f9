"""What a query gives with its labels, as cells."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from slo_service.collect.grouping import Groups
from slo_service.collect.ports import Batch
from slo_service.domain.cell import Revision
from slo_service.domain.grouping import REFRESH_NS, Grouping, KnownGroup, is_rest
from slo_service.domain.indicator import Metric, Ratio, Side, Stream
from slo_service.domain.instant import DAY, HOUR, SECOND
from slo_service.domain.tally import Tally
from tests.decide.situation import NOON

SUM = Stream("", Ratio(Side.BAD, Metric.of("prometheus", "", {"query": "bad"})))
ONE = Revision(1, 1)


def groups(most: int = 1000, known: tuple[KnownGroup, ...] = ()) -> Groups:
    return Groups(SUM, Grouping(("tenant",), most), known, source="q", keep_ns=DAY, events_per_second=Fraction(2))


def of(**tenants: int) -> list[tuple[dict[str, str], Tally]]:
    return [({"tenant": name, "job": "x"}, Tally(count)) for name, count in tenants.items()]


def counted(batch: Batch) -> dict[str, int]:
    return {each.key.stream: each.tally.good for each in batch.samples}


def stream(tenant: str) -> str:
    return replace(SUM, group=(("tenant", tenant),)).id


REST = replace(SUM, group=(("", "tenant"),)).id


def test_labels_that_nobody_groups_by_are_added_up() -> None:
    found = [({"tenant": "a", "pod": str(n)}, Tally(n, 1)) for n in range(3)]
    batch = groups().file(NOON, found, ONE, NOON)
    assert {s.key.stream: s.tally for s in batch.samples} == {SUM.id: Tally(3, 3), stream("a"): Tally(3, 3)}


def test_a_result_without_a_line_measures_nothing() -> None:
    assert groups().file(NOON, [], ONE, NOON) == Batch()


def test_a_group_that_is_not_named_has_neither_a_cell_nor_progress() -> None:
    filed = groups()
    filed.file(NOON, of(a=1, b=1), ONE, NOON)
    later = filed.file(NOON + 10 * SECOND, of(a=1), ONE, NOON + 10 * SECOND)
    assert stream("b") not in {each.stream for each in later.progress} | set(counted(later))


def test_a_label_that_is_missing_is_empty() -> None:
    assert stream("") in counted(groups().file(NOON, [({}, Tally(1))], ONE, NOON))


def test_what_stands_for_the_others_is_nobodys_tenant() -> None:
    batch = groups(most=1).file(NOON, of(a=1, other=2), ONE, NOON)
    assert counted(batch) == {SUM.id: 3, stream("a"): 1, REST: 2}
    assert stream("other") != REST


def test_others_that_are_there_no_more_count_nothing_any_more() -> None:
    filed = groups(most=1)
    filed.file(NOON, of(a=1, b=2), ONE, NOON)
    assert counted(filed.file(NOON, of(a=1), Revision(1, 2), NOON))[REST] == 0


def test_new_groups_are_told_of_until_a_batch_that_told_of_them_was_committed() -> None:
    filed = groups()
    first = filed.file(NOON, of(a=1), ONE, NOON)  # the store is away, and it is lost
    second = filed.file(NOON, of(a=1, b=1), ONE, NOON)
    assert [each.stream for each in first.groups] == [stream("a")]
    assert {each.stream for each in second.groups} == {stream("a"), stream("b")}
    assert {each.stream for each in second.schedules} == {SUM.id, stream("a"), stream("b")}
    filed.recorded(second)
    third = filed.file(NOON, of(a=1, b=1), ONE, NOON)
    assert third.groups == ()
    assert third.schedules == ()


def test_a_group_is_told_of_again_after_an_hour_and_not_before() -> None:
    filed = groups()
    filed.recorded(filed.file(NOON, of(a=1), ONE, NOON))
    assert not filed.file(NOON, of(a=1), ONE, NOON + REFRESH_NS - 1).groups
    (again,) = filed.file(NOON, of(a=1), ONE, NOON + REFRESH_NS).groups
    assert again.seen_ns == NOON + REFRESH_NS


def test_who_is_seen_again_and_again_keeps_the_place() -> None:
    filed = groups(most=1)
    filed.file(NOON, of(b=1), ONE, NOON)
    for hours in (16, 32, 48):
        now = NOON + hours * HOUR
        batch = filed.file(now, of(a=1, b=1), ONE, now)
        assert counted(batch) == {SUM.id: 2, stream("b"): 1, REST: 1}


def test_that_nobody_is_beyond_the_cap_any_more_is_told_by_saying_nothing_of_the_others() -> None:
    filed = groups(most=1)
    filed.recorded(filed.file(NOON, of(a=1, b=1), ONE, NOON))
    later = filed.file(NOON + REFRESH_NS, of(a=1), ONE, NOON + REFRESH_NS)
    assert [each.stream for each in later.groups] == [stream("a")]
    assert REST not in counted(filed.file(NOON + DAY + 1, of(a=1), ONE, NOON + DAY + 1))


def test_groups_of_other_definitions_take_no_place() -> None:
    others = tuple(KnownGroup(f"{n}", "another", (("tenant", f"{n}"),), NOON) for n in range(5))
    by_region = (KnownGroup("r", SUM.id, (("region", "eu"),), NOON),)
    assert counted(groups(1, others + by_region).file(NOON, of(a=1), ONE, NOON)) == {SUM.id: 1, stream("a"): 1}


RESULTS = st.lists(st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 9), max_size=7), min_size=1, max_size=8)


@given(RESULTS, st.integers(1, 5), st.sampled_from([1, DAY // 2]))
def test_nothing_is_left_out_of_the_sum_and_no_more_than_the_cap_have_streams_of_their_own(
    results: list[dict[str, int]], most: int, step: int
) -> None:
    filed, now = groups(most), NOON
    for counter, result in enumerate(results):
        now += step
        batch = filed.file(now, of(**result), Revision(1, counter), now)
        counts = counted(batch)
        assert len(counts) == len(batch.samples)
        assert sum(result.values()) == counts.get(SUM.id, 0) == sum(c for s, c in counts.items() if s != SUM.id)
        assert len(counts.keys() - {SUM.id, REST}) <= most
        assert filed.count <= most
        assert {each.stream for each in batch.progress} == set(counts)
        assert all(is_rest(each.labels) == (each.stream == REST) for each in batch.groups)
