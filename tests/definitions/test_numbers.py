"""Numbers in every form of YAML's core schema, exactly."""

from fractions import Fraction

import pytest

from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.settings import Settings
from slo_service.definitions.shape import Decimal, Share
from slo_service.definitions.shape.port import Exact
from slo_service.definitions.tree import parse
from slo_service.definitions.writing import to_yaml


def read(shape: Decimal | Share, text: str) -> tuple[object, list[str]]:
    notes = Notebook(Settings({}))
    (source,) = parse("x.yaml", text).sources
    return shape.read(Node(source.root, "x", notes)), [finding.code for finding in notes.findings]


@pytest.mark.parametrize("shape", [Decimal(), Share()], ids=["number", "share"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-05", Fraction(1, 10**5)),
        ("2e-6", Fraction(2, 10**6)),
        ("2E+6", Fraction(2 * 10**6)),
        (".00001", Fraction(1, 10**5)),
        ("5.", Fraction(5)),
        ("1e-30", Fraction(1, 10**30)),
        ("-1.5e30", Fraction(-15 * 10**29)),
        ("123456789012345.123456789012345e-30", Fraction(123456789012345123456789012345, 10**45)),
        ("0", Fraction(0)),
    ],
)
def test_a_number_is_read_exactly_in_any_form_and_written_so_that_it_reads_as_the_same(shape, text, value):
    assert read(shape, text) == (value, [])
    written = shape.write(value)
    assert isinstance(written, Exact)
    assert read(shape, to_yaml([{"a": written}]).split("a: ")[1]) == (value, [])


@pytest.mark.parametrize("text", ["1e31", "1e-31", "1e999999999", "0x1F", "1234567890123456", ".", "e5", ".inf"])
def test_a_number_beyond_its_bounds_is_refused(text):
    assert read(Decimal(), text)[1] == ["E203"]


def test_a_number_that_is_refused_is_not_said_to_be_no_number():
    notes = Notebook(Settings({}))
    (source,) = parse("x.yaml", "1e31").sources
    Decimal().read(Node(source.root, "x", notes))
    assert [finding.message for finding in notes.findings] == ["x is '1e31', not a number"]
