"""The example files of each tool, and what they convert to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from slo_service.definitions.importing import Imported, SourceFile, pyrra, slo_generator, sloth

FOLDER = Path(__file__).parent / "examples"
CONVERT: dict[str, Callable[[Sequence[SourceFile]], Imported]] = {
    "sloth": sloth.convert_files,
    "pyrra": pyrra.convert_files,
    "slo-generator": slo_generator.convert_files,
}
EXAMPLES = sorted(path for tool in CONVERT for path in (FOLDER / tool).glob("*.yaml"))
EVERYTHING = [path for path in EXAMPLES if path.stem.startswith("everything")]


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def convert(path: Path, text: str | None = None) -> Imported:
    return CONVERT[path.parent.name]([SourceFile(path.name, path.read_text() if text is None else text)])


def golden(path: Path) -> Path:
    return path.parent / "golden" / f"{path.stem}.txt"


def written(imported: Imported) -> str:
    """The output, and below it what is said on stderr."""
    said = "".join(f"{line}\n" for line in (*imported.findings, *imported.losses))
    return f"{imported.text}=== losses\n{said}"
