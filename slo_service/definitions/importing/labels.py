"""Labels and annotations of other tools: kept where ours can hold them, listed where not."""

from __future__ import annotations

from slo_service.definitions.freeform import LABEL_KEY, LABEL_VALUE, RESERVED_LABELS
from slo_service.definitions.importing.reader import Part
from slo_service.definitions.settings import PLACEHOLDER

ALERTING_LABEL = "slo-service/alerting"  # by it an Alerting selects its SLOs
_TAKEN = {*RESERVED_LABELS, "pipeline", ALERTING_LABEL}


def keep_label(into: dict[str, str], key: str, part: Part) -> None:
    """Adds a label, over one of the same key."""
    if key in RESERVED_LABELS:
        part.lost(f"the label {key} is reserved for alerts", "use another key")
    elif key in _TAKEN:
        part.lost(f"the label {key} has a meaning of its own here", "use another key")
    elif not LABEL_KEY.fullmatch(key):
        part.lost("is no label's key here", "use at most 63 letters, digits, - _ and ., beginning with a letter")
    elif part.written and not LABEL_VALUE.fullmatch(part.written):
        part.lost("is no label's value here", "use at most 63 letters, digits, - _ and ., or write an annotation")
    else:
        into[key] = part.text()


def keep_text(part: Part, default: str = "") -> str:
    """A text for people. `${…}` would be a setting there, which texts do not take, so it becomes `$(…)`."""
    text = part.text(default)
    if "${" in text:
        part.changed("${…} is a setting here and does not go into a text, so it is written $(…)", "write the value")
    return PLACEHOLDER.sub(r"$(\1)", text).replace("${", "$(")


def keep_query(part: Part) -> str:
    """A query, which stays as it is."""
    mention_settings(part)
    return part.text()


def mention_settings(part: Part) -> None:
    for scalar in part.scalars():
        if "${" in scalar.written:
            scalar.changed("${…} does not go into a query here, and `slo check` will say so", "write the value")


def keep_annotations(into: dict[str, str], part: Part, prefix: str = "") -> None:
    """Adds annotations, without the prefix. The runbook that alerts link to is called `runbook` here."""
    for written, value in part.entries():
        key = written.removeprefix(prefix)
        if part.ledger.is_settled(value):
            continue
        if not LABEL_KEY.fullmatch(key):
            value.lost("is no annotation's key here", "use letters, digits, - _ and .")
        elif value:
            into[key] = keep_text(value)
    if "runbook_url" in into:
        into.setdefault("runbook", into["runbook_url"])
