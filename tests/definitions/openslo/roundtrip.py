"""Definitions → OpenSLO → definitions, and what of it must be the same."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

from slo_service.definitions import Loaded, load_folder
from slo_service.definitions.document import Draft
from slo_service.definitions.literal import literal
from slo_service.definitions.writing import to_yaml
from slo_service.show.render.openslo import FILES, Exported, openslo_files

_PLACES = {"defined_at", "definition", "sources"}


def export(paths: Sequence[Path], env: Mapping[str, str]) -> tuple[Loaded, Exported]:
    return _export(tuple(paths), tuple(sorted(env.items())))


@cache
def _export(paths: tuple[Path, ...], env: tuple[tuple[str, str], ...]) -> tuple[Loaded, Exported]:
    """Several tests look at the same files."""
    loaded = load_folder(paths, dict(env), settings_needed=False)
    assert loaded.errors == ()
    return loaded, openslo_files(loaded.drafts)


def write(loaded: Loaded, exported: Exported, folder: Path) -> None:
    """The exported files, and beside them the kinds that OpenSLO does not have."""
    folder.mkdir(exist_ok=True)
    for name, text in exported.files.items():
        (folder / name).write_text(text)
    ours = [draft.document for draft in loaded.drafts if draft.document.kind not in FILES]
    documents = [
        {
            "apiVersion": "slo-service/v1",
            "kind": document.kind,
            "metadata": literal(document.metadata.tree),
            "spec": literal(document.spec.tree),
        }
        for document in ours
    ]
    if documents:
        (folder / "ours.yaml").write_text(to_yaml(documents))


def specs(loaded: Loaded) -> dict[tuple[str, str], object]:
    """What each document of OpenSLO was read as, by kind and name."""
    return {
        (draft.document.kind, draft.document.name): (draft.document.header, draft.spec)
        for draft in loaded.drafts
        if draft.document.kind in FILES
    }


def changed(exported: Exported, drafts: Sequence[Draft[object]]) -> set[tuple[str, str]]:
    """The documents that the export itself says are not as they were."""
    return {
        (draft.document.kind, draft.document.name)
        for draft in drafts
        if any(f" {draft.document.kind} {draft.document.name}: " in line for line in exported.left_out)
    }


def catalogue(loaded: Loaded, without: AbstractSet[tuple[str, str]] = frozenset()) -> dict[str, object]:
    """All that is defined, without where; and without data sources that are not as they were."""
    assert loaded.catalogue is not None
    found = {
        each.name: _placeless(getattr(loaded.catalogue, each.name))
        for each in fields(loaded.catalogue)
        if each.name != "documents"
    }
    sources = loaded.catalogue.data_sources
    found["data_sources"] = _placeless({k: v for k, v in sources.items() if ("DataSource", k) not in without})
    return found


def _placeless(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _placeless(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_placeless(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in fields(value) if each.name not in _PLACES]
        return type(value).__name__, {name: _placeless(getattr(value, name)) for name in names}
    return value
