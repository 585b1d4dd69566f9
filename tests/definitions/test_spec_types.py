"""Reading, writing and schema come from one type, and agree on whatever is written."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from slo_service.definitions.document import read_header
from slo_service.definitions.kinds import KINDS
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.schema import of_kind
from slo_service.definitions.settings import Settings
from slo_service.definitions.shape import write_spec
from slo_service.definitions.tree import parse
from slo_service.definitions.writing import to_yaml
from tests.definitions.made import Values, changed, fitting
from tests.definitions.written import GOOD, documents, mistakes, plain

SCHEMAS = {kind.name: of_kind(kind) for kind in KINDS}
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
unhurried = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    max_examples=max(25, settings().max_examples // 4),  # for each kind
)


SEEDS = [each.data for path in GOOD for each in documents(path) or [] if isinstance(each.data, dict)]


@cache
def specs(name: str) -> Values:
    """What may stand under `spec` of a kind: made up, or from a good file."""
    schema = SCHEMAS[name]
    properties, types = schema["properties"], schema["$defs"]
    assert isinstance(properties, dict)
    assert isinstance(types, dict)
    good = [seed["spec"] for seed in SEEDS if seed["kind"] == name]
    made = fitting(properties["spec"], types, depth=4)
    return made | st.sampled_from(good) if good else made


def read(kind: Kind, data: object) -> tuple[object, list[str]]:
    """The spec of a document as its kind reads it, and the errors that were found on the way."""
    sources = parse("x.yaml", to_yaml([document(kind, data)])).sources
    assume(len(sources) == 1)  # else it is nested deeper than any document may be
    (source,) = sources
    notes = Notebook(Settings({}))
    spec, _ = kind.read(read_header(source, notes, kind.metadata))
    return spec, [str(finding) for finding in notes.findings if finding.severity == "error"]


def document(kind: Kind, spec: object) -> dict[str, object]:
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "x"}, "spec": spec}


@EACH_KIND
@unhurried
@given(data=st.data())
def test_what_is_read_is_written_so_that_it_reads_as_the_same(kind, data):
    value, errors = read(kind, data.draw(specs(kind.name)))
    if not errors:
        written = write_spec(value)
        assert read(kind, written) == (value, [])
        (source,) = parse("x.yaml", to_yaml([document(kind, written)])).sources
        assert mistakes(plain(source.root), SCHEMAS[kind.name]) == []


@EACH_KIND
@unhurried
@given(data=st.data())
def test_what_the_loader_takes_the_schema_takes(kind, data):
    made = data.draw(specs(kind.name))
    for _ in range(data.draw(st.integers(0, 3))):
        made = data.draw(changed(made))
    refused = mistakes(document(kind, made), SCHEMAS[kind.name])
    if refused:
        _, errors = read(kind, made)
        assert errors, (made, refused)
