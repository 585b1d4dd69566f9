"""For consumers that must leave canaries out: `if is_canary(message.headers()): continue`. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_FLAG = "slo-canary"


def is_canary(headers: Iterable[tuple[str | bytes, object]] | Mapping[str, object] | None) -> bool:
    """Whether a record is a canary, by its headers as any common Kafka or HTTP client gives them.

    Takes pairs with names of text or bytes, a mapping, or None for a record without headers."""
    if not headers:
        return False
    names = headers if isinstance(headers, Mapping) else (name for name, _ in headers)
    return any(_text(name).lower() == _FLAG for name in names)


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name
