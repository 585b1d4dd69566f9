from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from tests.definitions.importing.examples import EXAMPLES, convert, name_of

SETTINGS = {"PROMETHEUS_URL": "http://127.0.0.1:9090", "TOKEN": "secret"}
REFUSED = {
    "slo-generator/cloud-monitoring": {"E304": "${…} does not go into a query here"},
    "slo-generator/elastic-and-dynatrace": {"E401": "leaves no budget"},
}
"""What the service refuses in the output, and the loss that said so. All else it takes."""


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_what_an_example_converts_to_is_loaded(path: Path, tmp_path: Path) -> None:
    imported = convert(path)
    (tmp_path / "imported.yaml").write_text(imported.text)
    loaded = load_folder([tmp_path], SETTINGS)
    expected = REFUSED.get(name_of(path), {})
    assert {finding.code for finding in loaded.errors} == set(expected)
    for said in expected.values():
        assert any(said in loss.what for loss in imported.losses)
    assert loaded.objects == imported.documents


def test_all_examples_of_a_tool_are_loaded_together(tmp_path: Path) -> None:
    """Names are given once over all files of a conversion."""
    from slo_service.definitions.importing import SourceFile, sloth  # beside its use

    files = [SourceFile(path.name, path.read_text()) for path in EXAMPLES if path.parent.name == "sloth"]
    for name, text in sloth.convert_files(files).by_file.items():
        (tmp_path / name).write_text(text)
    loaded = load_folder([tmp_path], {})
    assert loaded.errors == ()
    assert len(list(tmp_path.iterdir())) == len(files)
