"""What other versions of OpenSLO may hold, all of it, too much of it, and anything at all."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_service.definitions import load_folder
from slo_service.definitions.openslo_versions import upgrade
from slo_service.definitions.tree import Entries, Items, Tree, parse
from tests.definitions.openslo.trees import at, plain

OLD = sorted((Path(__file__).parent / "old").glob("*.yaml"))
FIELDS = {
    "v1alpha": """
        apiVersion kind metadata name displayName labels annotations spec description service indicator thresholdMetric
        source queryType query metadata timeWindows unit count isRolling calendar startTime timeZone budgetingMethod
        objectives op value target timeSliceTarget targetTimeSlices ratioMetric ratioMetrics incremental good total
    """,
    "v2alpha": """
        apiVersion kind metadata name labels spec description service sli sliRef timeWindow duration isRolling calendar
        startTime timeZone budgetingMethod objectives displayName op value target targetPercent timeSliceTarget
        timeSliceWindow compositeWeight thresholdMetric ratioMetric counter good bad total raw rawType dataSourceRef
        dataSourceSpec dataSource type connectionDetails alertWhenBreaching conditions conditionRef notificationTargets
        targetRef severity condition threshold lookbackWindow alertAfter
    """,
}


@pytest.mark.parametrize("version", FIELDS)
def test_the_old_documents_have_every_field_of_their_version(version: str) -> None:
    written: set[str] = set()

    def look(tree: Tree) -> None:
        if isinstance(tree, Entries):
            written.update(tree.entries)
            for _, each in tree.entries.values():
                look(each)
        elif isinstance(tree, Items):
            for each in tree.items:
                look(each)

    for path in OLD:
        if path.stem.startswith(version):
            for source in parse(str(path), path.read_text()).sources:
                look(source.root)
    assert set(FIELDS[version].split()) - written == set()


@pytest.mark.parametrize(
    ("version", "heading"), [("v1alpha", "## openslo/v1alpha\n"), ("v2alpha", "## openslo.com/v2alpha\n")]
)
def test_the_reference_says_what_becomes_of_every_field(version: str, heading: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "openslo.md").read_text()
    section = page.partition(heading)[2].partition("\n## ")[0]
    named = {word for code in re.findall(r"`([^`]+)`", section) for word in re.findall(r"[A-Za-z]+", code)}
    assert set(FIELDS[version].split()) - named == set()


def document(objectives: list[object], version: str = "openslo/v1alpha") -> str:
    return json.dumps({
        "apiVersion": version,
        "kind": "SLO",
        "metadata": {"name": "many"},
        "spec": {
            "service": "depot",
            "timeWindow": [{"duration": "28d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": objectives,
        },
    })  # fmt: skip


def ratio(number: int) -> dict[str, object]:
    side = {"source": "a", "queryType": "b", "query": f"q{number}"}
    return {"target": 0.99, "displayName": f"o{number}", "ratioMetrics": {"good": side, "total": side}}


def test_more_objectives_than_may_be_taken_apart_stay_together_and_are_refused(tmp_path: Path) -> None:
    text = document([ratio(number) for number in range(51)])
    done = upgrade(parse("f", text).sources[0].root)
    assert done is not None
    assert len(done.roots) == 1
    (tmp_path / "slo.yaml").write_text(text)
    assert load_folder([tmp_path], {}).errors


def test_as_many_as_may_be_are_taken_apart() -> None:
    done = upgrade(parse("f", document([ratio(number) for number in range(50)])).sources[0].root)
    assert done is not None
    assert len({at(plain(root), "metadata", "name") for root in done.roots}) == 50


def test_a_warning_stays_one_line_of_bearable_length(tmp_path: Path) -> None:
    windows = ", ".join(f'{{unit: "Day\\n{number}", count: {number}}}' for number in range(500))
    text = f"apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: {{name: a}}\nspec: {{timeWindows: [{windows}]}}\n"
    (tmp_path / "slo.yaml").write_text(text)
    (said,) = [finding for finding in load_folder([tmp_path], {}).findings if finding.code == "W526"]
    assert "\n" not in said.message
    assert said.message.endswith("more")
    assert len(said.message) < 5000


old_keys = st.sampled_from(" ".join(FIELDS.values()).split())
old_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Day", "5m", "a", "Timeslices", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(old_keys, inner, max_size=5),
    max_leaves=25,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["openslo/v1alpha", "openslo.com/v2alpha"]),
    st.sampled_from(["SLO", "SLI", "Service", "DataSource", "AlertPolicy", "AlertCondition"]),
    old_values,
    old_values,
)
def test_whatever_is_written_is_converted_without_harm(version: str, kind: str, meta: object, spec: object) -> None:
    text = json.dumps({"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec})
    root = parse("f", text).sources[0].root
    before = plain(root)
    done = upgrade(root)
    assert done is not None
    assert plain(root) == before
    assert all(at(plain(each), "apiVersion") == "openslo/v1" for each in done.roots)
