"""OpenSLO of any version → `openslo/v1`, document by document; what is different in it is listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from slo_service.definitions.document import OPENSLO
from slo_service.definitions.finding import Finding, found, quoted
from slo_service.definitions.importing.imported import Imported, Loss, SourceFile
from slo_service.definitions.literal import literal
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.openslo_versions import VERSIONS, WITHOUT_COUNTERPART, upgrade
from slo_service.definitions.scalar import nearest
from slo_service.definitions.settings import Settings
from slo_service.definitions.tree import Entries, Items, Scalar, Tree, parse
from slo_service.definitions.writing import to_yaml

_INSTEAD = "nothing, if that is what was meant"


def convert(text: str, file: str) -> Imported:
    """One file; see `convert_files`."""
    return convert_files([SourceFile(file, text)])


def convert_files(files: Sequence[SourceFile]) -> Imported:
    """The documents of all files as `openslo/v1`, in their order. Documents of v1 stay as they are."""
    losses: list[Loss] = []
    findings: list[Finding] = []
    by_file: dict[str, str] = {}
    documents = 0
    for source in files:
        roots = [root for tree in _objects(source, findings) for root in _modern(tree, losses, findings)]
        if roots:
            documents += len(roots)
            header = f"# {PurePath(source.file).name.encode('unicode_escape').decode()} as {OPENSLO}.\n"
            by_file[source.file] = header + to_yaml(_data(root) for root in roots)
    if any(finding.severity == "error" for finding in findings):
        return Imported("", (), tuple(findings))
    return Imported("---\n".join(by_file.values()), tuple(losses), tuple(findings), documents, by_file)


def _objects(source: SourceFile, findings: list[Finding]) -> Iterator[Tree]:
    """A document may also be a list of objects, as other tools write them."""
    parsed = parse(source.file, source.text)
    findings += parsed.findings
    for document in parsed.sources:
        root = document.root
        held = _held(root)
        yield from held.items if isinstance(held, Items) else [root]


def _held(root: Tree) -> Tree:
    """What a `kind: List` of kubectl's holds; anything else is what it is."""
    if not isinstance(root, Entries) or "items" not in root.entries:
        return root
    _, kind = root.entries.get("kind", (None, None))
    return root.entries["items"][1] if isinstance(kind, Scalar) and kind.text.endswith("List") else root


def _modern(tree: Tree, losses: list[Loss], findings: list[Finding]) -> tuple[Entries, ...]:
    if not isinstance(tree, Entries):
        findings.append(found(tree.mark, "E203", "the document is not a mapping", "begin with apiVersion: and kind:"))
        return ()
    root = Node(tree, "", Notebook(Settings({})))
    version, kind = root.child("apiVersion"), root.child("kind").written
    upgraded = upgrade(tree)
    if upgraded is None:
        if version.written != OPENSLO:
            findings.append(_foreign(version))
        return (tree,)
    if (remedy := WITHOUT_COUNTERPART.get(kind)) is not None:
        what = f"is left out; {OPENSLO} has no {kind}"
        losses.append(Loss(version.mark.file, version.mark.line, version.mark.column, "kind", what, remedy))
        return ()
    for change in upgraded.changes:
        mark = change.mark
        losses.append(Loss(mark.file, mark.line, mark.column, change.path, change.what, _INSTEAD, change.kept))
    return upgraded.roots


def _foreign(version: Node) -> Finding:
    if not version:
        remedy = "give a file of OpenSLO's, which begins with one"
        return found(version.mark, "E209", "the document has no apiVersion", remedy)
    what = f"{quoted(version.written)} is not a version of OpenSLO"
    return found(version.mark, "E209", what, nearest(version.written, (OPENSLO, *VERSIONS)))


def _data(root: Entries) -> dict[str, object]:
    return {key: literal(each) for key, (_, each) in root.entries.items()}
