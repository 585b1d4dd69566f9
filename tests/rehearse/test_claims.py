"""Each kind of claim, met and missed, on one timeline: late orders from 10m to 12m, seen by the canaries alone."""

from collections.abc import Callable

import pytest

from slo_service.domain.catalogue import Catalogue
from slo_service.rehearse.judging import Miss, Outcome, run_case
from slo_service.rehearse.reading import read_cases
from tests.rehearse.conftest import HEAD, sources

pytestmark = pytest.mark.lengthy

SERIES = "  series: {orders-freshness: {10m-12m: bad, 20m-23m: unmeasured}}\n  expect: "
LATER = "{at: 25m, page: quiet}"
Run = Callable[[str], Outcome]


PAIRS = [
    ("{at: 11m, state: burning}", "{at: 11m, state: healthy}"),
    ("{at: 11m, page: firing}", "{at: 11m, page: quiet}"),
    ("{at: 10m, page: quiet}", "{at: 10m, page: firing}"),
    ("{at: 22m, state: frozen}", "{at: 22m, state: healthy}"),
    ("{at: 11m, tiers: {page-1h: firing}}", "{at: 11m, tiers: {page-1h: frozen}}"),
    ("{at: 12m30s, budgetRemaining: 95%}", "{at: 12m30s, budgetRemaining: 95.0%}"),
    ("{at: 12m30s, budgetRemaining: {above: 95%, below: 96%}}", "{at: 12m30s, budgetRemaining: {above: 96%}}"),
    ("{at: 12m30s, burnRate: {1h: 33.3}}", "{at: 12m30s, burnRate: {1h: {above: 34}}}"),
    ("{at: 11m, jobs: {orders-export: running}}", "{at: 11m, jobs: {orders-export: paused}}"),
    ("{at: 11m, told: {orders-team: [burning]}}", "{at: 11m, told: {orders-team: []}}"),
    ("{at: 14m, told: {orders-team: [burning, all_clear]}}", "{at: 14m, told: {orders-team: [burning]}}"),
    (
        "{at: 11m, decisions: [{job: orders-export, verdict: withheld, because: 1 of 2 witnesses}]}",
        "{at: 11m, decisions: [{job: orders-export, verdict: withheld, because: the moon}]}",
    ),
    (
        "{at: 14m, decisions: [{contact: orders-team, verdict: undo}]}",
        "{at: 11m, decisions: [{contact: orders-team, verdict: undo}]}",
    ),
    ("{during: 11m-12m, page: firing}", "{during: 10m-12m, page: firing}"),
    ("{during: 9m-10m, budgetRemaining: 100%}", "{during: 9m-11m, budgetRemaining: 100%}"),
]


@pytest.fixture(scope="module")
def misses(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Miss]:
    """By line of one case that makes all the claims, a pair on two lines."""
    lines = "".join(f"    - {claim}\n" for pair in PAIRS for claim in pair)
    text = f"{HEAD}{SERIES}\n{lines}    - {LATER}\n"
    (case,) = read_cases(sources(tmp_path_factory.mktemp("claims"), text), catalogue).cases
    return {miss.claim.mark.line: miss for miss in run_case(case, catalogue).misses}


@pytest.mark.parametrize("nth", range(len(PAIRS)), ids=[missed for _, missed in PAIRS])
def test_a_claim_holds_or_is_missed(misses: dict[int, Miss], nth: int) -> None:
    first = 7 + 2 * nth
    assert first not in misses
    assert misses[first + 1].because


def test_a_job_is_paused_where_both_witnesses_agree(run: Run) -> None:
    lag = "  lag: {orders: {enrich: {10m-12m: stalled}}}\n"
    (miss,) = run(f"{lag}{SERIES}[{{at: 11m, jobs: {{orders-export: running}}}}, {LATER}]\n").misses
    assert (miss.expected, miss.got) == ("running", "paused")
    assert "2 of 2 witnesses" in miss.because[0]


def test_what_must_hold_for_a_while_is_missed_at_the_first_tick_it_fails_at(run: Run) -> None:
    (miss,) = run(f"{SERIES}[{{during: 0s-21m, page: quiet}}]\n").misses
    assert miss.at_ns == 657 * 10**9


def test_a_job_that_no_rule_pauses_says_so(run: Run) -> None:
    (miss,) = run(f"{SERIES}[{{at: 11m, jobs: {{orders-enricher-job: paused}}}}, {LATER}]\n").misses
    assert miss.because == ("no rule has a pauseJobs that selects orders-enricher-job",)


def test_a_policy_that_selects_another_importance_says_so(run: Run) -> None:
    (miss,) = run(f"{SERIES}[{{at: 11m, slo: orders-lag, told: {{orders-team: [burning]}}}}, {LATER}]\n").misses
    assert "does not select orders-lag: it asks for" in miss.because[0]


def test_the_lag_of_a_stage_is_what_its_objective_measures(run: Run) -> None:
    lag = "  lag: {orders: {enrich: {10m-12m: stalled}}}\n  expect: "
    assert run(f"{lag}[{{at: 11m30s, slo: orders-lag, state: burning}}]\n").misses == ()


def test_lag_that_cannot_be_read_leaves_its_objective_undecided(run: Run) -> None:
    lag = "  lag: {orders: {enrich: {10m-30m: unknown}}}\n  expect: "
    assert run(f"{lag}[{{at: 20m, slo: orders-lag, state: frozen, page: quiet}}]\n").misses == ()


def test_a_new_objective_warms_up_before_it_is_called_healthy(run: Run) -> None:
    spec = "  before: 0s\n  tick: 5s\n  series: {orders-freshness: {0s-: good}}\n  expect: "
    assert run(f"{spec}[{{at: 20s, state: warming}}, {{at: 2m, state: healthy}}]\n").misses == ()


def test_partitions_make_more_canaries(run: Run) -> None:
    spec = "  partitions: 4\n  series: {orders-freshness: {10m-10m10s: 3 of 40 bad}}\n  expect: "
    (miss,) = run(f"{spec}[{{at: 11m, budgetRemaining: 0%}}]\n").misses
    assert "3 of 1037" in miss.because[0]
