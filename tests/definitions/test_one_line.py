"""A finding is one line, whatever the names in it hold."""

from pathlib import Path

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.finding import Mark, found

GOOD = Path(__file__).parent / "good"
NAMED = r"""apiVersion: openslo/v1
kind: SLO
metadata: {name: s, labels: {pipeline: orders}}
spec:
  service: "a\nb: error E999"
  indicatorRef: "x\e[31m\ny"
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""


def test_a_name_with_breaks_and_escapes_is_told_in_one_line_of_printable_text(tmp_path, env):
    (tmp_path / "x.yaml").write_text(NAMED)
    told = [str(finding) for finding in load_folder([GOOD / "base.yaml", tmp_path], env).findings]
    assert any(r"there is no Service a\nb: error E999; " in line for line in told)
    assert all(line.isprintable() for line in told), told


@pytest.mark.parametrize("unseen", ["\n", "\r", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\ud800"])
def test_what_is_not_seen_is_escaped_in_every_part_of_a_finding(unseen):
    said = str(found(Mark(f"a{unseen}.yaml"), "E302", f"there is no SLO {unseen}", f"did you mean {unseen}?"))
    assert said.isprintable()
    assert said.count(unseen.encode("unicode_escape").decode()) == 3


def test_a_name_of_a_megabyte_is_shortened(tmp_path):
    (tmp_path / "x.yaml").write_text(NAMED.replace("x\\e", "x" * 1_000_000))
    assert all(len(finding.message) <= 2000 for finding in load_folder([tmp_path], {}).findings)
