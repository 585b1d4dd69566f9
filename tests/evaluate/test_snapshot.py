"""What is saved of a bank is what is put back, and what cannot be trusted is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.evaluate.counts.ring import BLOCK
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import SHOWN_NS, Window
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.hall import Hall
from slo_service.evaluate.ports import Block
from slo_service.evaluate.snapshot import Header, Refused, bank_name, correct, packed, restore, track_name, unpacked
from tests.evaluate.timeline import START, an_slo

SLO = an_slo()
OTHER = replace(SLO, name="other", pipeline="other")
SLOT = 10 * SECOND


def a_hall(*slos, now_ns: int = START) -> Hall:
    floor = Floor(stored=True, slots=None, few=0)
    floor.adopt(Catalogue(slos={slo.name: slo for slo in slos}), {})
    (hall,) = floor.halls.values()
    hall.bank.roll(now_ns)
    return hall


def of(hall: Hall, slo) -> Track:
    return next(track for track in hall.tracks if track.key == TrackKey.of(slo))


def put(hall: Hall, slo, start_ns: int, good: int, bad: int) -> None:
    hall.add([(of(hall, slo), Delta(slo.stream.id, start_ns, good, bad, 1))])


def saved(hall: Hall) -> tuple[Header, list[Block]]:
    for track in hall.tracks:
        track.filled = True
    spots = [(ring.width_ns, number) for ring in hall.bank.rings for number in ring.blocks()]
    rings = {ring.width_ns: ring for ring in hall.bank.rings}
    blocks = [Block(str(width), n, packed(width, n, rings[width].block(n))) for width, n in spots]
    bank = bank_name(key_of(hall))
    return Header.of(hall, bank, {(width, n): str(width) for width, n in spots}), blocks


def key_of(hall: Hall):
    floor = Floor(stored=True, slots=None, few=0)
    floor.adopt(Catalogue(slos={"x": SLO}), {})
    return next(iter(floor.halls))


def sums(hall: Hall, slo, watermark_ns: int):
    track = of(hall, slo)
    windows = [Window(length) for length in (*SHOWN_NS, 30 * MINUTE, 2 * HOUR, 30 * DAY)]
    return [track.window(watermark_ns, window) for window in windows]


slots = st.integers(-31 * DAY // SLOT, 179)
cells = st.tuples(st.sampled_from([SLO, OTHER]), slots, st.integers(0, 300), st.integers(0, 1 << 33))


@given(st.lists(cells, max_size=30), st.integers(0, 3 * HOUR // SECOND), st.booleans())
def test_what_was_saved_is_what_is_put_back_in_every_window(counts, later, other_first) -> None:
    hall = a_hall(SLO, OTHER)
    for slo, slot, good, bad in counts:
        put(hall, slo, START + slot * SLOT, good, bad)
    header, blocks = saved(hall)
    now = START + later * SECOND
    back = a_hall(*((OTHER, SLO) if other_first else (SLO, OTHER)), now_ns=now)
    assert len(restore(back, Header.read(header.text(), header.bank), blocks)) == 2
    hall.bank.roll(now)
    for slo in (SLO, OTHER):
        assert of(back, slo).first_ns == of(hall, slo).first_ns
        for ago in (0, MINUTE, 6 * HOUR):
            assert sums(back, slo, now - ago) == sums(hall, slo, now - ago)


@given(st.lists(st.integers(-(1 << 60), 1 << 60), max_size=20))
def test_a_block_is_unpacked_as_it_was_packed_whatever_its_counts(values) -> None:
    counts = np.zeros((3, BLOCK, 5), np.int64)
    counts.reshape(-1)[: len(values)] = values
    assert np.array_equal(unpacked(packed(7, -3, counts), (7, -3)), counts)


def test_running_sums_go_on_from_what_was_put_back() -> None:
    hall, window = a_hall(SLO), Window(HOUR)
    put(hall, SLO, START - 30 * MINUTE, 5, 2)
    header, blocks = saved(hall)
    back = a_hall(SLO)
    track = of(back, SLO)
    track.sums(window) if track.watermark_ns else track.bank.index_of(window)
    restore(back, header, blocks)
    back.bank.advance_one(track.column, START)
    assert track.sums(window)[1].tally.bad == 2


def test_a_block_from_before_others_came_leaves_theirs_empty() -> None:
    hall = a_hall(SLO)
    put(hall, SLO, START - HOUR, 5, 2)
    _, old = saved(hall)
    both = a_hall(SLO, OTHER)
    put(both, SLO, START - HOUR, 5, 2)
    header, _ = saved(both)
    back = a_hall(SLO, OTHER)
    restore(back, header, old)
    assert sums(back, SLO, START) == sums(both, SLO, START)
    assert sums(back, OTHER, START) == sums(both, OTHER, START)


def test_what_was_touched_since_is_put_right_by_the_stored_rows() -> None:
    hall = a_hall(SLO)
    put(hall, SLO, START - HOUR, 5, 2)
    put(hall, SLO, START - 2 * HOUR, 5, 2)
    track, number = of(hall, SLO), (START - HOUR) // SLOT
    gone = (SLO.stream.id, (START - 2 * HOUR) // SLOT)
    correct(hall, [track], SLOT, [(SLO.stream.id, number), gone], [Delta(SLO.stream.id, START - HOUR, 7, 1, 1)])
    _, found = track.window(START, Window(6 * HOUR))
    assert (found.tally.good, found.tally.bad, found.observed) == (7, 1, 1)


def refused(header: Header, blocks: list[Block], hall: Hall | None = None) -> str:
    into = hall or a_hall(SLO)
    with pytest.raises(Refused) as why:
        restore(into, header, blocks)
    assert not any(track.filled for track in into.tracks)
    assert not any(ring.counts.any() for ring in into.bank.rings)
    return str(why.value)


def a_snapshot() -> tuple[Header, list[Block]]:
    hall = a_hall(SLO)
    for hours in range(1, 30):
        put(hall, SLO, START - hours * HOUR, 3, 1)
    return saved(hall)


def test_a_truncated_block_is_refused() -> None:
    header, blocks = a_snapshot()
    broken = replace(blocks[-1], body=blocks[-1].body[:-5])
    assert "cannot be read" in refused(header, [*blocks[:-1], broken])


def test_a_block_with_a_flipped_bit_is_refused() -> None:
    header, blocks = a_snapshot()
    body = bytearray(blocks[-1].body)
    body[-3] ^= 1
    assert "cannot be read" in refused(header, [*blocks[:-1], replace(blocks[-1], body=bytes(body))])


def test_a_block_in_anothers_place_is_refused() -> None:
    header, blocks = a_snapshot()
    swapped = replace(blocks[0], body=blocks[1].body)
    assert "is another one" in refused(header, [swapped, *blocks[1:]])


def test_a_missing_block_is_refused() -> None:
    header, blocks = a_snapshot()
    assert refused(header, blocks[1:]) == f"1 of its {len(blocks)} blocks are missing"


def test_a_snapshot_of_the_future_is_refused() -> None:
    header, blocks = a_snapshot()
    assert "later time than now" in refused(header, blocks, a_hall(SLO, now_ns=START - DAY))


def test_rings_of_another_length_are_refused() -> None:
    header, blocks = a_snapshot()
    assert "are 1, not" in refused(replace(header, rows={**header.rows, SLOT: 1}), blocks)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "never completed"),
        ("not json", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 1}', "cannot be read"),
        ('{"format": 2}', "of format 2"),
        ('{"format":1,"bank":"another","tracks":{},"rings":[],"blocks":[]}', "of the bank another"),
    ],
)
def test_a_header_that_is_not_ours_is_refused(text, why) -> None:
    with pytest.raises(Refused, match=why):
        Header.read(text, "bank")


def test_tracks_that_count_differently_have_different_names() -> None:
    keys = [
        TrackKey.of(slo, adjustments)
        for slo, adjustments in [
            (SLO, ()),
            (SLO, ("night",)),
            (OTHER, ()),
            (replace(SLO, timing=replace(SLO.timing, grace_ns=1)), ()),
            (replace(SLO, budgeting=Timeslices(Fraction(9, 10), MINUTE)), ()),
            (replace(SLO, budgeting=RatioTimeslices(MINUTE)), ()),
        ]
    ]
    assert len({track_name(key) for key in keys}) == len(keys)


def test_an_adjusted_track_is_not_saved_since_what_it_holds_depends_on_the_day() -> None:
    hall = a_hall(SLO)
    track = of(hall, SLO)
    track.filled = True
    assert len(Header.of(hall, "bank", {}).tracks) == 1
    track.filled = False
    assert len(Header.of(hall, "bank", {}).tracks) == 0


def test_slots_as_wide_as_slices_reach_as_far_as_the_longest_window_on_them() -> None:
    """Slices of 5 minutes: windows of 6 hours and of 3 days are both made of them."""
    floor = Floor(stored=True, slots=Slots.of_width(5 * MINUTE), few=0)
    floor.adopt(Catalogue(slos={SLO.name: SLO}), {})
    (hall,) = floor.halls.values()
    assert {ring.width_ns: ring.rows * ring.width_ns >= 3 * DAY for ring in hall.bank.rings} == {
        5 * MINUTE: True,
        15 * MINUTE: True,
    }
