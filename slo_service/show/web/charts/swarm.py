"""The canaries of a drawing as columns: of thousands, a tuple each would keep the garbage collector busy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("ok", "way", "late", "over", "found", "lost")  # in the order in which they are drawn


class Mark(NamedTuple):
    """One canary. `transit_ns` of one under way is its age so far, and says nothing of a lost one."""

    sent_ns: int
    transit_ns: int
    kind: str
    seen_twice: bool = False


@dataclass(frozen=True, slots=True)
class Swarm:
    """One value a canary in each column; `kind` is a place in `KINDS`."""

    sent: NDArray[np.int64]
    transit: NDArray[np.int64]
    kind: NDArray[np.int64]
    twice: NDArray[np.bool_]

    @classmethod
    def of(cls, marks: Iterable[Mark]) -> Swarm:
        found = list(marks)
        return cls(
            np.array([mark.sent_ns for mark in found], np.int64),
            np.array([mark.transit_ns for mark in found], np.int64),
            np.array([KINDS.index(mark.kind) for mark in found], np.int64),
            np.array([mark.seen_twice for mark in found], np.bool_),
        )

    def counts(self) -> Mapping[str, int]:
        return {name: int((self.kind == place).sum()) for place, name in enumerate(KINDS)}

    @property
    def lost(self) -> NDArray[np.bool_]:
        return np.equal(self.kind, KINDS.index("lost"))

    @property
    def slowest_ns(self) -> int:
        """Of those that have a transit."""
        return int(np.max(np.where(self.lost, 0, self.transit), initial=0))
