"""Domain values to rows and back, exactly: fractions as `n/d`, enumerations by value, floats by their shortest text.

Column names are the fields' names, but for `of` and `by` of a delivery, which are words of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from slo_service.collect.ports import LedgerPage
from slo_service.domain.cell import Progress
from slo_service.domain.event import (
    Change,
    Decision,
    Delivery,
    Hold,
    Message,
    RuleEpisode,
    Transition,
    Verdict,
    Wanted,
    WantedState,
    Witness,
)
from slo_service.domain.grouping import KnownGroup
from slo_service.domain.indicator import Schedule
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.domain.status import Phase, Reading, State, StateChange, TierState
from slo_service.domain.tally import Tally

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# A row or a JSON object: its values are what the columns and the encoders below say, which no type can express.
Record = Mapping[str, Any]
Plain = TypeVar("Plain", LedgerPage, Progress, RuleEpisode, Hold)


def columns(value: DataclassInstance) -> dict[str, Any]:
    """The fields as they are, one level deep."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def plain(kind: type[Plain], row: Record) -> Plain:
    """The inverse of `columns` for values whose fields are all plain."""
    return kind(**{field.name: row[field.name] for field in fields(kind)})


# --- nested values: JSON objects ------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 12)  # the same few in thousands of rows
def _exact(text: str) -> Fraction:
    return Fraction(text)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else _exact(text)


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def encode_reading(reading: Reading) -> dict[str, object]:
    return {
        "length_ns": reading.length_ns,
        "good": reading.tally.good,
        "bad": reading.tally.bad,
        "unmeasured_events": _ratio(reading.unmeasured_events),
        "coverage": _ratio(reading.coverage),
        "burn": None if reading.burn is None else _ratio(reading.burn),
        "interval": None if reading.interval is None else [repr(bound) for bound in reading.interval],
        "unit": reading.unit,
    }


def decode_reading(body: Record) -> Reading:
    interval = body["interval"]
    return Reading(
        length_ns=body["length_ns"],
        tally=Tally(body["good"], body["bad"]),
        unmeasured_events=_exact(body["unmeasured_events"]),
        coverage=_exact(body["coverage"]),
        burn=_fraction(body["burn"]),
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        unit=body.get("unit", 1),
    )


def encode_tier(tier: Tier) -> dict[str, object]:
    burn = None if tier.burn is None else _ratio(tier.burn)
    return {**columns(tier), "budget_share": _ratio(tier.budget_share), "burn": burn}


def decode_tier(body: Record) -> Tier:
    """Rows of earlier versions lack what came since, which then has its default."""
    return _tier(tuple(body.items()))


@lru_cache(maxsize=1 << 10)  # thousands of objectives share theirs
def _tier(items: tuple[tuple[str, Any], ...]) -> Tier:
    body = dict(items)
    return Tier(
        **{
            **body,
            "severity": Severity(body["severity"]),
            "budget_share": Fraction(body["budget_share"]),
            "burn": _fraction(body.get("burn")),
            "kind": Kind(body.get("kind", Kind.BURN)),
        }
    )


def encode_tier_state(state: TierState) -> dict[str, object]:
    return {
        **columns(state),
        "tier": encode_tier(state.tier),
        "factor": _ratio(state.factor),
        "long": encode_reading(state.long),
        "short": encode_reading(state.short),
    }


def decode_tier_state(body: Record) -> TierState:
    """As with tiers, what came since an earlier version has its default."""
    return TierState(
        **{
            **body,
            "tier": decode_tier(body["tier"]),
            "factor": _exact(body["factor"]),
            "phase": Phase(body["phase"]),
            "long": decode_reading(body["long"]),
            "short": decode_reading(body["short"]),
            "sources": tuple(body.get("sources", ())),
        }
    )


# --- rows -----------------------------------------------------------------------------------------------------------


def encode_schedule(schedule: Schedule) -> dict[str, object]:
    return {**columns(schedule), "events_per_second": _ratio(schedule.events_per_second)}


def decode_schedule(row: Record) -> Schedule:
    return Schedule(row["stream"], row["since_ns"], Fraction(row["events_per_second"]), row["sources"])


def decode_group(row: Record) -> KnownGroup:
    return KnownGroup(row["stream"], row["parent"], tuple((key, value) for key, value in row["labels"]), row["seen_ns"])


def encode_transition(transition: Transition) -> dict[str, object]:
    return {**columns(transition), "tier": encode_tier_state(transition.tier)}


def decode_transition(row: Record) -> Transition:
    return Transition(
        **{
            **row,
            "severity": Severity(row["severity"]),
            "change": Change(row["change"]),
            "tier": decode_tier_state(row["tier"]),
        }
    )


def encode_state_change(change: StateChange) -> dict[str, object]:
    remaining = None if change.remaining is None else _ratio(change.remaining)
    return {**columns(change), "remaining": remaining, "coverage": _ratio(change.coverage)}


def decode_state_change(row: Record) -> StateChange:
    coverage, state = Fraction(row["coverage"]), State(row["state"])
    return StateChange(**{**row, "state": state, "remaining": _fraction(row["remaining"]), "coverage": coverage})


def encode_decision(decision: Decision) -> dict[str, object]:
    return {**columns(decision), "witnesses": [columns(witness) for witness in decision.witnesses]}


def decode_decision(row: Record) -> Decision:
    witnesses = tuple(Witness(**witness) for witness in row["witnesses"])
    return Decision(**{**row, "verdict": Verdict(row["verdict"]), "witnesses": witnesses})


def decode_wanted(row: Record) -> WantedState:
    return WantedState(**{**row, "wanted": Wanted(row["wanted"])})


def encode_message(message: Message) -> dict[str, object]:
    return {**columns(message), "facts": dict(message.facts)}


def decode_message(row: Record) -> Message:
    return Message(**{field.name: row[field.name] for field in fields(Message)})


def encode_delivery(delivery: Delivery) -> dict[str, object]:
    row = columns(delivery)
    row["of_id"], row["by_adapter"] = row.pop("of"), row.pop("by")
    return row


def decode_delivery(row: Record) -> Delivery:
    renamed = {"of_id": "of", "by_adapter": "by"}
    return Delivery(**{renamed.get(name, name): value for name, value in row.items()})
