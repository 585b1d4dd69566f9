"""Plain data written as YAML: people can read it, and every reader of YAML takes it for the same data."""

from collections.abc import Mapping

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from slo_service.definitions.settings import UNFIT
from slo_service.definitions.shape import Exact
from slo_service.definitions.tree import parse
from slo_service.definitions.writing import to_yaml
from tests.definitions.written import plain

FIT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda text: not UNFIT.search(text))
TEXTS = FIT | st.text("ab1 :#,{}[]'\"\\|>-?&*!%@`\n.~=<", max_size=8)
NUMBERS = st.integers(-(10**15) + 1, 10**15 - 1) | st.decimals(
    -(10**9), 10**9, allow_nan=False, allow_infinity=False, places=6
).map(float)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=15
)
SURPRISES = [
    "yes", "No", "on", "OFF", "y", "n", "null", "~", "", "true", "1", "-1", "+1", "0o7", "0x1F", "1e3", ".5", "1_000",
    "1:30", "190:20:30", "2026-11-22", "2026-11-22 10:00:00", "2026-11-22T10:00:00Z", "<<", "=", "- a", "? a", "a: b",
    "a:", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "{a", "[a", "]", "}", ",", "'a'", '"a"', " a",
    "a ", "a\n", "\na", "a\n\nb", "a\n b\n", " a\nb", "a\n\n", "a\tb", "\u2028", "\ufeff",
    ".inf", ".NaN", "---", "...", "--- a", "a\n---\nb\n", "\U0001f600", "é", "0b1", "1__0", "12e03", "0.1.2",
]  # fmt: skip


def read_back(text: str) -> list[object]:
    parsed = parse("x.yaml", text)
    assert parsed.findings == ()
    return [plain(source.root) for source in parsed.sources]


@given(st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_what_is_written_is_read_as_the_same_by_us(documents):
    assert read_back(to_yaml(documents)) == documents


@given(
    st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=3) | st.dictionaries(TEXTS, TEXTS, max_size=3), min_size=1)
)
@example({text: text for text in SURPRISES})
@example({"spec": "0"})
@example({"list": SURPRISES})
@example({"flow": {"a": "b?c", "d": "e,f"}})
def test_a_text_is_a_text_to_readers_of_yaml_1_1_and_1_2(document):
    written = to_yaml([document])
    assert yaml.safe_load(written) == document
    assert YAML(typ="safe", pure=True).load(written) == document
    assert read_back(written) == [document]


def test_a_definition_is_written_as_people_write_it():
    document: Mapping[str, object] = {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": "orders-freshness", "labels": {"pipeline": "orders", "importance": "1"}},
        "spec": {
            "description": "The dashboard shows an order within 30 s.\nMeasured at the table.\n",
            "service": "orders",
            "timeWindow": [{"duration": "28d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "stages": [{"name": "enrich", "kafka": {"topic": "a"}}, {"name": "load", "kafka": {"topic": "b"}}],
            "objectives": [{"displayName": "fresh", "target": Exact("0.9990")}],
            "url": "${ORDERS_DB_URL}",
            "contacts": ["a@example.com", "b@example.com"],
        },
    }
    assert (
        to_yaml([document])
        == """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders-freshness, labels: {pipeline: orders, importance: "1"}}
spec:
  description: |
    The dashboard shows an order within 30 s.
    Measured at the table.
  service: orders
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  stages:
    - {name: enrich, kafka: {topic: a}}
    - {name: load, kafka: {topic: b}}
  objectives: [{displayName: fresh, target: 0.9990}]
  url: ${ORDERS_DB_URL}
  contacts: [a@example.com, b@example.com]
"""
    )


def test_what_does_not_fit_on_a_line_is_written_over_several():
    document = {"spec": {"items": [{"name": "a" * 60, "text": "b" * 60, "more": {"c": "d" * 90}}]}}
    assert (
        to_yaml([document, {"a": 1}])
        == f"""\
spec:
  items:
    - name: {"a" * 60}
      text: {"b" * 60}
      more:
        c: {"d" * 90}
---
a: 1
"""
    )


@pytest.mark.parametrize("number", [10**15, 1e15, 1e-16, float("nan"), float("inf"), Exact("1e31")], ids=str)
def test_a_number_that_definitions_cannot_hold_is_refused(number):
    with pytest.raises(ValueError, match="too many digits"):
        to_yaml([{"a": number}])


def test_a_value_that_is_no_plain_data_is_refused():
    with pytest.raises(TypeError, match="set is not plain data"):
        to_yaml([{"a": {1}}])
