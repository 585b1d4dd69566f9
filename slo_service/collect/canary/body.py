"""The body of a canary: the definition's template with the canary's own fields filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from slo_service.collect.canary.envelope import CanaryId
from slo_service.domain.instant import rfc3339

_FIELD = re.compile(r"\$\{canary\.([a-z_]+)\}")
ID_FIELD = "${canary.id}"


def values(who: CanaryId) -> Mapping[str, str | int]:
    """What a template may say after `canary.`; `id` alone identifies the canary."""
    return {
        "id": who.text,
        "seq": who.seq,
        "partition": who.partition,
        "run": who.run,
        "sent_at": rfc3339(who.sent_ns),
    }


def unknown_fields(template: object) -> tuple[str, ...]:
    """Canary fields that a template names and no canary has, in order."""
    known = values(CanaryId("", "", 0, 0, 0))
    return tuple(name for name in _FIELD.findall(json.dumps(template)) if name not in known)


def render(template: Mapping[str, object], marker_field: str, marker_value: str, who: CanaryId) -> bytes:
    """JSON. A text that is one field only takes the field's own type, so `${canary.seq}` becomes a number."""
    filled = {name: _fill(value, values(who)) for name, value in template.items()}
    filled[marker_field] = marker_value
    return json.dumps(filled, separators=(",", ":")).encode()


def id_fields(template: Mapping[str, object]) -> tuple[str, ...]:
    """Top-level fields that hold exactly the canary's id: where to look for it when headers do not survive."""
    return tuple(name for name, value in template.items() if value == ID_FIELD)


def find(value: bytes | None, prefix: bytes, fields: tuple[str, ...]) -> CanaryId | None:
    """The identity of a canary in one of the given top-level fields of a JSON body.

    `prefix` (`<canary>.`) is looked for first, because nearly every record is not a canary and parsing is dear."""
    if value is None or prefix not in value:
        return None
    try:
        record = json.loads(value)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    found = (CanaryId.from_text(record.get(name)) for name in fields)
    return next((who for who in found if who is not None), None)


def _fill(value: object, fields: Mapping[str, str | int]) -> object:
    if isinstance(value, Mapping):
        return {name: _fill(part, fields) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(part, fields) for part in value]
    if not isinstance(value, str):
        return value
    whole = _FIELD.fullmatch(value)
    if whole:
        return fields[whole[1]]
    return _FIELD.sub(lambda found: str(fields[found[1]]), value)
