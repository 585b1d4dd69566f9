"""Actions of policy rules: how they are written, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Annotated, ClassVar

from slo_service.definitions.kinds.condition import Spent
from slo_service.definitions.node import Node
from slo_service.definitions.shape import (
    Address,
    Choice,
    Duration,
    ExactlyOne,
    Free,
    Labels,
    ListOf,
    Name,
    Reference,
    SettingText,
    Share,
    Text,
    Whole,
)
from slo_service.definitions.shape.anything import Anything
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.record import Nested
from slo_service.definitions.shape.rules import AtLeastOne
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import (
    Action,
    CallWebhook,
    CloseGate,
    GateVerdict,
    Notify,
    OpenIncident,
    PauseJobs,
    Remediate,
    RunCommand,
    ScaleJob,
    Scope,
    Selector,
    Throttle,
)

WORDED = ("burning", "all_clear")  # templates that messages have words of their own for
TEMPLATES = (*WORDED, "exhausted", "no_data", "early", "budget", "gate", "incident", "digest")
_WITHHELD = "until then the decision is recorded as withheld, with this reason"
_ONE_EACH = "until then there is one message when the rule enters and one when it leaves"
_WITHOUT_WORDS = "until then the message has the words of burning"


def _has_words(template: object) -> bool:
    return template in WORDED


@dataclass(frozen=True, slots=True)
class LessThanWhole(Share):
    """Above nothing, below all."""

    def read(self, node: Node) -> object:
        share = node.share()
        if not 0 <= share < 1:
            node.fault("E207", f"{node.written} is not less than all", "write one like 50% or 0.5")
        return share


_SCOPE = Postponed(
    Choice(("pipeline", "all")), "until then it reaches the jobs of the burning pipeline", lambda v: v == "pipeline"
)
_MATCHED = Annotated[Mapping[str, str], Labels(), "Labels of the jobs; their criticality counts as one."]
_REACH = Annotated[str, _SCOPE, "Jobs of the burning pipeline, or all whose owner opted in."]


@dataclass(frozen=True, slots=True)
class PauseJobsSpec:
    """Wants every matching job paused, until the rule is released."""

    match_labels: _MATCHED
    scope: _REACH = "pipeline"


@dataclass(frozen=True, slots=True)
class ScaleJobSpec:
    """Lowers the matching jobs, until the rule is released."""

    match_labels: _MATCHED
    replicas: Annotated[int | None, Whole(0, 10_000), "To so many."] = None
    share: Annotated[Fraction | None, LessThanWhole(), "To a share of what they have."] = None
    scope: _REACH = "pipeline"

    RULES: ClassVar = (ExactlyOne(("replicas", "share")),)


@dataclass(frozen=True, slots=True)
class ThrottleSpec:
    """A Kafka client quota for the matching jobs, until the rule is released."""

    match_labels: _MATCHED
    produce_bytes_per_second: Annotated[int | None, Whole(1, 10**15), "What it may write."] = None
    consume_bytes_per_second: Annotated[int | None, Whole(1, 10**15), "What it may read."] = None
    request_share: Annotated[Fraction | None, LessThanWhole(), "Of a broker's request time."] = None
    scope: _REACH = "pipeline"

    RULES: ClassVar = (AtLeastOne(("produceBytesPerSecond", "consumeBytesPerSecond", "requestShare")),)


@dataclass(frozen=True, slots=True)
class CloseGateSpec:
    """The deploy gate of the services answers deny or warn, until the rule is released."""

    services: Annotated[
        tuple[str, ...], ListOf(Reference("Service"), at_least=1), "The services whose deploys are meant."
    ]
    except_: Annotated[tuple[str, ...], ListOf(Name()), "Classes of change that pass, such as p0."] = ()
    verdict: Annotated[str, Choice(("deny", "warn")), "What the gate answers while it is closed."] = "deny"


@dataclass(frozen=True, slots=True)
class NotifySpec:
    """A message on every channel of a contact, and an all-clear when the rule is released."""

    contact: Annotated[str, Reference("Contact"), "Who is told."]
    template: Annotated[str, Postponed(Choice(TEMPLATES), _WITHOUT_WORDS, _has_words), "What it is about."]
    update_every: Annotated[int | None, Postponed(Duration(), _ONE_EACH), "The least time between updates."] = None
    escalate_after: Annotated[int | None, Postponed(Duration(), _ONE_EACH), "Without an acknowledgement."] = None
    escalate_to: Annotated[str | None, Reference("Contact"), "Whom to tell then."] = None


@dataclass(frozen=True, slots=True)
class OpenIncidentSpec:
    """Groups the transitions of related SLOs into one incident."""

    title: Annotated[str, "How the incident is called."] = ""
    contact: Annotated[str | None, Reference("Contact"), "Who leads it."] = None
    postmortem_above: Annotated[Fraction, Spent(), "The share of the budget from which a postmortem is due."] = (
        Fraction(1, 5)
    )


@dataclass(frozen=True, slots=True)
class RemediateSpec:
    """A declared, limited remedy."""

    runbook: Annotated[str, Name(), "The remedy's name."]
    job: Annotated[str | None, Reference("Job"), "What it is done to."] = None
    parameters: Annotated[Mapping[str, object], Free(settings=True), "What the remedy is started with."] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class CallSpec:
    """One HTTP call."""

    url: Annotated[str, Address(("https", "http")), "Where it is sent; may hold settings."] = field(repr=False)
    method: Annotated[str, Choice(("POST", "PUT", "PATCH", "DELETE")), "The HTTP method."] = "POST"
    headers: Annotated[Mapping[str, object], Free(settings=True), "May hold settings, such as a token."] = field(
        default_factory=dict, repr=False
    )
    body: Annotated[object, Anything(), "A text as it is, anything else as JSON."] = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """A signed call when the rule enters, and another when it is released."""

    url: Annotated[str, Address(("https", "http")), "Where it is sent; may hold settings."] = field(repr=False)
    method: Annotated[str, Choice(("POST", "PUT", "PATCH")), "The HTTP method."] = "POST"
    secret: Annotated[str, SettingText(), "Signs the body."] = field(default="", repr=False)
    headers: Annotated[Mapping[str, object], Free(settings=True), "May hold settings, such as a token."] = field(
        default_factory=dict, repr=False
    )
    body: Annotated[object, Anything(), "The decision, unless given."] = field(default=None, repr=False)
    undo: Annotated[CallSpec | None, "What is called on release."] = None


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """An executable of the allow-list in the settings, run without a shell."""

    run: Annotated[tuple[str, ...], ListOf(Text(), at_least=1), "The executable and its arguments."]
    undo: Annotated[tuple[str, ...], ListOf(Text()), "What is run on release."] = ()
    timeout: Annotated[int, Duration(), "After so long it is ended and counts as failed."] = MINUTE


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """Exactly one of these."""

    pause_jobs: Annotated[PauseJobsSpec | None, "Pauses jobs."] = None
    notify: Annotated[NotifySpec | None, "Sends a message."] = None
    scale_job: Annotated[ScaleJobSpec | None, Postponed(Nested(ScaleJobSpec), _WITHHELD), "Lowers jobs."] = None
    throttle: Annotated[ThrottleSpec | None, Postponed(Nested(ThrottleSpec), _WITHHELD), "Sets a quota."] = None
    close_gate: Annotated[
        CloseGateSpec | None, Postponed(Nested(CloseGateSpec), _WITHHELD), "Closes the deploy gate."
    ] = None
    open_incident: Annotated[
        OpenIncidentSpec | None, Postponed(Nested(OpenIncidentSpec), _WITHHELD), "Opens an incident."
    ] = None
    remediate: Annotated[
        RemediateSpec | None, Postponed(Nested(RemediateSpec), _WITHHELD), "Starts a declared remedy."
    ] = None
    webhook: Annotated[WebhookSpec | None, Postponed(Nested(WebhookSpec), _WITHHELD), "Calls a webhook."] = None
    command: Annotated[
        CommandSpec | None, Postponed(Nested(CommandSpec), _WITHHELD), "Runs an executable of the allow-list."
    ] = None

    RULES: ClassVar = (
        ExactlyOne(
            (
                "pauseJobs", "notify", "scaleJob", "throttle", "closeGate", "openIncident", "remediate", "webhook",
                "command",
            )
        ),
    )  # fmt: skip


def build_action(spec: ActionSpec) -> Action | None:
    """None where nothing sound was written, which has been said."""
    for each in fields(spec):
        value = getattr(spec, each.name)
        if value is not None:
            return _BUILD[each.name](value)
    return None


def _scale(spec: ScaleJobSpec) -> Action:
    return ScaleJob(Selector(spec.match_labels), spec.replicas, spec.share, Scope(spec.scope))


def _throttle(spec: ThrottleSpec) -> Action:
    return Throttle(
        Selector(spec.match_labels),
        spec.produce_bytes_per_second,
        spec.consume_bytes_per_second,
        spec.request_share,
        Scope(spec.scope),
    )


def _notify(spec: NotifySpec) -> Action:
    return Notify(spec.contact, spec.template, spec.update_every, spec.escalate_after, spec.escalate_to)


def _webhook(spec: WebhookSpec) -> Action:
    return CallWebhook({name.name: getattr(spec, name.name) for name in fields(spec)})


_BUILD: dict[str, Callable[..., Action]] = {
    "pause_jobs": lambda spec: PauseJobs(Selector(spec.match_labels), Scope(spec.scope)),
    "notify": _notify,
    "scale_job": _scale,
    "throttle": _throttle,
    "close_gate": lambda spec: CloseGate(spec.services, spec.except_, GateVerdict(spec.verdict)),
    "open_incident": lambda spec: OpenIncident(spec.title, spec.contact, spec.postmortem_above),
    "remediate": lambda spec: Remediate(spec.runbook, spec.job, spec.parameters),
    "webhook": _webhook,
    "command": lambda spec: RunCommand(spec.run, spec.undo, spec.timeout),
}
