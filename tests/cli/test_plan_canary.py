import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import run

HOW_TO = Path(__file__).parents[2] / "docs/how-to/plan-canary.md"
PLAIN = {"p_false_in_30d", "total_outage_detected_after_seconds", "p_false_in_30d_at_least", "false_alerts_in_30d"}


def asked(*arguments: str):
    done = run("plan-canary", *arguments, "--json")
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_the_json_has_the_keys_others_rely_on() -> None:
    body = asked("--objective", "99.9", "--every", "10s")
    assert (body["objective"], body["every_seconds"], body["slowest_honest_every_seconds"]) == (0.999, 10, 8.64)
    assert [tier["tier"] for tier in body["tiers"]] == ["page-1h", "page-6h", "ticket-1d", "ticket-3d"]
    both = PLAIN | {f"{key}_gated" for key in PLAIN}
    assert all({"tier", "failures_needed", "failures_needed_gated", *both} <= tier.keys() for tier in body["tiers"])
    assert set(body["severities"]) == {"page", "ticket"}
    assert body["severities"]["page"].keys() == both


def test_the_first_tier_is_told_with_and_without_the_gate() -> None:
    tier = asked("--objective", "99.9", "--every", "60s")["tiers"][0]
    assert (tier["failures_needed"], tier["failures_needed_gated"]) == (1, 4)
    assert (tier["total_outage_detected_after_seconds"], tier["total_outage_detected_after_seconds_gated"]) == (60, 240)
    assert tier["p_false_in_30d"] == pytest.approx(1)
    assert tier["p_false_in_30d_at_least_gated"] <= tier["p_false_in_30d_gated"] < 0.0015


def test_a_tier_that_cannot_fire_has_no_numbers_for_it() -> None:
    tier = asked("--objective", "50")["tiers"][0]
    assert (tier["failures_needed"], tier["total_outage_detected_after_seconds"], tier["p_false_in_30d"]) == (
        None,
        None,
        0,
    )


def said(*arguments: str) -> str:
    done = run("plan-canary", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "verdict", "following"),
    [
        pytest.param(("--objective", "99", "--every", "10s"), "Honest: ", "write `every: 10s`", id="good"),
        pytest.param(("--objective", "99.9", "--every", "60s"), "(without it 42 false pages); a total outage pages "
                     "after 4m instead of 1m.", "write `every: 8s` to page sooner", id="by the gate"),
        pytest.param(("--objective", "99.99",), "Honest by the gate: ", "a period that needs none", id="too fast"),
        pytest.param(("--objective", "99.9", "--window", "3d"), "Honest by the gate: ", "a longer budget window",
                     id="at the objective itself"),
        pytest.param(("--objective", "99", "--every", "3m"), "Honest by the gate: ", "send one every 1m40s at least",
                     id="windows too short"),
        pytest.param(("--objective", "50"), "No page ever fires: ", "raise the objective", id="never"),
    ],
)  # fmt: skip
def test_a_plan_says_in_a_sentence_what_it_is_worth_and_what_to_do(
    arguments: tuple[str, ...], verdict: str, following: str
) -> None:
    lines = said(*arguments).splitlines()
    assert verdict in lines[1]
    assert lines[-1].startswith("Next: ")
    assert following in lines[-1]


def test_a_row_has_both_figures_where_the_gate_changes_one() -> None:
    rows = {line.partition("  ")[0]: re.split(r" {2,}", line) for line in said("--objective", "99.9").splitlines()}
    assert rows["page-1h"] == ["page-1h", "14.4×", "6 → 7", "0.83 % → 0.05 %", "0.0085 → 0", "1m → 1m10s"]
    assert rows["page-6h"][2:4] == ["13", "0.037–0.052 %"]
    assert rows["any page"][-1] == "1m → 1m10s"


def test_the_how_to_shows_what_the_command_prints() -> None:
    command, shown = re.findall(r"```(?:bash|text)\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    assert said(*command.split()[2:]) == shown


def test_partitions_and_bursts_have_a_line_each() -> None:
    text = said("--objective", "99.9", "--partitions", "48", "--window", "28d")
    assert "One failed canary costs 0.0086 % of the budget." in text
    assert "One dead partition of 48 is seen by the partition tier after at most 5m" in text
    assert "Outages of 30 s on average that spend exactly the budget: " in text
    assert "partition tier" not in said("--objective", "99.9")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(("--objective", "100"), "write it in percent, between 1 and 100", id="no budget"),
        pytest.param(("--objective", "0"), "write it in percent, between 1 and 100", id="no objective"),
        pytest.param(("--objective", "99.9", "--every", "0s"), "give a period from 100ms to 1h", id="no period"),
        pytest.param(("--objective", "99.9", "--window", "1d"), "give at least that, like 30d", id="short window"),
        pytest.param(("--objective", "99.9", "--partitions", "0"), "give 1 to 100,000", id="no partition"),
    ],
)
def test_what_cannot_be_planned_is_misuse_with_a_remedy(arguments: tuple[str, ...], complaint: str) -> None:
    done = run("plan-canary", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr
