from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.engine import decide
from slo_service.decide.ports import Memory, Round
from slo_service.domain.event import Change, Verdict, Wanted, Witness
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.policy import BudgetRemainingBelow, Burning, Mode, NoData
from slo_service.domain.status import State, Status
from tests.decide.situation import (
    BEST_EFFORT,
    BURNS,
    CALM,
    CANARY,
    JOBS,
    LAG,
    NOON,
    TELL,
    Life,
    a_catalogue,
    a_policy,
    a_rule,
    a_slo_named,
    a_status,
    a_tier,
    fired,
    heard,
)

QUIET = a_status(a_tier(quiet_ns=15 * MINUTE))
ALMOST = a_status(a_tier(quiet_ns=14 * MINUTE))
FROZEN = a_status(a_tier(firing=True, frozen=True))
DARK = a_status(a_tier(frozen=True), state=State.FROZEN, progress_ns=NOON - HOUR)


def verdicts(round_: Round, action: str = "pauseJobs") -> dict[str, Verdict]:
    return {d.target: d.verdict for d in round_.decisions if d.action == action}


def test_a_page_pauses_the_best_effort_jobs_of_its_own_pipeline_and_no_other() -> None:
    made = Life().tick(BURNS, transitions=[fired()])
    assert {(w.target, w.epoch, w.wanted) for w in made.wanted} == {
        ("job:export", 1, Wanted.PAUSED),
        ("job:backfill", 1, Wanted.PAUSED),
    }
    assert {hold.target for hold in made.holds} == {"job:export", "job:backfill"}
    assert {d.transition for d in made.decisions} == {"t-1"}


def test_a_critical_job_is_never_paused_even_when_the_selector_means_it() -> None:
    everyone = replace(BEST_EFFORT, selector=replace(BEST_EFFORT.selector, match_labels={}))
    made = Life(a_catalogue(a_policy(a_rule(everyone)))).tick(BURNS)
    assert verdicts(made)["job:enricher"] is Verdict.WITHHELD
    assert "job:enricher" not in {w.target for w in made.wanted}


def test_the_reason_carries_both_burn_rates_the_factor_the_counts_and_both_witnesses() -> None:
    reason = next(d.reason for d in Life().tick(BURNS).decisions if d.action == "pauseJobs")
    for part in ("1000× over 1h (360 of 360 bad, coverage 100 %)", "1000× over 5m (30 of 30 bad", "factor 14.4",
                 CANARY.says, LAG.says):  # fmt: skip
        assert part in reason


@pytest.mark.parametrize(
    "witnesses",
    [
        pytest.param((), id="no witness"),
        pytest.param((CANARY,), id="one witness"),
        pytest.param((CANARY, replace(CANARY, says="another canary")), id="two of the same method"),
        pytest.param((CANARY, CALM), id="the second sees no trouble"),
        pytest.param((CANARY, replace(LAG, troubled=None)), id="the second cannot tell"),
        pytest.param((CANARY, replace(LAG, pipeline="payments")), id="the second speaks of another pipeline"),
    ],
)
def test_nothing_is_paused_without_two_independent_witnesses(witnesses: tuple[Witness, ...]) -> None:
    made = Life().tick(BURNS, witnesses=witnesses)
    assert verdicts(made) == {"job:export": Verdict.WITHHELD, "job:backfill": Verdict.WITHHELD}
    assert (made.holds, made.wanted) == ((), ())
    assert "of 2 witnesses" in made.decisions[0].reason


def test_a_withheld_pause_is_recorded_once_and_made_when_the_second_witness_comes() -> None:
    life = Life()
    life.tick(BURNS, witnesses=[CANARY], transitions=[fired()])
    assert not life.tick(BURNS, witnesses=[CANARY])
    made = life.tick(BURNS)
    assert verdicts(made) == {"job:export": Verdict.ACT, "job:backfill": Verdict.ACT}
    assert {d.transition for d in made.decisions} == {"t-1"}


def test_a_second_witness_that_comes_after_the_burning_pauses_nothing() -> None:
    life = Life()
    life.tick(BURNS, witnesses=[CANARY])
    assert not life.tick(ALMOST)


def test_a_rule_may_be_content_with_one_witness() -> None:
    life = Life(a_catalogue(a_policy(a_rule(witnesses=1))))
    assert verdicts(life.tick(BURNS, witnesses=[CANARY]))["job:export"] is Verdict.ACT


def test_an_observing_policy_says_what_it_would_do_and_does_nothing() -> None:
    made = Life(a_catalogue(a_policy(mode=Mode.OBSERVE))).tick(BURNS)
    assert {d.verdict for d in made.decisions} == {Verdict.OBSERVED}
    assert (made.holds, made.wanted, made.messages) == ((), (), ())


@pytest.mark.parametrize("status", [pytest.param(FROZEN, id="frozen"), pytest.param(DARK, id="dark"),
                                    pytest.param(None, id="not evaluated")])  # fmt: skip
def test_a_rule_neither_enters_nor_leaves_on_what_is_not_measured(status: Status | None) -> None:
    unseen = [status] if status else []
    assert not Life().tick(*unseen)
    life = Life()
    life.tick(BURNS)
    assert not life.tick(*unseen)
    assert life.paused == {"job:export", "job:backfill"}


def test_no_job_is_paused_for_lack_of_data_though_people_are_told() -> None:
    made = Life(a_catalogue(a_policy(a_rule(when=NoData(30 * MINUTE))))).tick(DARK)
    assert set(verdicts(made).values()) == {Verdict.WITHHELD}
    assert len(made.messages) == 1


def test_a_budget_that_may_not_be_spent_warns_but_does_not_pause() -> None:
    life = Life(a_catalogue(a_policy(a_rule(when=BudgetRemainingBelow(Fraction(0))))))
    made = life.tick(a_status(remaining="-0.1", interval=(-0.3, 0.1)))
    assert set(verdicts(made).values()) == {Verdict.WITHHELD}
    assert len(made.messages) == 1


def test_jobs_go_on_after_the_quiet_time_and_not_before() -> None:
    life = Life()
    life.tick(BURNS)
    assert not life.tick(ALMOST)
    made = life.tick(QUIET)
    assert {(w.target, w.epoch, w.wanted) for w in made.wanted} == {
        ("job:export", 2, Wanted.RUNNING),
        ("job:backfill", 2, Wanted.RUNNING),
    }
    assert made.rule_episodes[0].left_ns == life.now_ns
    assert not life.tick(QUIET)


def test_a_release_waits_while_the_condition_itself_still_holds() -> None:
    life = Life(a_catalogue(a_policy(a_rule(TELL, when=BudgetRemainingBelow(Fraction(1, 2))))))
    assert life.tick(a_status(remaining="0.4")).rule_episodes
    assert not life.tick(a_status(remaining="0.4"))
    assert life.tick(a_status(remaining="0.6")).rule_episodes


def test_for_counts_measured_time_and_stands_still_while_frozen() -> None:
    life = Life(a_catalogue(a_policy(a_rule(for_ns=3 * SECOND))))

    def at(second: int, status: Status = BURNS) -> Round:
        return life.tick(
            replace(status, watermark_ns=NOON + second * SECOND), transitions=[fired()] if not second else []
        )

    assert not at(0)
    assert not at(2)
    assert not at(3, FROZEN)
    assert not at(100)
    assert {d.transition for d in at(101).decisions} == {"t-1"}


def test_a_condition_that_stops_holding_starts_its_wait_anew() -> None:
    life = Life(a_catalogue(a_policy(a_rule(for_ns=3 * SECOND))))
    for second, status in enumerate((BURNS, BURNS, BURNS, QUIET, BURNS, BURNS)):
        assert not life.tick(replace(status, watermark_ns=NOON + second * SECOND))


def test_two_rules_on_one_job_pause_it_once_and_the_last_release_resumes_it() -> None:
    slos = [a_slo_named("orders-freshness"), a_slo_named("orders-completeness")]
    life = Life(a_catalogue(slos=slos, jobs=JOBS[:1]))
    other = replace(BURNS, slo="orders-completeness")
    assert len(life.tick(BURNS, other).wanted) == 1
    first = life.tick(QUIET, other)
    assert first.wanted == ()
    assert "stays paused while another hold lives" in next(
        d.reason for d in first.decisions if d.action == "resumeJobs"
    )
    assert [w.wanted for w in life.tick(QUIET, replace(QUIET, slo="orders-completeness")).wanted] == [Wanted.RUNNING]


def test_a_hold_ends_after_its_longest_time_also_when_nothing_is_measured() -> None:
    life = Life()
    life.tick(BURNS)
    life.now_ns += 4 * HOUR
    made = life.tick(DARK)
    assert {w.wanted for w in made.wanted} == {Wanted.RUNNING}
    assert not life.tick(BURNS)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(a_catalogue(slos=[]), id="the SLO is gone"),
        pytest.param(a_catalogue(a_policy(a_rule(name="renamed", when=Burning("ticket")))), id="the rule is gone"),
        pytest.param(a_catalogue(a_policy(mode=Mode.OBSERVE)), id="the policy only observes now"),
        pytest.param(a_catalogue(jobs=[replace(JOBS[0], criticality="critical")]), id="the job became critical"),
    ],
)  # fmt: skip
def test_what_is_no_longer_asked_for_is_let_go(after: object) -> None:
    life = Life()
    life.tick(BURNS)
    life.catalogue = after  # type: ignore[assignment]  # a parameter's type is lost
    made = life.tick(BURNS)
    assert {w.wanted for w in made.wanted} == {Wanted.RUNNING}
    assert life.paused == set()


def test_a_redefined_measurement_closes_the_episode_without_calling_it_recovered() -> None:
    life = Life()
    life.tick(BURNS)
    made = life.tick(a_status(a_tier()), transitions=[replace(fired(), change=Change.SUPERSEDED)])
    assert {w.wanted for w in made.wanted} == {Wanted.RUNNING}
    assert made.messages[0].facts["recovered"] is False


def test_the_message_says_since_when_what_was_paused_and_until_when_at_the_latest() -> None:
    facts = Life().tick(BURNS).messages[0].facts
    assert facts["since_ns"] == BURNS.first_bad_ns
    assert facts["paused"] == ["export", "backfill"]
    assert facts["back_by_ns"] == NOON + SECOND + 4 * HOUR


def test_everyone_who_was_told_hears_the_end_once() -> None:
    life = Life()
    life.tick(BURNS)
    (message,) = life.tick(QUIET).messages
    assert (message.contact, message.template) == ("orders-oncall", "all_clear")
    assert message.facts["resumed"] == ["export", "backfill"]


def test_the_same_inputs_give_the_same_rows() -> None:
    inputs = (NOON, a_catalogue(), {BURNS.slo: BURNS}, [fired()], heard(CANARY, LAG), Memory())
    assert decide(*inputs) == decide(*inputs)


def test_a_tick_in_the_midst_of_an_episode_changes_nothing() -> None:
    life = Life()
    life.tick(BURNS)
    assert not life.tick(BURNS)
