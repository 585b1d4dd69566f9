import json
import re
from fractions import Fraction
from pathlib import Path

import click
import pytest

from slo_service.cli.simulate import Percent, Ratio
from tests.cli.conftest import run
from tests.docs.pages import block

DEFINITIONS = str(Path(__file__).parents[2] / "slo_definitions")
GUIDE = "docs/how-to/simulate.md"
QUICK = ("--objective", "99.9", "--tick", "10s", "--error-ratio")

TIER_KEYS = {
    "tier", "severity", "long_seconds", "short_seconds", "factor", "fires_after_seconds", "quiet_after_seconds",
    "budget_spent_at_firing", "first_transition", "last_transition", "transitions",
}  # fmt: skip


def test_json_has_the_keys_that_others_rely_on() -> None:
    done = run("simulate", *QUICK, "0.1", "--json")
    body = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(body) == {
        "objective", "window_seconds", "error_ratio", "tick_seconds", "outage_seconds", "canaries", "keep_firing",
        "tiers", "severities", "first_transition", "last_transition",
    }  # fmt: skip
    assert (body["objective"], body["window_seconds"], body["error_ratio"]) == (0.999, 2_592_000, 0.1)
    assert (body["tick_seconds"], body["outage_seconds"], body["canaries"]) == (10, 2600, None)
    assert [set(tier) for tier in body["tiers"]] == [TIER_KEYS] * 4
    assert body["severities"] == {
        "page": {"fires_after_seconds": 520, "quiet_after_seconds": 1700},
        "ticket": {"fires_after_seconds": 2600, "quiet_after_seconds": 21_390},
    }
    assert body["first_transition"] == {"tier": "page-1h", "change": "fired", "after_seconds": 520}
    assert body["last_transition"] == {"tier": "ticket-3d", "change": "cleared", "after_seconds": 2600 + 21_390}


def test_a_tier_that_never_fires_has_no_instants() -> None:
    done = run("simulate", *QUICK, "0.005", "--outage", "1h", "--json")
    page = json.loads(done.stdout)["tiers"][0]
    assert (page["tier"], page["factor"], page["transitions"]) == ("page-1h", 14.4, 0)
    assert {page[key] for key in TIER_KEYS if key.endswith(("seconds", "transition", "firing"))} == {3600, 300, None}


def test_the_table_says_when_each_tier_fires_what_that_costs_and_when_it_is_quiet() -> None:
    done = run("simulate", *QUICK, "1%")
    rows = {re.split(r"\s{2,}", line)[0]: re.split(r"\s{2,}", line)[1:] for line in done.stdout.splitlines()}
    assert rows["page-1h"] == ["page", "1h / 5m", "14.4×", "never", "–", "–"]
    assert rows["page-6h"] == ["page", "6h / 30m", "6×", "3h36m10s", "5 %", "12m"]
    assert rows["any page"] == ["page", "3h36m10s", "5 %", "12m"]
    assert done.stdout.startswith(
        "1 % of all events are bad against 99.9 % over 30d: a burn rate of 10×, which spends the budget in 3d.\n"
    )


def test_canaries_bring_their_rules_with_them() -> None:
    done = run("simulate", *QUICK, "1", "--outage", "10m", "--canary-every", "1m", "--partitions", "2", "--json")
    body = json.loads(done.stdout)
    assert (body["canaries"], body["keep_firing"]) == ({"every_seconds": 60, "partitions": 2}, True)
    assert body["severities"]["page"]["fires_after_seconds"] == 240
    beside = {tier["tier"]: tier for tier in body["tiers"] if tier["factor"] is None}
    assert {name: tier["fires_after_seconds"] for name, tier in beside.items()} == {"page-partition": 600, "early": 180}
    assert {tier[key] for tier in beside.values() for key in ("long_seconds", "short_seconds")} == {None}
    assert body["severities"]["early"] == {"fires_after_seconds": 180, "quiet_after_seconds": 1800}


def test_a_table_of_canaries_says_what_the_tiers_without_windows_go_by() -> None:
    done = run("simulate", *QUICK, "1", "--outage", "10m", "--canary-every", "1m", "--partitions", "2")
    rows = {re.split(r"\s{2,}", line)[0]: re.split(r"\s{2,}", line)[1:] for line in done.stdout.splitlines()}
    assert rows["page-partition"] == ["page", "–", "–", "10m", "23.14 %", "23m"]
    assert rows["early"] == ["early", "–", "–", "3m", "6.94 %", "30m"]
    assert done.stdout.endswith(
        " page-partition goes by the canaries of one partition; early goes by each round of canaries as it is judged.\n"
    )


def test_tiers_and_objective_can_be_those_of_a_definition() -> None:
    arguments = ("--from", DEFINITIONS, "--slo", "orders-freshness", "--error-ratio", "1", "--tick", "10s")
    done = run("simulate", *arguments, "--json")
    (tier,) = json.loads(done.stdout)["tiers"]
    assert (tier["tier"], tier["short_seconds"], tier["fires_after_seconds"]) == ("page-1h", 30, 60)
    assert run("simulate", *arguments).stdout.startswith("100 % of all events are bad against orders-freshness (99.9 %")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--error-ratio", "0.1"], "there is no objective; write --objective 99.9"),
        (["--objective", "0.999", "--error-ratio", "0.1"], "write it in percent, between 1 and 100, like 99.9"),
        (["--objective", "100", "--error-ratio", "0.1"], "write it in percent, between 1 and 100, like 99.9"),
        (["--objective", "99.9", "--error-ratio", "much"], "write 0.1, 10% or 1/10"),
        (["--objective", "99.9", "--error-ratio", "2"], "more than 0 and at most 1, not 2"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--tick", "1h"], "a tick lasts 260ms to 5m, not 1h"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--outage", "1500ms"], "a whole number of ticks"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--partitions", "2"], "--canary-every"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--canary-every", "1ms"], "every 100ms to 1h, not every 1ms"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--slo", "orders"], "--from FOLDER"),
        (["--objective", "99.9", "--error-ratio", "0.1", "--from", DEFINITIONS], "leave --objective and --window out"),
        (["--error-ratio", "0.1", "--from", DEFINITIONS], "say which SLO with --slo NAME; known are orders-"),
        (["--error-ratio", "0.1", "--from", DEFINITIONS, "--slo", "order-freshnes"], "did you mean orders-freshness?"),
        (["--error-ratio", "0.1", "--from", "no-such-folder"], "no-such-folder"),
    ],
)
def test_what_cannot_be_simulated_is_misuse_with_a_remedy(arguments: list[str], why: str) -> None:
    done = run("simulate", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr


def test_definitions_with_mistakes_are_not_simulated(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("apiVersion: slo-service/v1\nkind: Contact\nmetadata: {name: x}\n")
    done = run("simulate", "--from", str(tmp_path), "--error-ratio", "1")
    assert done.exit_code == 2
    assert "error E202" in done.stderr
    assert "have mistakes; nothing was simulated" in done.stderr


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("0.1", Fraction(1, 10)), ("10%", Fraction(1, 10)), ("2.5 %", Fraction(1, 40)), ("1/3", Fraction(1, 3))],
)
def test_a_ratio_is_read_exactly(text: str, ratio: Fraction) -> None:
    assert Ratio().convert(text, None, None) == ratio


@pytest.mark.parametrize("text", ["", "-0.1", "1e9", "1/0", "1/3%", "nan", "0.1 0.2", "9" * 20])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a ratio"):
        Ratio().convert(text, None, None)


@pytest.mark.parametrize("text", ["99.9", "99.9%", "99.9 %"])
def test_an_objective_is_read_exactly(text: str) -> None:
    assert Percent().convert(text, None, None) == Fraction(999, 1000)


def test_the_guide_shows_what_is_printed() -> None:
    shown = block(GUIDE, "text").text
    assert run("simulate", "--objective", "99.9", "--error-ratio", "0.1").stdout == shown
