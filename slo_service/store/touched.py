"""In which slices an ingest changed cells, as bytes: pairs of a series and a start, 8 bytes each. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from slo_service.store.difference import Change

Ints = npt.NDArray[np.int64]


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


def unpacked(bodies: Sequence[bytes]) -> tuple[Ints, Ints]:
    """(series, slice starts) of all that was packed, pair by pair."""
    parts = [np.frombuffer(zlib.decompress(body), dtype="<i8").reshape(-1, 2) for body in bodies]
    pairs = np.concatenate(parts) if parts else np.zeros((0, 2), np.int64)
    return pairs[:, 0], pairs[:, 1]
