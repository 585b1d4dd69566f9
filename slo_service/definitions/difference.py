"""What changed between two loads, in words, and what it means for the history of each SLO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import format_duration
from slo_service.domain.slo import Slo

_PLACES = {"defined_at", "definition", "sources", "objective_at"}  # what only moved or was re-indented has not changed
_SLOS = {"slos", "unjudged"}
_MEASURED = {"indicator", "slice_width_ns", "pipeline", "timing", "budgeting"}
_LONGEST = 160
_REMOVED = "; its open episodes close and their holds are released, its history is kept"


def diff(old: Catalogue, new: Catalogue) -> tuple[str, ...]:
    """One sentence a change; empty when nothing changed. Values that may hold secrets are named, never shown."""
    before, after = _slos(old), _slos(new)
    found = [*_names("slo", before, after)]
    for name, slo in after.items():
        if name in before and before[name] != slo:
            found += _slo(before[name], slo)
    found += _judged(old, new)
    for part in fields(Catalogue):
        if part.compare and part.name not in _SLOS:
            found += _part(_word(part.name), getattr(old, part.name), getattr(new, part.name))
    return tuple(found)


def _slos(catalogue: Catalogue) -> dict[str, Slo]:
    return {**catalogue.slos, **{name: unjudged.slo for name, unjudged in catalogue.unjudged.items()}}


def _judged(old: Catalogue, new: Catalogue) -> Iterator[str]:
    for name, unjudged in new.unjudged.items():
        if name not in old.unjudged:
            yield f"slo {name} is declared, but not judged: {unjudged.reason}"
    yield from (f"slo {name} is judged from now on" for name in new.slos if name in old.unjudged)


def _part(word: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    yield from _names(word, old, new)
    for name in new:
        if name in old and (changed := list(_changed(old[name], new[name]))):
            yield f"{word} {name} changed: {', '.join(changed)}"


def _word(part: str) -> str:
    """`policies` → `policy`, `data_sources` → `data source`."""
    words = part.replace("_", " ")
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


def _names(word: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{word} {name} added" for name in new if name not in old)
    yield from (f"{word} {name} removed{_REMOVED if word == 'slo' else ''}" for name in old if name not in new)


def _changed(old: object, new: object) -> Iterator[str]:
    for field in fields(new):  # type: ignore[arg-type]  # every part of a catalogue is a dataclass
        if field.name not in _PLACES and field.compare and getattr(old, field.name) != getattr(new, field.name):
            yield field.name.removesuffix("_ns").replace("_", " ")


def _slo(old: Slo, new: Slo) -> Iterator[str]:
    told = {"objective", "window", "grouping", *(name.removesuffix("_ns").replace("_", " ") for name in _MEASURED)}
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
    if old.grouping != new.grouping:
        yield f"slo {new.name} {_regrouped(old, new)}"
    if rest := [name for name in _changed(old, new) if name not in told]:
        yield f"slo {new.name} changed: {', '.join(rest)}; its history is kept"


def _regrouped(old: Slo, new: Slo) -> str:
    before, after = old.grouping, new.grouping
    if after is None:
        return "is not grouped any more; the objectives of its groups are gone, the history of their sum is kept"
    by = ", ".join(after.keys)
    if before is None:
        return f"is grouped by {by}; it is the sum of its groups, and its history is kept"
    if set(before.keys) == set(after.keys):
        return f"is grouped by {by}, into {after.most} groups at most; their history is kept"
    return f"is grouped by {by}, no more by {', '.join(before.keys)}; its groups start anew, it keeps its history"


def _measure(slo: Slo) -> str:
    """`freshness within 5s of orders-canary`-like words, from the canonical indicator."""
    body = slo.indicator.canonical()
    words = [str(body.pop("kind"))]
    for key, value in body.items():
        shown = format_duration(value) if key.endswith("_ns") and isinstance(value, int) else str(value)
        words.append(f"{key.removesuffix('_ns')} {shown}")
    said = " ".join(words)
    by = "" if slo.budgeting.identity == "Occurrences" else f" by {slo.budgeting.identity}"
    return f"{said if len(said) <= _LONGEST else said[: _LONGEST - 1] + '…'} on {slo.pipeline or slo.service}{by}"
