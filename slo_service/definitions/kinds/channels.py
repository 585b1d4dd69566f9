"""Channels of contacts: what each needs to tell somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from slo_service.definitions.kinds.controllers import adapters
from slo_service.definitions.node import Node
from slo_service.definitions.shape import Address, Choice, ExactlyOne, Free, ListOf, SettingText, Variants
from slo_service.definitions.shape.port import Definitions, JsonSchema
from slo_service.definitions.shape.record import Key

_WEB = Address(("https", "http"))
_URL = Annotated[str, _WEB, "May hold settings; never shown."]
_SECRET = Annotated[str, SettingText(), "From a setting; never shown."]
_HEADERS = Annotated[Mapping[str, object], Free(settings=True), "May hold settings."]
GROUP = "slo_service.channels"


@dataclass(frozen=True, slots=True)
class MailAddress(SettingText):
    """A person's or a list's address; may hold settings."""

    def read(self, node: Node) -> object:
        value = str(SettingText.read(self, node))
        name, at, domain = value.rpartition("@")
        if value and not (name and at and domain and value.isprintable()):
            node.fault("E212", f"{node.path} is not a mail address", "write one like team@example.com")
        return value

    def schema(self, _: Definitions) -> JsonSchema:
        like = "write one like team@example.com"
        return {"type": "string", "title": "mail address", "pattern": r".@.|\$\{", "patternErrorMessage": like}


@dataclass(frozen=True, slots=True)
class HookSpec:
    """A POST of JSON, signed when there is a secret."""

    url: _URL
    secret: _SECRET = ""
    headers: _HEADERS = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmailSpec:
    """Mail, through the server in the settings."""

    to: Annotated[tuple[str, ...], ListOf(MailAddress(), at_least=1), "Everyone who gets the mail."]
    from_: Annotated[str, MailAddress(), Key("from"), "That of the settings unless given."] = ""


@dataclass(frozen=True, slots=True)
class SlackHookSpec:
    """An incoming webhook, whose address holds its secret."""

    url: _URL


@dataclass(frozen=True, slots=True)
class SlackBotSpec:
    """A bot, whose messages are updated in place and have buttons."""

    token: _SECRET
    channel: Annotated[str, SettingText(), "The channel's id or name."]
    api_url: Annotated[str, _WEB, "The address of Slack's API."] = ""


@dataclass(frozen=True, slots=True)
class SlackSpec:
    """Slack, by an incoming webhook or as a bot."""

    webhook: Annotated[SlackHookSpec | None, "An incoming webhook."] = None
    bot: Annotated[SlackBotSpec | None, "As a bot."] = None

    RULES: ClassVar = (ExactlyOne(("webhook", "bot")),)


@dataclass(frozen=True, slots=True)
class PagerdutySpec:
    """PagerDuty Events v2; the deduplication key is the SLO and the severity."""

    routing_key: _SECRET
    url: Annotated[str, _WEB, "The address that takes events."] = ""
    severity: Annotated[
        str,
        Choice(("critical", "error", "warning", "info")),
        "The severity of its events; that of the SLO's alert unless given.",
    ] = "critical"


@dataclass(frozen=True, slots=True)
class OpsgenieSpec:
    """Opsgenie alerts."""

    api_key: _SECRET
    url: Annotated[str, _WEB, "The address of the API."] = ""
    team: Annotated[str, SettingText(), "The team they are for."] = ""
    priority: Annotated[str, Choice(("P1", "P2", "P3", "P4", "P5")), "The priority of its alerts."] = "P1"


@dataclass(frozen=True, slots=True)
class TeamsSpec:
    """Microsoft Teams, by a workflow's webhook."""

    url: _URL


@dataclass(frozen=True, slots=True)
class AppriseSpec:
    """Any of the many services that apprise knows, by its addresses."""

    urls: Annotated[tuple[str, ...], ListOf(Address(), at_least=1), "The addresses, as apprise writes them."]
    tag: Annotated[str, SettingText(), "Which of the addresses are meant, where they carry tags."] = ""


_SPECS: Mapping[str, type[object]] = {
    "webhook": HookSpec,
    "email": EmailSpec,
    "slack": SlackSpec,
    "pagerduty": PagerdutySpec,
    "opsgenie": OpsgenieSpec,
    "teams": TeamsSpec,
    "apprise": AppriseSpec,
}
CHANNEL = Variants(adapters(GROUP, _SPECS, "no channel {name} is installed, so until then messages on it are refused"))
