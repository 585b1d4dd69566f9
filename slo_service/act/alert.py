"""One tier of one SLO as an alert in Alertmanager's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from slo_service.decide.reason import tier_sentence
from slo_service.domain.instant import rfc3339
from slo_service.domain.slo import Slo
from slo_service.domain.status import TierState

Key = tuple[str, str]  # SLO and tier
ALERTNAME = "SloBurning"
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

    @property
    def meaning(self) -> tuple[object, ...]:
        """What makes it worth sending before its time: not the sentence, whose numbers change with every tick."""
        frozen = self.annotations.get("frozen_since")
        return tuple(sorted(self.labels.items())), self.starts_ns, self.resolved, frozen

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "endsAt": rfc3339(self.ends_ns),
            "generatorURL": self.link,
        }
        return body if self.starts_ns is None else body | {"startsAt": rfc3339(self.starts_ns)}


def firing_alert(slo: Slo, state: TierState, url: str, now_ns: int, ends_ns: int) -> Alert:
    """`starts_ns` is event time, held back to now should the clocks of pipeline and service disagree."""
    starts_ns = min(state.since_ns, now_ns)
    return Alert(labels(slo, state), _annotations(slo, state, url), starts_ns, ends_ns, False, _page(slo, url))


def resolved_alert(slo: Slo, state: TierState, url: str, before: Alert | None, ended_ns: int) -> Alert:
    starts_ns = before.starts_ns if before else None
    return Alert(labels(slo, state), _annotations(slo, state, url), starts_ns, ended_ns, True, _page(slo, url))


def removed_alert(before: Alert, ended_ns: int) -> Alert:
    """The tier is not defined any more; nothing can fire under this name."""
    note = {**before.annotations, "summary": "closed: the definition of this tier was removed or changed"}
    return Alert(before.labels, note, before.starts_ns, ended_ns, True, before.link)


def labels(slo: Slo, state: TierState) -> dict[str, str]:
    """The definition's own labels, written as Alertmanager takes them, below the reserved ones."""
    own = {re.sub(r"[^a-zA-Z0-9_]", "_", re.sub(r"^(?=\d)", "_", key)): value for key, value in slo.labels.items()}
    return {
        **{key: value for key, value in own.items() if key and value},
        "alertname": ALERTNAME,
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
