"""What happened, as JSON: transitions, decisions, holds, wanted states, deliveries, and the chain that joins them."""

from __future__ import annotations

from slo_service.domain.event import Chain, Decision, Delivery, Hold, Message, RuleEpisode, Transition, WantedState
from slo_service.domain.instant import format_duration, rfc3339, seconds
from slo_service.domain.status import Reading, TierState
from slo_service.show.ports import JobView
from slo_service.show.status_json import moment, number


def transition_json(row: Transition) -> dict[str, object]:
    """`event_time` is when it was so, `recorded_time` when we knew; both windows are the reason."""
    tier = row.tier
    return {
        "id": row.id,
        "slo": row.slo,
        "severity": row.severity.value,
        "tier": tier.tier.name,
        "kind": tier.tier.kind.value,
        "sources": list(tier.sources),
        "change": row.change.value,
        "event_time": rfc3339(row.event_ns),
        "recorded_time": rfc3339(row.recorded_ns),
        "episode": row.episode,
        "opens_episode": row.opens,
        "closes_episode": row.closes,
        "first_bad": moment(row.first_bad_ns),
        "load": row.load,
        "reconstructed": row.reconstructed,
        "factor": float(tier.factor),
        "long": _window_json(tier.long, tier),
        "short": _window_json(tier.short, tier),
    }


def _window_json(reading: Reading, tier: TierState) -> dict[str, object]:
    return {
        "window": format_duration(reading.length_ns),
        "good": reading.tally.good,
        "bad": reading.tally.bad,
        "expected": float(reading.expected),
        "coverage": float(reading.coverage),
        "burn": number(reading.burn),
        "over": tier.over(reading),
    }


def decision_json(row: Decision) -> dict[str, object]:
    witnesses = [
        {
            "method": witness.method,
            "pipeline": witness.pipeline,
            "troubled": witness.troubled,
            "says": witness.says,
            "at": rfc3339(witness.at_ns),
        }
        for witness in row.witnesses
    ]
    return {
        "id": row.id,
        "at": rfc3339(row.at_ns),
        "policy": row.policy,
        "rule": row.rule,
        "slo": row.slo,
        "pipeline": row.pipeline,
        "episode": row.episode,
        "transition": row.transition,
        "action": row.action,
        "target": row.target,
        "verdict": row.verdict.value,
        "reason": row.reason,
        "witnesses": witnesses,
    }


def chain_json(chain: Chain) -> dict[str, object]:
    """A decision with everything before and after it."""
    return {
        "decision": decision_json(chain.decision),
        "transition": None if chain.transition is None else transition_json(chain.transition),
        "rule_episode": None if chain.rule_episode is None else rule_episode_json(chain.rule_episode),
        "hold": None if chain.hold is None else hold_json(chain.hold),
        "wanted": [wanted_json(row) for row in chain.wanted],
        "message": None if chain.message is None else message_json(chain.message),
        "deliveries": [delivery_json(row) for row in chain.deliveries],
        "undo": [decision_json(row) for row in chain.undo],
    }


def rule_episode_json(row: RuleEpisode) -> dict[str, object]:
    return {
        "id": row.id,
        "policy": row.policy,
        "rule": row.rule,
        "slo": row.slo,
        "entered": rfc3339(row.entered_ns),
        "entered_event_time": rfc3339(row.entered_event_ns),
        "left": moment(row.left_ns),
    }


def hold_json(row: Hold) -> dict[str, object]:
    return {
        "id": row.id,
        "episode": row.episode,
        "target": row.target,
        "decision": row.decision,
        "placed": rfc3339(row.placed_ns),
        "released": moment(row.released_ns),
    }


def wanted_json(row: WantedState) -> dict[str, object]:
    return {
        "target": row.target,
        "epoch": row.epoch,
        "wanted": row.wanted.value,
        "decided": rfc3339(row.decided_ns),
        "decision": row.decision,
        "found": row.found,
        "done": moment(row.done_ns),
        "outcome": row.outcome,
    }


def message_json(row: Message) -> dict[str, object]:
    return {
        "id": row.id,
        "decision": row.decision,
        "contact": row.contact,
        "template": row.template,
        "subject": row.subject,
        "created": rfc3339(row.created_ns),
    }


def delivery_json(row: Delivery) -> dict[str, object]:
    return {
        "id": row.id,
        "of": row.of,
        "decision": row.decision,
        "by": row.by,
        "attempt": row.attempt,
        "at": rfc3339(row.at_ns),
        "ok": row.ok,
        "final": row.final,
        "detail": row.detail,
    }


def job_json(view: JobView, now_ns: int) -> dict[str, object]:
    """The live part of a job. `read_age_seconds` tells how old `actual` is."""
    return {
        "actual": view.actual,
        "read": moment(view.read_ns),
        "read_age_seconds": None if view.read_ns is None else seconds(now_ns - view.read_ns),
        "wanted": None if view.wanted is None else wanted_json(view.wanted),
        "holds": [hold_json(hold) for hold in view.holds],
        "error": view.error,
    }
