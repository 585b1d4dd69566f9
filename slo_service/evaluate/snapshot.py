"""What a bank holds, as bytes, and back: blocks of slots, and a header that says which column is which track's.

A snapshot holds all ingests up to a number, and may hold some after it: its blocks are copied one after the other while
counting goes on. What was touched after that number is therefore put right from the store, slot by slot."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from slo_service.domain.budgeting import Timeslices
from slo_service.domain.cell import Delta
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.ring import BLOCK, Columns, Ints
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.hall import Hall, HallKey
from slo_service.evaluate.ports import Block

FORMAT: Final = 1
_HEAD: Final = struct.Struct("<2sBqqI")  # magic, bytes a count, width, number, columns
_MAGIC: Final = b"SB"
_WIDTHS: Final[Mapping[int, str]] = {1: "<i1", 2: "<i2", 4: "<i4", 8: "<i8"}

Counts = npt.NDArray[np.signedinteger]
Spot = tuple[int, int]  # width (nanoseconds) of a ring's slots, and the number of a block


class Refused(Exception):
    """A snapshot that cannot be taken, with the reason; what it would have held is read from the cells."""


def bank_name(key: HallKey) -> str:
    """Stable from one process to the next."""
    slots = key.slots
    widths = (slots.fine_ns, slots.middle_ns, slots.coarse_ns, slots.fine_reach_ns, slots.middle_reach_ns)
    return "-".join(str(n) for n in (*widths, key.horizon_ns, key.patience_ns, key.reach_ns))


def track_name(key: TrackKey) -> str:
    """Stable, and different where anything is counted differently."""
    budgeting = key.budgeting
    asked = str(budgeting.target) if isinstance(budgeting, Timeslices) else ""
    times = (key.horizon_ns, key.grace_ns, key.slice_ns, key.grain_ns)
    parts = (key.stream, ",".join(key.inputs), key.basis.value, *map(str, times), budgeting.identity, asked)
    return "|".join((*parts, ",".join(key.adjustments)))


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a track was: its column, and the start of its oldest measured slice."""

    column: int
    first_ns: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """`tracks` by name, `newest` slot and number of `rows` by width of the ring, `parts`: under which name each block
    is stored."""

    bank: str
    tracks: Mapping[str, Saved]
    newest: Mapping[int, int]
    rows: Mapping[int, int]
    parts: Mapping[Spot, str]

    @classmethod
    def of(cls, hall: Hall, bank: str, parts: Mapping[Spot, str]) -> Header:
        """Of what the hall holds now. Adjusted tracks are left out, since what they hold depends on the day, and those
        of which something lies ahead."""
        rings, waiting = hall.bank.rings, hall.bank.waiting
        saved = (t for t in hall.tracks if t.filled and not t.key.adjustments and t.column not in waiting)
        return cls(
            bank,
            {track_name(track.key): Saved(track.column, track.first_ns) for track in saved},
            {ring.width_ns: ring.newest for ring in rings if ring.newest is not None},
            {ring.width_ns: ring.rows for ring in rings},
            parts,
        )

    def text(self) -> str:
        body = {
            "format": FORMAT,
            "bank": self.bank,
            "tracks": {name: [saved.column, saved.first_ns] for name, saved in self.tracks.items()},
            "rings": [[width, self.rows[width], newest] for width, newest in self.newest.items()],
            "blocks": [[width, number, part] for (width, number), part in sorted(self.parts.items())],
        }
        return json.dumps(body, separators=(",", ":"))

    @classmethod
    def read(cls, text: str, bank: str) -> Header:
        """Raises `Refused`."""
        if not text:
            raise Refused("it was never completed")
        try:
            body = json.loads(text)
            if body["format"] != FORMAT:
                raise Refused(f"it is of format {body['format']}, and {FORMAT} is read")
            found = cls(
                body["bank"],
                {name: Saved(column, first) for name, (column, first) in body["tracks"].items()},
                {width: newest for width, _, newest in body["rings"]},
                {width: rows for width, rows, _ in body["rings"]},
                {(width, number): part for width, number, part in body["blocks"]},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"its header cannot be read: {type(error).__name__}") from error
        if found.bank != bank:
            raise Refused(f"it is of the bank {found.bank}")
        return found


def packed(width_ns: int, number: int, counts: Counts) -> bytes:
    """A block's counts (3 × BLOCK × columns) in as few bytes a count as they need, compressed."""
    low, high = int(counts.min(initial=0)), int(counts.max(initial=0))
    size = next(n for n in _WIDTHS if -(1 << (8 * n - 1)) <= low and high < 1 << (8 * n - 1))
    body = zlib.compress(counts.astype(_WIDTHS[size], copy=False).tobytes(), level=1)
    return _HEAD.pack(_MAGIC, size, width_ns, number, counts.shape[2]) + body


def unpacked(body: bytes, spot: Spot) -> Counts:
    """Raises `Refused`."""
    try:
        magic, size, width_ns, number, columns = _HEAD.unpack_from(body)
        if magic != _MAGIC or (width_ns, number) != spot:
            raise Refused(f"block {spot[1]} of {spot[0]} ns is another one")
        counts = np.frombuffer(zlib.decompress(body[_HEAD.size :]), dtype=_WIDTHS[size])
        return counts.reshape(3, BLOCK, columns)
    except (struct.error, zlib.error, ValueError, KeyError) as error:
        raise Refused(f"block {spot[1]} of {spot[0]} ns cannot be read: {error}") from error


def restore(hall: Hall, header: Header, blocks: Sequence[Block]) -> list[Track]:
    """Puts what was saved into the hall's tracks that are not filled yet, and sums it anew. The bank has been rolled to
    the present. Answers the tracks that hold something now; what was touched since is still to be put right. Raises
    `Refused`, and has changed nothing then but for zeros."""
    bank = hall.bank
    found = _found(header, blocks)
    for ring in bank.rings:
        if header.rows.get(ring.width_ns) != ring.rows:
            raise Refused(f"its slots of {ring.width_ns} ns are {header.rows.get(ring.width_ns)}, not {ring.rows}")
        newest = header.newest.get(ring.width_ns)
        if newest is None or ring.newest is None or newest > ring.newest:
            raise Refused("it was saved at a later time than now")
    wanted = [(track, saved) for track in hall.tracks if (saved := _of(track, header)) is not None]
    if not wanted:
        return []
    wanted.sort(key=lambda pair: pair[1].column)  # lies in memory as it lay when it was saved, where columns are alike
    tracks = [track for track, _ in wanted]
    to = np.array([track.column for track in tracks], np.intp)
    try:
        _lay(bank, found, np.array([saved.column for _, saved in wanted], np.intp), to)
    except Refused:
        bank.empty_many(to)
        raise
    for track, saved in wanted:
        track.first_ns, track.filled = saved.first_ns, True
        hall.refilled(track)
    bank.resum(to)
    return tracks


def _of(track: Track, header: Header) -> Saved | None:
    return None if track.filled or track.key.adjustments else header.tracks.get(track_name(track.key))


def _found(header: Header, blocks: Sequence[Block]) -> Mapping[Spot, bytes]:
    by_place = {(block.part, block.block): block.body for block in blocks}
    found = {spot: by_place[part, spot[1]] for spot, part in header.parts.items() if (part, spot[1]) in by_place}
    if len(found) < len(header.parts):
        raise Refused(f"{len(header.parts) - len(found)} of its {len(header.parts)} blocks are missing")
    return found


def _lay(bank: Bank, found: Mapping[Spot, bytes], columns: Columns, to: Columns) -> None:
    rings = {ring.width_ns: ring for ring in bank.rings}
    for (width_ns, number), body in found.items():
        counts = unpacked(body, (width_ns, number))
        there = columns < counts.shape[2]  # a block that has not changed since is from before the others came
        if width_ns in rings:
            laid = columns[there]
            ours = counts if np.array_equal(laid, np.arange(counts.shape[2])) else counts[:, :, laid]
            rings[width_ns].lay(number, to[there], ours)


def correct(
    hall: Hall, tracks: Sequence[Track], width_ns: int, slots: Sequence[tuple[str, int]], rows: Sequence[Delta]
) -> None:
    """Replaces these slots (stream and number) of one width by stored rows; a slot without a row holds nothing. The
    sums are wrong until they are taken anew."""
    by_stream: dict[str, list[Track]] = {}
    for track in tracks:
        by_stream.setdefault(track.key.stream, []).append(track)
    counts = {(row.stream, row.slice_start_ns // width_ns): (row.good, row.bad, row.observed) for row in rows}
    numbers, columns, values = list[int](), list[int](), list[tuple[int, int, int]]()
    for stream, number in slots:
        for track in by_stream.get(stream, ()):
            numbers.append(number)
            columns.append(track.column)
            values.append(counts.get((stream, number), (0, 0, 0)))
    if numbers:
        table: Ints = np.array(values, np.int64).T
        hall.bank.put_many(width_ns, np.array(numbers, np.int64), np.array(columns, np.intp), table)
