"""OpenSLO before and after v1: documents of `openslo/v1alpha` and `openslo.com/v2alpha` are read as `openslo/v1`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slo_service.definitions.document import OPENSLO
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.openslo_versions import v1alpha, v2alpha
from slo_service.definitions.openslo_versions.rewriting import Change, Changes, rewrite
from slo_service.definitions.tree import Entries, Scalar, Source, Tree

_UPGRADES: Mapping[str, Callable[[Entries, Changes], tuple[Entries, ...]]] = {
    v1alpha.VERSION: v1alpha.upgrade,
    v2alpha.VERSION: v2alpha.upgrade,
}
VERSIONS = tuple(_UPGRADES)
_MOST_SAID = 20
WITHOUT_COUNTERPART = {"BudgetAdjustment": "write an Adjustment of slo-service/v1"}


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Documents of `openslo/v1`, more than one where v1 needs several, and what is different in them. Each
    value has the mark of where its writer wrote it."""

    roots: tuple[Entries, ...]
    changes: tuple[Change, ...]


def upgrade(root: Tree) -> Upgraded | None:
    """None for a document that is of neither version."""
    version = root.entries.get("apiVersion") if isinstance(root, Entries) else None
    if not isinstance(root, Entries) or version is None or not isinstance(version[1], Scalar):
        return None
    convert = _UPGRADES.get(version[1].text)
    if convert is None:
        return None
    changes = Changes()
    top = rewrite(root)
    top.entries["apiVersion"] = (version[0], Scalar(version[1].mark, OPENSLO, plain=True))
    return Upgraded(convert(top.tree, changes), tuple(changes.said.values()))


def modern(source: Source, notes: Notebook) -> tuple[Source, ...]:
    """The document as `openslo/v1`, when it is of another version of OpenSLO, which is noted with every change; else
    the document itself, and nothing when v1 has no such kind."""
    upgraded = upgrade(source.root)
    if upgraded is None or not isinstance(source.root, Entries):
        return (source,)
    top = rewrite(source.root)
    old, mark = top.text("apiVersion"), source.root.entries["apiVersion"][1].mark
    if (remedy := WITHOUT_COUNTERPART.get(top.text("kind"))) is not None:
        notes.add(mark, "E215", f"{OPENSLO} has no {top.text('kind')}", remedy)
        return ()
    said = [str(change) for change in upgraded.changes[:_MOST_SAID]] or ["nothing else is different"]
    if (more := len(upgraded.changes) - _MOST_SAID) > 0:
        said.append(f"and {more} more")
    notes.add(
        mark, "W526", f"{old} is read as {OPENSLO}: {', '.join(said)}", "convert the file with slo import openslo"
    )
    return tuple(Source(root, source.text) for root in upgraded.roots)
