"""One tier of one SLO as an alert in Alertmanager's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import quote

from slo_service.decide.reason import listed, percent, tier_sentence
from slo_service.domain.instant import rfc3339
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Status, TierState

Key = tuple[str, str]  # SLO and tier
ALERTNAME = {  # by what the tier looks at, so that silence can inhibit what else is said of an objective
    Kind.BURN: "SloBurning",
    Kind.PARTITION: "SloBurning",
    Kind.EARLY: "SloEarlyWarning",
    Kind.NO_DATA: "SloNoData",
    Kind.COVERAGE: "SloLowCoverage",
}
PARTITIONS = 50  # of them are named
RESERVED = ("alertname", "slo", "service", "tier", "severity", "pipeline")


@dataclass(frozen=True, slots=True)
class Alert:
    """A `postableAlert`. Its labels are its identity; `ends_ns` in the future means firing."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_ns: int | None  # None: not known any more, so Alertmanager keeps the one it has
    ends_ns: int
    resolved: bool
    link: str
    kind: Kind  # what its tier looks at

    @property
    def meaning(self) -> tuple[object, ...]:
        """What makes it worth sending before its time: not the sentence, whose numbers change with every tick."""
        stays = tuple(self.annotations.get(key) for key in ("frozen_since", "partitions"))
        return tuple(sorted(self.labels.items())), self.starts_ns, self.resolved, stays

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "endsAt": rfc3339(self.ends_ns),
            "generatorURL": self.link,
        }
        return body if self.starts_ns is None else body | {"startsAt": rfc3339(self.starts_ns)}


def firing_alert(slo: Slo, status: Status, state: TierState, url: str, now_ns: int, ends_ns: int) -> Alert:
    """`starts_ns` is event time, held back to now should the clocks of pipeline and service disagree."""
    starts_ns = min(state.since_ns, now_ns)
    notes = _annotations(slo, state, url) | _details(status, state)
    return Alert(labels(slo, state), notes, starts_ns, ends_ns, False, _page(slo, url), state.tier.kind)


def resolved_alert(slo: Slo, state: TierState, url: str, before: Alert | None, ended_ns: int) -> Alert:
    starts_ns = before.starts_ns if before else None
    return Alert(
        labels(slo, state), _annotations(slo, state, url), starts_ns, ended_ns, True, _page(slo, url), state.tier.kind
    )


def _details(status: Status, state: TierState) -> dict[str, str]:
    """What only a firing tier of its kind has to say."""
    match state.tier.kind:
        case Kind.PARTITION:
            return {"partitions": listed(state.sources, PARTITIONS)} if state.sources else {}
        case Kind.NO_DATA:
            return {} if status.progress_ns is None else {"silent_since": rfc3339(status.progress_ns)}
        case Kind.COVERAGE:
            return {"coverage": percent(state.long.coverage)}
        case Kind.BURN | Kind.EARLY:
            return {}
    assert_never(state.tier.kind)


def removed_alert(before: Alert, ended_ns: int) -> Alert:
    """The tier is not defined any more; nothing can fire under this name."""
    note = {**before.annotations, "summary": "closed: the definition of this tier was removed or changed"}
    return Alert(before.labels, note, before.starts_ns, ended_ns, True, before.link, before.kind)


def labels(slo: Slo, state: TierState) -> dict[str, str]:
    """The definition's own labels, written as Alertmanager takes them, below the reserved ones."""
    own = {re.sub(r"[^a-zA-Z0-9_]", "_", re.sub(r"^(?=\d)", "_", key)): value for key, value in slo.labels.items()}
    return {
        **{key: value for key, value in own.items() if key and value},
        "alertname": ALERTNAME[state.tier.kind],
        "slo": slo.name,
        "service": slo.service,
        "tier": state.tier.name,
        "severity": state.tier.severity.value,
        "pipeline": slo.pipeline,
    }


def _annotations(slo: Slo, state: TierState, url: str) -> dict[str, str]:
    found = {"summary": f"{slo.display_name or slo.name}: {tier_sentence(state)}", "page": _page(slo, url)}
    if slo.runbook_url:
        found["runbook_url"] = slo.runbook_url
    if state.frozen_since_ns is not None and state.firing:
        found["frozen_since"] = rfc3339(state.frozen_since_ns)
    return found


def _page(slo: Slo, url: str) -> str:
    return f"{url}/slos/{quote(slo.name, safe='')}"
