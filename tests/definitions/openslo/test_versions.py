"""OpenSLO before and after v1, read as v1: what becomes of every field, said, and at the lines of whoever wrote it."""

from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.finding import Mark
from slo_service.definitions.openslo_versions import upgrade
from slo_service.definitions.tree import Entries, Source, parse
from tests.definitions.openslo.trees import at, plain, scalars

OLD = sorted((Path(__file__).parent / "old").glob("*.yaml"))


def sources(name: str) -> tuple[Source, ...]:
    path = Path(__file__).parent / "old" / f"{name}.yaml"
    return parse(str(path), path.read_text()).sources


def upgraded(name: str, document: int = 0) -> tuple[list[object], tuple[str, ...]]:
    done = upgrade(sources(name)[document].root)
    assert done is not None
    return [plain(root) for root in done.roots], tuple(map(str, done.changes))


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_a_document_of_another_version_loads_with_one_warning_that_lists_what_is_different(path: Path) -> None:
    loaded = load_folder([path], {})
    assert loaded.errors == ()
    said = [finding for finding in loaded.findings if finding.code == "W526"]
    written = [source.root for source in parse(str(path), path.read_text()).sources]
    assert len(said) == len(written)
    for finding, root in zip(said, written, strict=True):
        assert isinstance(root, Entries)
        assert Mark(finding.file, finding.line, finding.column) == root.entries["apiVersion"][1].mark
        done = upgrade(root)
        assert done is not None
        assert all(str(change) in finding.message for change in done.changes)


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_every_value_written_is_there_afterwards_or_said_to_be_gone(path: Path) -> None:
    for source in parse(str(path), path.read_text()).sources:
        done = upgrade(source.root)
        assert done is not None
        kept = {each.text for root in done.roots for each in scalars(root)}
        changes = ", ".join(map(str, done.changes))
        gone = [each.text for each in scalars(source.root) if each.text not in kept and each.text not in changes]
        dropped_by_key = {"openslo/v1alpha", "openslo.com/v2alpha", "drivers", "null"}
        assert set(gone) <= dropped_by_key


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_everything_keeps_the_place_where_it_was_written(path: Path) -> None:
    for source in parse(str(path), path.read_text()).sources:
        places = {each.mark: each.text for each in scalars(source.root)}
        done = upgrade(source.root)
        assert done is not None
        same = [each for root in done.roots for each in scalars(root) if places.get(each.mark) == each.text]
        made = [each for root in done.roots for each in scalars(root) if places.get(each.mark) != each.text]
        lines = path.read_text().splitlines()
        assert len(same) > len(made)
        assert all(1 <= each.mark.line <= len(lines) for each in made)


def test_a_threshold_becomes_an_indicator_named_as_its_slo() -> None:
    (slo,), changes = upgraded("v1alpha-threshold")
    assert at(slo, "spec", "indicator") == {
        "metadata": {"name": "lookup-latency"},
        "spec": {
            "thresholdMetric": {
                "metricSource": {
                    "type": "Prometheus",
                    "spec": {
                        "queryType": "promql",
                        "query": 'lookup_milliseconds{host="*"}',
                        "metadata": {"quantile": "0.99"},
                    },
                }
            }
        },
    }
    assert at(slo, "spec", "timeWindow", 0, "duration") == "1w"
    assert "spec.timeWindows is timeWindow" in changes
    assert "timeWindows.unit Week and count: 1 are duration: 1w" in changes


@pytest.mark.parametrize(
    ("unit", "count", "duration"),
    [
        pytest.param("Second", "3600", "60m", id="seconds that make minutes"),
        pytest.param("Second", "90", "90s", id="seconds that do not, which is for the reader to refuse"),
        pytest.param("Minute", "5", "5m", id="minutes"),
        pytest.param("Hour", "12", "12h", id="hours"),
        pytest.param("Day", "30", "30d", id="days"),
        pytest.param("Week", "4", "4w", id="weeks"),
        pytest.param("Month", "1", "1M", id="months"),
        pytest.param("Quarter", "1", "1Q", id="quarters"),
        pytest.param("Year", "1", "1Y", id="years"),
    ],
)
def test_a_window_of_units_is_a_duration(unit: str, count: str, duration: str) -> None:
    text = f"""
apiVersion: openslo/v1alpha
kind: SLO
spec: {{timeWindows: [{{unit: {unit}, count: {count}, isRolling: true}}]}}
"""
    done = upgrade(parse("f", text).sources[0].root)
    assert done is not None
    assert at(plain(done.roots[0]), "spec", "timeWindow") == [{"duration": duration, "isRolling": True}]


def test_a_window_that_says_neither_rolls() -> None:
    (slo,), changes = upgraded("v1alpha-same-ratio-twice")
    assert at(slo, "spec", "timeWindow") == [{"duration": "30d", "isRolling": True}]
    assert "timeWindows rolls now: isRolling: true is added, as there is no calendar" in changes


def test_objectives_of_one_measurement_stay_together() -> None:
    (slo,), _ = upgraded("v1alpha-same-ratio-twice")
    assert at(slo, "spec", "objectives") == [
        {"displayName": "Contract", "target": 0.99},
        {"displayName": "Our own", "target": 0.999},
    ]
    assert at(slo, "spec", "indicator", "spec", "ratioMetric", "good", "metricSource", "type") == "prometheus"


def test_objectives_of_different_measurements_become_slos_of_their_own() -> None:
    slos, changes = upgraded("v1alpha-different-ratios")
    assert [at(slo, "metadata", "name") for slo in slos] == ["lookups-answered", "lookups-quick-too"]
    ratio = ("spec", "indicator", "spec", "ratioMetric", "good", "metricSource", "spec", "query")
    assert [at(slo, *ratio) for slo in slos] == ["lookups_good", "lookups_quick"]
    assert [at(slo, "spec", "objectives") for slo in slos] == [
        [{"displayName": "Answered", "target": 0.99, "timeSliceTarget": 0.9, "timeSliceWindow": "1m"}],
        [{"displayName": "Quick, too", "target": 0.95, "timeSliceTarget": 0.9, "timeSliceWindow": "1m"}],
    ]
    assert "spec.objectives are SLOs of their own: lookups-answered, lookups-quick-too" in changes


def test_time_slices_get_a_width_where_there_was_no_word_for_it() -> None:
    (slo,), changes = upgraded("v1alpha-ratio")
    assert at(slo, "spec", "objectives") == [
        {"displayName": "Good", "target": 0.995, "timeSliceTarget": 0.95, "timeSliceWindow": "1m"}
    ]
    assert "objectives get timeSliceWindow: 1m, as openslo/v1alpha has no word for it" in changes
    assert "objectives.value is left out, as it says nothing of a ratio" in changes
    assert at(slo, "spec", "indicator", "spec", "ratioMetric", "counter") is True


def test_two_measurements_in_one_slo_are_refused_rather_than_one_of_them_dropped(tmp_path: Path) -> None:
    both = (Path(__file__).parent / "old" / "v1alpha-ratio.yaml").read_text()
    metric = "{thresholdMetric: {source: a, queryType: b, query: c}}"
    (tmp_path / "slo.yaml").write_text(both.replace("indicator: null", f"indicator: {metric}"))
    errors = load_folder([tmp_path], {}).errors
    assert ["E201" for error in errors if "ratioMetrics" in error.message] == ["E201"]


def test_a_data_source_inside_becomes_one_of_its_own() -> None:
    (*slos, source), changes = upgraded("v2alpha-data-source-inside")
    metric = {
        "metricSourceRef": "sorting-redshift",
        "spec": {"databaseName": "sorting-db", "query": "SELECT seconds FROM sorting"},
    }
    for slo in slos:
        assert at(slo, "spec", "indicator", "spec", "thresholdMetric", "metricSource") == metric
    assert source == {
        "apiVersion": "openslo/v1",
        "kind": "DataSource",
        "metadata": {"name": "sorting-redshift"},
        "spec": {
            "description": "The warehouse",
            "type": "redshift",
            "connectionDetails": {"accessKeyID": "not-a-key", "secretAccessKey": "not-a-secret"},
        },
    }
    assert "dataSourceSpec is a DataSource of its own: sorting-redshift" in changes


def test_two_data_sources_inside_that_differ_are_two() -> None:
    text = """
apiVersion: openslo.com/v2alpha
kind: SLI
metadata: {name: parcels}
spec:
  ratioMetric:
    good: {dataSourceSpec: {type: sql, connectionDetails: {url: one}}, spec: {query: a}}
    total: {dataSourceSpec: {type: sql, connectionDetails: {url: two}}, spec: {query: b}}
"""
    done = upgrade(parse("f", text).sources[0].root)
    assert done is not None
    assert [at(plain(root), "metadata", "name") for root in done.roots] == ["parcels", "parcels-sql", "parcels-sql-2"]


def test_objectives_of_one_threshold_become_slos_of_their_own() -> None:
    (*slos, _), _ = upgraded("v2alpha-data-source-inside")
    assert [at(slo, "metadata", "name") for slo in slos] == ["sorting-quick", "sorting-bearable"]
    assert [at(slo, "spec", "objectives", 0, "value") for slo in slos] == [10, 60]


def test_names_of_v2alpha_are_those_of_v1_in_objectives_too() -> None:
    (slo, source), changes = upgraded("v2alpha-composite")
    assert at(slo, "spec", "objectives", 0, "indicatorRef") == "sorted"
    raw = at(slo, "spec", "objectives", 1, "indicator", "spec", "ratioMetric", "raw", "metricSource")
    assert raw == {"metricSourceRef": "a-parcel-arrives-prometheus", "spec": {"query": "delivered_ratio"}}
    assert at(source, "spec", "connectionDetails") == [{"url": "http://127.0.0.1:9090"}]
    assert "sliRef is indicatorRef" in changes
    _, changes = upgraded("v2alpha-inline")
    assert changes[:2] == ("sli is indicator", "dataSourceRef is metricSource.metricSourceRef")


def test_labels_of_an_objective_are_said_to_be_gone() -> None:
    _, changes = upgraded("v2alpha-inline")
    assert "objectives.labels are left out, as openslo/v1 has none" in changes


def test_a_finding_after_the_conversion_points_to_the_line_as_written(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "old" / "v1alpha-threshold.yaml").read_text()
    file = tmp_path / "slo.yaml"
    file.write_text(text.replace("op: lt", "op: below"))
    (error,) = load_folder([file], {}).errors
    assert "below" in error.message
    assert "op: below" in file.read_text().splitlines()[error.line - 1]


def test_a_document_of_v1_is_left_alone() -> None:
    assert upgrade(parse("f", "apiVersion: openslo/v1\nkind: Service\n").sources[0].root) is None
    assert upgrade(parse("f", "apiVersion: [openslo/v1alpha]\n").sources[0].root) is None
    assert upgrade(parse("f", "- openslo/v1alpha\n").sources[0].root) is None
