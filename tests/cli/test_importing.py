import json
from pathlib import Path

import pytest

from tests.cli.conftest import run

SLOTH = """\
version: prometheus/v1
service: shop
slos:
  - name: answers
    objective: 99.9
    sli: {events: {error_query: "sum(rate(a[{{.window}}]))", total_query: "sum(rate(b[{{.window}}]))"}}
    alerting: {name: ShopFails}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yml"
    path.write_text(SLOTH)
    return path


def test_yaml_goes_to_stdout_and_what_is_lost_to_stderr(source: Path) -> None:
    done = run("import", "sloth", str(source))
    assert done.exit_code == 0
    assert "name: shop-answers" in done.stdout
    assert done.stderr.splitlines() == [
        f"{source}:7:16: slos[0].alerting.name: alerts are not named here; "
        "tell them by their labels slo, tier and severity",
        "2 documents, 1 loss",
    ]


def test_what_is_printed_is_checked_without_an_error(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out.yaml").write_text(run("import", "sloth", str(source)).stdout)
    assert run("check", str(tmp_path / "out.yaml")).exit_code == 0


def test_each_file_becomes_a_file(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text(SLOTH.replace("answers", "questions"))
    done = run("import", "sloth", str(source), str(other), "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.yaml", "shop.yaml"]
    assert run("check", str(tmp_path / "out")).exit_code == 0


def test_nothing_is_written_over(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "shop.yaml").write_text("mine")
    other = tmp_path / "another.yml"
    other.write_text(SLOTH.replace("answers", "questions"))
    done = run("import", "sloth", str(other), str(source), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert "shop.yaml: there already" in done.stderr
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_json_says_the_same(source: Path) -> None:
    body = json.loads(run("import", "sloth", str(source), "--json").stdout)
    assert (body["ok"], body["documents"], body["findings"]) == (True, 2, [])
    assert body["yaml"] == run("import", "sloth", str(source)).stdout
    (loss,) = body["losses"]
    assert (loss["line"], loss["column"], loss["path"], loss["kept"]) == (7, 16, "slos[0].alerting.name", False)
    assert set(loss) == {"file", "line", "column", "path", "what", "instead", "kept"}


def test_a_wrong_file_exits_with_1_and_gives_nothing(source: Path, tmp_path: Path) -> None:
    source.write_text(SLOTH.replace("service:", "servise:"))
    done = run("import", "sloth", str(source), "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"{source}:2:1: error E201: unknown key 'servise'; did you mean service?" in done.stderr.splitlines()
    assert not (tmp_path / "out").exists()
    body = json.loads(run("import", "sloth", str(source), "--json").stdout)
    assert (body["ok"], body["documents"], body["losses"], body["yaml"]) == (False, 0, [], "")
    assert "E201" in {finding["code"] for finding in body["findings"]}


def test_a_file_that_is_not_text_is_wrong(source: Path) -> None:
    source.write_bytes(b"version: \xff")
    done = run("import", "sloth", str(source))
    assert done.exit_code == 1
    assert "E102" in done.stderr


def test_a_file_that_is_not_there_or_a_tool_that_is_not_known_is_misuse(tmp_path: Path) -> None:
    assert run("import", "sloth", str(tmp_path / "no.yaml")).exit_code == 2
    assert run("import", "slot", str(tmp_path / "no.yaml")).exit_code == 2
    assert run("import", "sloth").exit_code == 2


def test_a_template_is_said_to_be_one(tmp_path: Path) -> None:
    helm = tmp_path / "slo.yaml"
    helm.write_text("{{- range .Values.slos }}\nversion: prometheus/v1\nservice: {{ .name }}\n{{- end }}\n")
    done = run("import", "sloth", str(helm))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error E103" in done.stderr
    assert "this is a template; fill it in first, say by `helm template`" in done.stderr


def test_what_kubectl_prints_as_a_list_is_its_documents(tmp_path: Path) -> None:
    listed = tmp_path / "list.yaml"
    service = "{apiVersion: openslo/v1, kind: Service, metadata: {name: shop}, spec: {}}"
    listed.write_text(f"apiVersion: v1\nkind: List\nitems: [{service}]\n")
    done = run("import", "openslo", str(listed))
    assert done.exit_code == 0
    assert "name: shop" in done.stdout


def test_a_document_without_a_version_is_not_called_one_of_version_nothing(source: Path) -> None:
    said = run("import", "openslo", str(source)).stderr
    assert f"{source}:1:1: error E209: the document has no apiVersion; give a file of OpenSLO's" in said
