"""Whatever is in a file, loading it ends in findings with a place, never in a traceback."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.definitions import load_folder
from slo_service.definitions.kinds import KINDS

GOOD = Path(__file__).parent / "good"
OPENSLO = Path(__file__).parent / "openslo_v1" / "everything.yaml"
TEXT = "---\n".join(path.read_text() for path in (GOOD / "base.yaml", GOOD / "everything.yaml", OPENSLO))
WORDS = sorted(set(re.findall(r"[A-Za-z0-9.${}%-]+", TEXT)))
LINES = TEXT.splitlines(keepends=True)
KIND_NAMES = [kind.name for kind in KINDS]
ENV = {"ORDERS_DB_URL": "sqlite:///planted-value", "ORDERS_WEBHOOK_URL": "planted-value", "PROM_TOKEN": "planted-value"}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner),
    max_leaves=20,
)
documents = st.fixed_dictionaries({
    "apiVersion": st.sampled_from(["slo-service/v1", "openslo/v1"]) | scalars,
    "kind": st.sampled_from(KIND_NAMES),
    "metadata": st.fixed_dictionaries({"name": st.sampled_from(["orders", "x"])}, optional={"labels": values}) | values,
    "spec": st.dictionaries(st.sampled_from(WORDS), values, max_size=8) | values,
})  # fmt: skip
few_seconds = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def check(folder: Path, raw: bytes) -> None:
    (folder / "x.yaml").write_bytes(raw)
    loaded = load_folder([folder], ENV)
    assert (loaded.catalogue is None) == bool(loaded.errors)
    assert loaded.catalogue is not None or loaded.findings
    for finding in loaded.findings:
        assert finding.line >= 1
        assert finding.column >= 1
        assert "\n" not in str(finding)
    assert "planted-value" not in repr(loaded)


@few_seconds
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(tmp_path, raw):
    check(tmp_path, raw)


@few_seconds
@given(st.text(alphabet="abc:-?[]{}&*!|>'\"%@`# \n\t\\0~,<=./$", max_size=80))
def test_any_text_made_of_what_yaml_reacts_to(tmp_path, text):
    check(tmp_path, text.encode())


@few_seconds
@given(st.lists(documents, min_size=1, max_size=3))
def test_any_structure(tmp_path, made):
    check(tmp_path, "\n---\n".join(json.dumps(document) for document in made).encode())


@few_seconds
@given(st.data())
def test_good_files_with_words_and_lines_changed(tmp_path, data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        word = data.draw(st.sampled_from(WORDS) | st.text(max_size=6))
        parts = re.split(r"([A-Za-z0-9.${}%-]+)", lines[at])
        parts[data.draw(st.integers(0, len(parts) - 1))] = word
        lines[at] = data.draw(st.sampled_from(["".join(parts), "", lines[at] * 2]))
    check(tmp_path, "".join(lines).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="lists in lists"),
        pytest.param("- " * 50_000, id="dashes"),
        pytest.param("a: " + "'" * 99_999, id="quotes"),
        pytest.param("? " * 30_000, id="keys of keys"),
        pytest.param("&a " * 10_000, id="anchors"),
    ],
)
def test_a_hostile_file_ends_soon(tmp_path, text):
    check(tmp_path, text.encode())
