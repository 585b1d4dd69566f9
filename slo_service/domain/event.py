"""What happened, as rows: transitions, rule episodes, decisions, holds, wanted states, messages and deliveries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slo_service.domain.slo import Severity
from slo_service.domain.status import TierState


def short_id(prefix: str, *parts: object) -> str:
    """A stable id: the same event, decided again after a crash, gets the same one, so nothing is done twice."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{prefix}-{digest[:12]}"


class Change(StrEnum):
    FIRED = "fired"
    CLEARED = "cleared"
    FROZE = "froze"
    THAWED = "thawed"
    SUPERSEDED = "superseded"  # the measurement was redefined while an episode was open


@dataclass(frozen=True, slots=True)
class Transition:
    """A tier of an SLO that changed, with the counts and burn rates of both windows (in `tier`) as the reason.

    `event_ns` is the watermark at which it changed, `recorded_ns` the moment we knew. `opens`/`closes` say that the
    severity's episode began or ended with it. `first_bad_ns` is the start of the first bad slice of the trouble."""

    id: str
    slo: str
    severity: Severity
    change: Change
    event_ns: int
    recorded_ns: int
    episode: str | None
    opens: bool
    closes: bool
    tier: TierState
    first_bad_ns: int | None = None
    load: int = 0  # number of the definition load in force
    reconstructed: bool = False  # found afterwards, wholly inside a time in which nobody judged; nothing acts on it


@dataclass(frozen=True, slots=True)
class Witness:
    """A sign of trouble on a pipeline from one method of measuring. `says` is a sentence with its numbers."""

    method: str
    pipeline: str
    troubled: bool | None  # None: it cannot tell
    says: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class RuleEpisode:
    """One stay of a policy rule, for one SLO, in its active state. `pending_since_ns` while `for` runs."""

    id: str
    policy: str
    rule: str
    slo: str
    entered_ns: int
    entered_event_ns: int
    left_ns: int | None = None


class Verdict(StrEnum):
    ACT = "act"  # asked of the worker
    OBSERVED = "observed"  # would have acted; the policy's mode is observe
    WITHHELD = "withheld"  # not done, and the reason says why
    UNDO = "undo"  # the release of an earlier act


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule asked for, with the reason in words. `target` is `job:<name>` or `contact:<name>`."""

    id: str
    at_ns: int
    policy: str
    rule: str
    slo: str
    pipeline: str
    episode: str
    transition: str | None
    action: str  # pauseJobs, notify, resumeJobs
    target: str
    verdict: Verdict
    reason: str
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule episode's claim that a target stays paused. The target is wanted paused while any hold lives."""

    id: str
    episode: str
    target: str
    decision: str
    placed_ns: int
    released_ns: int | None = None


class Wanted(StrEnum):
    PAUSED = "paused"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class WantedState:
    """What a target should be. `epoch` grows with every change of mind; only the newest is enacted. `found` is what the
    target was before our first pause call, committed before that call: only what we found running is resumed by us.

    `done_ns` is set once enacted and verified, or recorded as needing nothing (`outcome` says which)."""

    target: str
    epoch: int
    wanted: Wanted
    decided_ns: int
    decision: str
    found: str | None = None
    done_ns: int | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """An outbox row. `facts` is all that the template may say, frozen at the decision."""

    id: str
    decision: str
    contact: str
    template: str
    subject: str
    facts: Mapping[str, object] = field(default_factory=dict)
    created_ns: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt at carrying something out: a message on a channel, or a wanted state on a controller."""

    id: str
    of: str  # the message's id, or `<target>@<epoch>`
    decision: str
    by: str  # the channel or controller
    attempt: int
    at_ns: int
    ok: bool
    final: bool  # no further attempt will be made
    detail: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A decision with everything before and after it: the answer to `slo explain`."""

    decision: Decision
    transition: Transition | None
    rule_episode: RuleEpisode | None
    hold: Hold | None
    wanted: tuple[WantedState, ...]
    message: Message | None
    deliveries: tuple[Delivery, ...]
    undo: tuple[Decision, ...]
