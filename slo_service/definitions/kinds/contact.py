"""`Contact`: people, and the channels on which they are told."""

from __future__ import annotations

from slo_service.definitions import freeform
from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.kind import Kind, installed
from slo_service.definitions.node import Node
from slo_service.domain.pipeline import ChannelSpec, Contact


def _read(document: Document) -> Contact:
    spec = document.spec.fields(needs=("channels",))
    channels = [_channel(item) for item in spec["channels"].items(at_least=1)]
    return Contact(document.name, tuple(c for c in channels if c), document.labels, document.defined_at)


def _channel(node: Node) -> ChannelSpec | None:
    readers = {**dict.fromkeys(installed("slo_service.channels"), _own), **_READERS}
    kind = node.one_of(*readers, later=_LATER)
    return ChannelSpec(kind, readers[kind](node.child(kind))) if kind else None


def _own(node: Node) -> dict[str, object]:
    """A channel that somebody installed checks its own specification, when it is asked."""
    node.entries()
    body = freeform.plain(node, settings=True)
    return body if isinstance(body, dict) else {}


def _webhook(node: Node) -> dict[str, object]:
    fields = node.fields("secret", "headers", needs=("url",))
    spec: dict[str, object] = {"url": fields["url"].url("https", "http")}
    if fields["secret"]:
        spec["secret"] = fields["secret"].setting_text()
    if fields["headers"]:
        fields["headers"].entries()
        spec["headers"] = freeform.plain(fields["headers"], settings=True)
    return spec


def _email(node: Node) -> dict[str, object]:
    fields = node.fields("from", needs=("to",))
    to = [_mail_address(item) for item in fields["to"].items(at_least=1)]
    spec: dict[str, object] = {"to": [address for address in to if address]}
    if fields["from"]:
        spec["from"] = _mail_address(fields["from"])
    return spec


def _mail_address(node: Node) -> str:
    value = node.setting_text()
    name, at, domain = value.rpartition("@")
    if value and not (name and at and domain and value.isprintable()):
        node.fault("E212", f"{node.path} is not a mail address", "write one like team@example.com")
    return value


_LATER = dict.fromkeys(("slack", "pagerduty", "opsgenie", "teams", "apprise"), "write webhook or email")
_READERS = {"webhook": _webhook, "email": _email}

KIND = Kind(OURS, "Contact", object, lambda document: (None, _read(document)))
