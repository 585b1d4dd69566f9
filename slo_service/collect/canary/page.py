"""The durable form of the ledger: pages of canaries by partition and slice of send time, and pages of arrivals by hop,
partition and slice of arrival time. Compressed JSON; instants are kept as differences from the page's start."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass

import orjson

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.judge import Entry, View
from slo_service.collect.canary.report import Outcome

SENT = "sent"
ARRIVED = "arrived"
_VERSION = 1
_OUTCOMES = tuple(Outcome)  # their order is part of the format: append only

_ViewRow = tuple[int, int | None, int | None, int, int, int]  # hop, absent, seen, flags, copies, attempts
_Row = tuple[int, int, int, int, list[_ViewRow]]  # run, seq, sent, outcome, views


@dataclass(slots=True)
class Arrivals:
    """Sightings of one slice of arrival time: first ones and repeats. `reordered` came behind a later one of the same
    run and partition, by `deepest` numbers at most."""

    firsts: int = 0
    repeats: int = 0
    reordered: int = 0
    deepest: int = 0


def encode_sent(start_ns: int, entries: Iterable[Entry]) -> bytes:
    runs: dict[str, int] = {}
    hops: dict[str, int] = {}
    rows = []
    for entry in entries:
        views = [
            [
                hops.setdefault(hop, len(hops)),
                view.absent_ns - start_ns if view.absent_ns else None,
                None if view.seen_ns is None else view.seen_ns - start_ns,
                int(view.certain) | int(view.blind) << 1,
                view.copies,
                view.attempts,
            ]
            for hop, view in entry.views.items()
        ]
        run = runs.setdefault(entry.id.run, len(runs))
        rows.append([run, entry.id.seq, entry.id.sent_ns - start_ns, _OUTCOMES.index(entry.outcome), views])
    return zlib.compress(orjson.dumps([_VERSION, list(runs), list(hops), rows]))


def decode_sent(body: bytes, canary: str, partition: int, start_ns: int) -> tuple[Entry, ...]:
    """ValueError for a page of another version: a newer release wrote it, and guessing would lose canaries."""
    runs, hops, rows = _opened(body)
    entries = []
    for run, seq, sent, outcome, views in rows:
        who = CanaryId(canary, runs[run], partition, seq, start_ns + sent)
        entry = Entry(who, _OUTCOMES[outcome])
        for hop, absent, seen, flags, copies, attempts in views:
            entry.views[hops[hop]] = View(
                0 if absent is None else start_ns + absent,
                None if seen is None else start_ns + seen,
                bool(flags & 1),
                copies,
                attempts,
                bool(flags & 2),
            )
        entries.append(entry)
    return tuple(entries)


def encode_arrivals(arrivals: Arrivals) -> bytes:
    return orjson.dumps([_VERSION, *astuple(arrivals)])


def decode_arrivals(body: bytes) -> Arrivals:
    version, *counts = orjson.loads(body)
    if version != _VERSION:
        raise ValueError(f"a ledger page of arrivals has version {version}; this release reads {_VERSION}")
    return Arrivals(*counts)


def _opened(body: bytes) -> tuple[list[str], list[str], list[_Row]]:
    version, runs, hops, rows = orjson.loads(zlib.decompress(body))
    if version != _VERSION:
        raise ValueError(f"a ledger page of canaries has version {version}; this release reads {_VERSION}")
    return runs, hops, rows
