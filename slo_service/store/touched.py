"""In which slices an ingest changed cells, as bytes: pairs of a series and a start, 8 bytes each. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from slo_service.store.difference import Change


def pack(changes: Iterable[Change], series: Mapping[tuple[str, str], int]) -> bytes | None:
    """One series stands for all sources of a stream. None when no sum has moved."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for change in changes:
        if change.moves_sums:
            key = change.sample.key
            found.setdefault((key.stream, key.slice_start_ns), (series[key.stream, key.source], key.slice_start_ns))
    if not found:
        return None
    return zlib.compress(np.array(list(found.values()), dtype="<i8").tobytes(), level=1)


def unpack(body: bytes) -> Iterator[tuple[int, int]]:
    """The pairs of (series, slice start) that were packed."""
    series, starts = np.frombuffer(zlib.decompress(body), dtype="<i8").reshape(-1, 2).T.tolist()
    return zip(series, starts, strict=True)
