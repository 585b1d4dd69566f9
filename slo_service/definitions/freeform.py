"""Parts of a definition whose keys are the user's own: labels, and bodies handed on as they are."""

from __future__ import annotations

import re

from slo_service.definitions.finding import quoted
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest, value_of
from slo_service.definitions.settings import PLACEHOLDER
from slo_service.definitions.tree import Entries, Items, Scalar

LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
RESERVED_LABELS = frozenset({"slo", "tier", "severity", "service"})  # alerts carry them with a meaning of their own


def labels(node: Node) -> dict[str, str]:
    """Kubernetes-like labels: text to text."""
    found: dict[str, str] = {}
    for key, (mark, tree) in node.entries().items():
        value = Node(tree, node.subpath(key), node.notes)
        if not LABEL_KEY.fullmatch(key):
            what = f"{quoted(key)} is not a label's key"
            node.notes.add(mark, "E206", what, "use at most 63 letters, digits, - _ and .")
        elif key in RESERVED_LABELS:
            what = f"the label {key} is reserved for alerts"
            node.notes.add(mark, "E206", what, "use another key; SLOs have importance, jobs criticality")
        elif isinstance(tree, Scalar) and not tree.plain and not tree.text:
            found[key] = ""
        elif (text := value.text()) and not LABEL_VALUE.fullmatch(text):
            value.fault("E206", f"{quoted(text)} is not a label's value", "use at most 63 letters, digits, - _ and .")
        elif text:
            found[key] = text
    return found


def plain(node: Node, *, settings: bool = False, fields: frozenset[str] = frozenset()) -> object:
    """The value as Python's own types. With `settings` every `${NAME}` is replaced; else `fields` are the names with a
    dot that may stand there and stay as they are, such as `${canary.id}`."""
    tree = node.tree
    if isinstance(tree, Entries):
        return {
            key: plain(Node(value, node.subpath(key), node.notes), settings=settings, fields=fields)
            for key, (_, value) in tree.entries.items()
        }
    if isinstance(tree, Items):
        return [plain(item, settings=settings, fields=fields) for item in node.items()]
    if not isinstance(tree, Scalar):
        return None
    value = value_of(tree)
    if not isinstance(value, str):
        return value
    return node.filled(value, "") if settings else _with_fields(node, value, fields)


def _with_fields(node: Node, value: str, fields: frozenset[str]) -> str:
    names = PLACEHOLDER.findall(value)
    if any("." not in name for name in names):
        return node.text()  # says that no setting is taken here
    for name in names:
        if name not in fields:
            node.fault("E302", f"there is no field {quoted(name)}", nearest(name, fields))
    return value
