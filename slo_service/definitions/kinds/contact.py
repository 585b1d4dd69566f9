"""`Contact`: people, and the channels on which they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.channels import CHANNEL, GROUP
from slo_service.definitions.kinds.hours import SEVERITIES, QuietHoursSpec
from slo_service.definitions.kinds.kind import Linked, installed, kind
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Choice, Chosen, Duration, ListOf, Reference
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Nested
from slo_service.definitions.shape.times import Cron, TimeZone
from slo_service.domain.pipeline import ChannelSpec, Contact, Digest, Escalation

_AT_ONCE = "until then messages are sent at once"
_ALONE = "until then nobody else is told"


@dataclass(frozen=True, slots=True)
class DigestSpec:
    """Gathers messages and sends them together."""

    schedule: Annotated[str, Cron(), "Five fields of cron, in the contact's zone."]
    severities: Annotated[
        tuple[str, ...],
        ListOf(Choice(SEVERITIES), at_least=1),
        "Of which severities messages are gathered; the others are sent at once.",
    ] = ("ticket",)


@dataclass(frozen=True, slots=True)
class EscalationSpec:
    """Whom else to tell when nobody has acknowledged for so long."""

    after: Annotated[int, Duration(), "How long nobody has acknowledged."]
    contact: Annotated[str, Reference("Contact"), "Who is told then."]


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """People, and how they are told."""

    channels: Annotated[tuple[Chosen | None, ...], ListOf(CHANNEL, at_least=1), "All of them are told."]
    time_zone: Annotated[str, TimeZone(), "Of digests."] = "UTC"
    quiet_hours: Annotated[
        QuietHoursSpec | None, Postponed(Nested(QuietHoursSpec), _AT_ONCE), "When messages wait."
    ] = None
    digest: Annotated[
        DigestSpec | None, Postponed(Nested(DigestSpec), _AT_ONCE), "Gathers messages instead of sending each at once."
    ] = None
    escalation: Annotated[
        tuple[EscalationSpec, ...],
        Postponed(ListOf(Nested(EscalationSpec)), _ALONE),
        "Whom else to tell when nobody answers, in the order of time.",
    ] = ()


def _build(document: Document, spec: ContactSpec) -> Contact:
    return Contact(
        document.name,
        tuple(_channel(chosen) for chosen in spec.channels if chosen),
        document.labels,
        document.defined_at,
        zone=spec.time_zone,
        quiet_hours=spec.quiet_hours.build() if spec.quiet_hours else None,
        digest=Digest(spec.digest.schedule, spec.digest.severities) if spec.digest else None,
        escalation=tuple(Escalation(step.after, step.contact) for step in spec.escalation),
    )


def _channel(chosen: Chosen) -> ChannelSpec:
    written = cast("dict[str, dict[str, object]]", CHANNEL.write(chosen))
    return ChannelSpec(chosen.key, written[chosen.key])


def _check(linked: Linked, notes: Notebook) -> None:
    offered = installed(GROUP)
    for draft in linked.drafts.every(Contact):
        channels = draft.value.channels
        if channels and not draft.broken and not any(channel.kind in offered for channel in channels):
            mark = draft.document.spec.at("channels")
            what = f"the contact {draft.document.name} has no channel that is installed, so nobody is told"
            notes.add(mark, "W520", what, f"add one of {', '.join(offered)}")
        if draft.value.quiet_hours and "page" in draft.value.quiet_hours.severities:
            mark = draft.document.spec.at("quietHours", "severities")
            what = f"the quiet hours of {draft.document.name} keep back pages"
            notes.add(mark, "W519", what, "let only tickets wait: severities: [ticket]")


KIND = kind(OURS, "Contact", ContactSpec, _build, _check)
