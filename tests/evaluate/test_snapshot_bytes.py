"""Names, bytes and headers of snapshots, to the letter: a later process reads what an earlier one wrote."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Slo
from slo_service.evaluate.adjust.adjusted import Effects, effects
from slo_service.evaluate.counts.ring import BLOCK
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.ports import Block
from slo_service.evaluate.snapshot import (
    Header,
    Refused,
    Saved,
    bank_name,
    correct,
    packed,
    restore,
    track_name,
    unpacked,
)
from tests.evaluate.timeline import START, an_slo

SLO = replace(an_slo(), timing=Timing(horizon_ns=7, grace_ns=3))
OTHER = replace(SLO, name="other", pipeline="other")
SLOT = 10 * SECOND


def a_hall(*slos: Slo, now_ns: int = START, found: Effects | None = None) -> Hall:
    floor = Floor(stored=True, slots=None, few=0)
    floor.adopt(Catalogue(slos={slo.name: slo for slo in slos}), {SLO.name: found} if found else {})
    (hall,) = floor.halls.values()
    hall.bank.roll(now_ns)
    for track in hall.tracks:
        track.filled = True
    return hall


def of(hall: Hall, slo: Slo) -> Track:
    return next(track for track in hall.tracks if track.key == TrackKey.of(slo))


def put(hall: Hall, slo: Slo, start_ns: int, good: int, bad: int = 0) -> None:
    hall.add([(of(hall, slo), Delta(slo.stream.id, start_ns, good, bad, 1))])


def test_a_bank_is_named_by_its_slots_and_how_far_they_reach() -> None:
    key = HallKey(Slots(1, 2, 3, 4, 5), horizon_ns=6, patience_ns=7, reach_ns=8)
    assert bank_name(key) == "1-2-3-4-5-6-7-8"


@pytest.mark.parametrize(
    ("slo", "adjustments", "name"),
    [
        (SLO, (), f"{SLO.stream.id}|{SLO.stream.id}|events|7|3|10000000000|1|Occurrences||"),
        (SLO, ("a", "b"), f"{SLO.stream.id}|{SLO.stream.id}|events|7|3|10000000000|1|Occurrences||a,b"),
    ],
)
def test_a_track_is_named_by_all_that_tells_its_counts_apart(slo: Slo, adjustments: tuple[str, ...], name: str) -> None:
    assert track_name(TrackKey.of(slo, adjustments)) == name


def test_a_track_of_slices_is_named_by_what_is_asked_of_them_too() -> None:
    sliced = TrackKey.of(replace(SLO, budgeting=Timeslices(Fraction(9, 10), MINUTE)))
    several = replace(sliced, inputs=("b", "a"))
    assert track_name(several) == (f"{sliced.stream}|b,a|slices|7|3|60000000000|60000000000|Timeslices 9/10 1m|9/10|")
    ratio = TrackKey.of(replace(SLO, budgeting=RatioTimeslices(MINUTE)))
    assert track_name(ratio).endswith("|60000000000|60000000000|RatioTimeslices 1m||")


@pytest.mark.parametrize(
    ("low", "high", "size"),
    [
        (0, 0, 1), (0, 127, 1), (-128, 0, 1), (0, 128, 2), (-129, 0, 2), (-(1 << 15), (1 << 15) - 1, 2),
        (0, 1 << 15, 4), (-(1 << 15) - 1, 0, 4), (-(1 << 31), (1 << 31) - 1, 4), (0, 1 << 31, 8),
        (-(1 << 31) - 1, 0, 8), (-(1 << 63), (1 << 63) - 1, 8),
    ],
)  # fmt: skip
def test_a_block_takes_as_few_bytes_a_count_as_its_counts_need(low: int, high: int, size: int) -> None:
    counts = np.zeros((3, BLOCK, 2), np.int64)
    counts[0, 0, 0], counts[2, BLOCK - 1, 1] = low, high
    body = packed(60, -2, counts)
    assert struct.unpack_from("<2sBqqI", body) == (b"SB", size, 60, -2, 2)
    plain = zlib.decompress(body[struct.calcsize("<2sBqqI") :])
    assert plain == counts.astype(f"<i{size}").tobytes()
    found = unpacked(body, (60, -2))
    assert found.tolist() == counts.tolist()


def test_a_block_of_no_columns_holds_nothing() -> None:
    counts = np.zeros((3, BLOCK, 0), np.int64)
    assert unpacked(packed(60, 1, counts), (60, 1)).shape == (3, BLOCK, 0)


def body_of(magic: bytes = b"SB", size: int = 1, width: int = 60, number: int = 1, columns: int = 1) -> bytes:
    counts = np.zeros((3, BLOCK, 1), np.int8)
    return struct.pack("<2sBqqI", magic, size, width, number, columns) + zlib.compress(counts.tobytes())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(body_of(magic=b"XX"), "^block 1 of 60 ns is another one$", id="not ours"),
        pytest.param(body_of(width=61), "^block 1 of 60 ns is another one$", id="another width"),
        pytest.param(body_of(number=2), "^block 1 of 60 ns is another one$", id="another number"),
        pytest.param(body_of(size=3), "^block 1 of 60 ns cannot be read", id="no such size"),
        pytest.param(body_of(size=2), "^block 1 of 60 ns cannot be read", id="half as many counts"),
        pytest.param(body_of(columns=2), "^block 1 of 60 ns cannot be read", id="not so many columns"),
        pytest.param(body_of()[:-3], "^block 1 of 60 ns cannot be read", id="cut short"),
        pytest.param(b"SB", "^block 1 of 60 ns cannot be read", id="no head"),
    ],
)
def test_a_block_that_is_not_what_it_should_be_is_refused(body: bytes, why: str) -> None:
    assert unpacked(body_of(), (60, 1)).tolist() == np.zeros((3, BLOCK, 1)).tolist()
    with pytest.raises(Refused, match=why):
        unpacked(body, (60, 1))


def test_a_header_is_written_as_it_is_read() -> None:
    header = Header(
        "bank", {"one": Saved(4, 50), "two": Saved(0, None)}, {60: 9}, {60: 11}, {(60, 2): "b", (60, 1): "a"}
    )
    text = (
        '{"format":1,"bank":"bank","tracks":{"one":[4,50],"two":[0,null]},"rings":[[60,11,9]],'
        '"blocks":[[60,1,"a"],[60,2,"b"]]}'
    )
    assert header.text() == text
    assert Header.read(text, "bank") == header


@pytest.mark.parametrize(
    "body",
    [
        {"bank": None},
        {"tracks": []},
        {"tracks": {"one": [1]}},
        {"tracks": {"one": 1}},
        {"rings": [[1, 2]]},
        {"rings": None},
        {"blocks": [[1, 2]]},
        {"blocks": 1},
    ],
)
def test_a_header_that_lacks_something_is_refused(body: dict[str, object]) -> None:
    whole: dict[str, object] = {"format": 1, "bank": "bank", "tracks": {}, "rings": [], "blocks": []}
    assert Header.read(json.dumps(whole), "bank").bank == "bank"
    with pytest.raises(Refused):
        Header.read(json.dumps(whole | body), "bank")


def test_what_is_saved_are_the_filled_tracks_of_which_nothing_lies_ahead() -> None:
    hall = a_hall(SLO, OTHER)
    put(hall, OTHER, START - HOUR, 1)
    names = {track_name(TrackKey.of(slo)): Saved(of(hall, slo).column, of(hall, slo).first_ns) for slo in (SLO, OTHER)}
    assert names[track_name(TrackKey.of(OTHER))].first_ns == START - HOUR
    header = Header.of(hall, "bank", {(SLOT, 3): "part"})
    assert (header.bank, header.tracks, header.parts) == ("bank", names, {(SLOT, 3): "part"})
    assert header.rows == {ring.width_ns: ring.rows for ring in hall.bank.rings}
    assert header.newest == {ring.width_ns: ring.newest for ring in hall.bank.rings}
    put(hall, OTHER, START + 2 * HOUR, 1)
    assert set(Header.of(hall, "bank", {}).tracks) == {track_name(TrackKey.of(SLO))}
    of(hall, SLO).filled = False
    assert Header.of(hall, "bank", {}).tracks == {}


def test_adjusted_tracks_are_neither_saved_nor_put_back_and_those_beside_them_are() -> None:
    work = Adjustment("work", Selector(), Category.MAINTENANCE, "ana", "why", (Span(START - HOUR, START),))
    found = effects([work], {}, SLO.name, START - DAY, START, START, indicator=SLO.indicator)
    hall = a_hall(SLO, found=found)
    assert {track.key.adjustments for track in hall.tracks} == {("work",), ()}
    header = Header.of(hall, "bank", {})
    assert set(header.tracks) == {track_name(TrackKey.of(SLO))}
    back = a_hall(SLO, found=found)
    for track in back.tracks:
        track.filled = False
    named = {track_name(track.key): Saved(track.column, 5) for track in back.tracks}
    assert len(named) == 2
    restored = restore(back, replace(header, tracks=named), [])
    assert [(track.key.adjustments, track.filled, track.first_ns) for track in restored] == [((), True, 5)]
    assert restore(back, replace(header, tracks=named), []) == []  # it is filled already


def test_an_empty_bank_that_was_never_rolled_has_no_newest_slot_and_is_not_put_back() -> None:
    floor = Floor(stored=True, slots=None, few=0)
    floor.adopt(Catalogue(slos={SLO.name: SLO}), {})
    (unrolled,) = floor.halls.values()
    assert Header.of(unrolled, "bank", {}).newest == {}
    header = Header.of(a_hall(SLO), "bank", {})
    for hall, given in ((unrolled, header), (a_hall(SLO), replace(header, newest={}))):
        with pytest.raises(Refused, match="later time than now"):
            restore(hall, given, [])
    newer = {width: newest + 1 for width, newest in header.newest.items()}
    with pytest.raises(Refused, match="later time than now"):
        restore(a_hall(SLO), replace(header, newest=newer), [])


def test_columns_are_put_where_their_tracks_are_now() -> None:
    """Two of three tracks are still there, in other columns."""
    third = replace(SLO, name="third", pipeline="third")
    hall = a_hall(SLO, OTHER, third)
    for slo, good in ((SLO, 1), (OTHER, 2), (third, 3)):
        put(hall, slo, START - HOUR, good, good)
    rings = {ring.width_ns: ring for ring in hall.bank.rings}
    spots = {(width, number): f"part {width}" for width, ring in rings.items() for number in ring.blocks()}
    blocks = [Block(part, n, packed(width, n, rings[width].block(n))) for (width, n), part in spots.items()]
    header = Header.of(hall, "bank", spots)
    back = a_hall(third, SLO)
    for track in back.tracks:
        track.filled = False
    restored = restore(back, header, [*blocks, Block("another", 1, b"of no matter")])
    assert [track.key for track in restored] == [TrackKey.of(SLO), TrackKey.of(third)]
    for ring in back.bank.rings:
        sums = {slo.name: ring.counts[:, :, of(back, slo).column].sum(axis=1).tolist() for slo in (SLO, third)}
        assert sums == {SLO.name: [1, 1, 1], "third": [3, 3, 1]}
        assert ring.counts.sum() == 10
    assert [int(back._facts.firsts[track.column]) for track in restored] == [START - HOUR] * 2


def test_slots_are_put_right_of_the_tracks_that_are_named_alone() -> None:
    twin = replace(SLO, name="twin", timing=Timing(horizon_ns=7, grace_ns=4))
    hall = a_hall(SLO, twin, OTHER)
    for slo in (SLO, twin, OTHER):
        put(hall, slo, START - HOUR, 5, 2)
        put(hall, slo, START - 2 * HOUR, 5, 2)
    one, two = START - HOUR, START - 2 * HOUR
    slots = [(SLO.stream.id, one // MINUTE), (SLO.stream.id, two // MINUTE), ("nobody's", one // MINUTE)]
    rows = [Delta(SLO.stream.id, one, 7, 1, 3), Delta(OTHER.stream.id, one, 9, 9, 9)]
    correct(hall, [of(hall, SLO), of(hall, twin)], MINUTE, slots, rows)
    fine, middle, coarse = hall.bank.rings
    for ring, right in ((fine, [10, 4, 2]), (middle, [7, 1, 3]), (coarse, [10, 4, 2])):
        for slo in (SLO, twin):
            assert ring.counts[:, :, of(hall, slo).column].sum(axis=1).tolist() == right
        assert ring.counts[:, :, of(hall, OTHER).column].sum(axis=1).tolist() == [10, 4, 2]
    correct(hall, [of(hall, OTHER)], MINUTE, slots, rows)
    correct(hall, [], MINUTE, slots, rows)
    assert middle.counts[:, :, of(hall, OTHER).column].sum(axis=1).tolist() == [10, 4, 2]
