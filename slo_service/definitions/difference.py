"""What changed between two loads, in words, and what it means for the history of each SLO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import format_duration
from slo_service.domain.slo import Slo

_PLACES = {"defined_at", "definition"}  # a definition that only moved or was re-indented has not changed
_PARTS = ("pipelines", "canaries", "policies", "jobs", "contacts")
_WORDS = {"policies": "policy", "canaries": "canary"}


def diff(old: Catalogue, new: Catalogue) -> tuple[str, ...]:
    """One sentence a change; empty when nothing changed. Values that may hold secrets are named, never shown."""
    found = [*_names("slo", old.slos, new.slos)]
    for name, slo in new.slos.items():
        if name in old.slos:
            found += _slo(old.slos[name], slo)
    for part in _PARTS:
        word, before, after = _WORDS.get(part, part[:-1]), getattr(old, part), getattr(new, part)
        found += _names(word, before, after)
        found += [
            f"{word} {name} changed: {', '.join(changed)}"
            for name in after
            if name in before and (changed := list(_changed(before[name], after[name])))
        ]
    return tuple(found)


def _names(word: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{word} {name} added" for name in new if name not in old)
    consequence = "; its open episodes close and their holds are released, its history is kept" if word == "slo" else ""
    yield from (f"{word} {name} removed{consequence}" for name in old if name not in new)


def _changed(old: object, new: object) -> Iterator[str]:
    for field in fields(new):  # type: ignore[arg-type]  # every part of a catalogue is a dataclass
        if field.name not in _PLACES and getattr(old, field.name) != getattr(new, field.name):
            yield field.name


def _slo(old: Slo, new: Slo) -> Iterator[str]:
    told = {"indicator", "objective", "window_ns", "slice_width_ns", "pipeline", "timing"}
    if old.stream.id != new.stream.id:
        yield (
            f"slo {new.name} measures something else: {_measure(old)} → {_measure(new)}; a new stream starts, "
            "its open episodes close as superseded and their holds are released"
        )
    if old.objective != new.objective:
        before, after = (f"{float(slo.objective.target) * 100:g} %" for slo in (old, new))
        yield f"slo {new.name} target {before} → {after}; its history is kept"
    if old.window_ns != new.window_ns:
        before, after = format_duration(old.window_ns), format_duration(new.window_ns)
        yield f"slo {new.name} window {before} → {after}; its history is kept"
    if rest := [name for name in _changed(old, new) if name not in told]:
        yield f"slo {new.name} changed: {', '.join(rest)}; its history is kept"


def _measure(slo: Slo) -> str:
    """`freshness within 5s of orders-canary`-like words, from the canonical indicator."""
    body = slo.indicator.canonical()
    words = [str(body.pop("kind"))]
    for key, value in body.items():
        shown = format_duration(value) if key.endswith("_ns") and isinstance(value, int) else str(value)
        words.append(f"{key.removesuffix('_ns')} {shown}")
    return " ".join(words) + (f" on {slo.pipeline}")
