"""One SLO of several objectives as several SLOs of one, where `openslo/v1` has no other way to say it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slo_service.definitions.openslo_versions.rewriting import Changes, Rewriting, quoted_text, rewrite
from slo_service.definitions.tree import Entries, Items

MOST = 50  # SLOs made of one; each has all the rest of it
_LONGEST = 63


def split_objectives(
    top: Rewriting, spec: Rewriting, changes: Changes, *, indicators: Sequence[Entries | None] = ()
) -> tuple[Entries, ...]:
    """One document an objective, named after it; each with its indicator, where those are given."""
    objectives = spec.get("objectives")
    assert isinstance(objectives, Items)
    documents, names = [], list[str]()
    for number, objective in enumerate(objectives.items):
        one = Rewriting(spec.mark, dict(spec.entries), spec.weight)
        one.entries["objectives"] = (spec.entries["objectives"][0], Items(objectives.mark, [objective]))
        indicator = indicators[number] if number < len(indicators) else None
        if indicator is not None:
            one.put("indicator", indicator, before="timeWindow")
        document = Rewriting(top.mark, dict(top.entries), top.weight)
        document.entries["spec"] = (top.entries["spec"][0], one.tree)
        name = _name(top, objective, number, names)
        _rename(document, name)
        names.append(name)
        documents.append(document.tree)
    mark, _ = spec.entries["objectives"]
    changes.say(mark, "spec.objectives", f"are SLOs of their own: {', '.join(names)}")
    return tuple(documents)


def _name(top: Rewriting, objective: object, number: int, taken: Sequence[str]) -> str:
    said = rewrite(objective).text("displayName") if isinstance(objective, Entries) else ""
    meta = top.get("metadata")
    base = rewrite(meta).text("name") if isinstance(meta, Entries) else ""
    slug = re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-") or str(number + 1)
    name = f"{base}-{slug}"[:_LONGEST].rstrip("-")
    return name if name not in taken else f"{name[: _LONGEST - 4]}-{number + 1}"


def _rename(document: Rewriting, name: str) -> None:
    meta = document.get("metadata")
    if isinstance(meta, Entries) and "name" in meta.entries:
        inside = rewrite(meta)
        mark, old = inside.entries["name"]
        inside.entries["name"] = (mark, quoted_text(old.mark, name))
        document.entries["metadata"] = (document.entries["metadata"][0], inside.tree)
