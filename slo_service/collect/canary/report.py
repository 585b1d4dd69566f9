"""What the sender and the taps tell the collector, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slo_service.collect.canary.envelope import CanaryId


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks of this host: the wall's for filing, the monotonic one for durations."""

    wall_ns: int
    mono_ns: int


class Outcome(StrEnum):
    """Of a send. `timed_out` may have been written: the source tap tells."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # the broker answered with an error
    TIMED_OUT = "timed_out"  # nobody answered, but an independent witness answered us
    BLIND = "blind"  # nobody answered us at all, or we stalled: unmeasured
    BROKEN = "broken"  # our own authentication or serialisation: unmeasured, and said aloud


@dataclass(frozen=True, slots=True)
class Attempted:
    """About to be sent. Reported before the send, so that no sighting can come earlier."""

    id: CanaryId
    sent_mono_ns: int


@dataclass(frozen=True, slots=True)
class Resolved:
    id: CanaryId
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Sighting:
    """A canary seen at a hop. It became visible between `after` (a moment at which it is known not to have been there)
    and `seen`; at `appended_ns` exactly where the log itself stamped the record on arrival.

    `copies` is the number of rows in all, where the place is asked for that; None: this is one more sighting."""

    id: CanaryId
    seen: Moment
    after: Moment | None = None
    appended_ns: int | None = None
    attempt: int = 0
    copies: int | None = None


@dataclass(frozen=True, slots=True)
class Haul:
    """What one reader brings at once. `positions` stand behind the last of the sightings.

    `mark`: everything that was visible at that moment has been reported, so what is unseen was not there; `looked_up`
    limits this to those ids where the reader asks by id. `blind_because`: records were missed before this haul."""

    hop: str
    sightings: tuple[Sighting, ...] = ()
    mark: Moment | None = None
    looked_up: frozenset[CanaryId] | None = None
    positions: Mapping[str, str] = field(default_factory=dict)
    blind_because: str = ""


Report = Attempted | Resolved | Haul
