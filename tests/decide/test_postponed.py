"""What a policy declares and nobody carries out yet is withheld or unknown, and said."""

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.decide.condition import holds
from slo_service.decide.engine import decide, remember
from slo_service.decide.ports import Memory
from slo_service.decide.reason import condition_sentence
from slo_service.domain.event import Verdict
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.policy import (
    All,
    AnyOf,
    Burning,
    CallWebhook,
    CloseGate,
    Diagnosed,
    IncidentSpent,
    Mode,
    Not,
    Notify,
    OpenIncident,
    Remediate,
    RunCommand,
    ScaleJob,
    Selector,
    Throttle,
)
from tests.decide.situation import (
    BEST_EFFORT,
    CANARY,
    JOBS,
    LAG,
    NOON,
    TELL,
    a_catalogue,
    a_policy,
    a_rule,
    a_status,
    a_tier,
    heard,
)

UNJUDGED = [
    IncidentSpent(Fraction(1, 5)),
    Diagnosed("hotPartition"),
]
LATER = [
    ScaleJob(Selector({"criticality": "best-effort"}), replicas=1),
    Throttle(Selector({"criticality": "best-effort"}), request_share=Fraction(1, 4)),
    CloseGate(("orders",)),
    OpenIncident("Orders are late"),
    Remediate("restart-connector"),
    CallWebhook({"url": "http://127.0.0.1/planted"}),
    RunCommand(("/usr/bin/shed",)),
]
BURNING = a_status(a_tier(firing=True))


def a_round(catalogue, status=BURNING, memory=Memory(), now_ns=NOON):  # noqa: B008 -- a frozen value is shared safely
    return decide(now_ns, catalogue, {"orders-freshness": status}, [], heard(CANARY, LAG), memory)


@pytest.mark.parametrize("condition", UNJUDGED, ids=repr)
def test_what_nobody_judges_is_neither_true_nor_false(condition):
    assert holds(condition, BURNING, NOON) is None
    assert holds(Not(condition), BURNING, NOON) is None
    assert holds(All((condition, Burning("page"))), BURNING, NOON) is None
    assert holds(AnyOf((condition, Burning("page"))), BURNING, NOON) is True
    assert holds(All((condition, Burning("ticket"))), BURNING, NOON) is False


@pytest.mark.parametrize("condition", UNJUDGED, ids=repr)
def test_a_rule_does_not_enter_by_what_nobody_judges(condition):
    assert not a_round(a_catalogue(a_policy(a_rule(when=condition))))


@pytest.mark.parametrize("condition", UNJUDGED, ids=repr)
def test_a_rule_is_not_released_by_what_nobody_judges(condition):
    catalogue = a_catalogue(a_policy(a_rule(release=condition)))
    memory = remember(Memory(), a_round(catalogue))
    later = a_round(catalogue, a_status(a_tier(quiet_ns=HOUR)), memory, NOON + HOUR)
    assert not later.rule_episodes
    assert not [hold for hold in later.holds if hold.released_ns is not None]


@pytest.mark.parametrize("condition", UNJUDGED, ids=repr)
def test_the_reason_says_what_is_not_judged(condition):
    assert condition_sentence(condition, BURNING, NOON).endswith("not judged by this version, so unknown")


@pytest.mark.parametrize("action", LATER, ids=lambda action: action.name)
def test_an_action_that_nobody_carries_out_is_withheld_with_that_reason(action):
    decided = a_round(a_catalogue(a_policy(a_rule(action, TELL)))).decisions
    (withheld,) = [decision for decision in decided if decision.action == action.name]
    assert withheld.verdict is Verdict.WITHHELD
    assert withheld.target == action.target
    assert f"this version does not carry out {action.name} yet" in withheld.reason
    assert "planted" not in repr(withheld)
    assert [decision.action for decision in decided if decision.verdict is Verdict.ACT] == ["notify"]


def test_it_is_withheld_once_an_episode():
    catalogue = a_catalogue(a_policy(a_rule(CloseGate(("orders",)))))
    first = a_round(catalogue)
    again = a_round(catalogue, memory=remember(Memory(), first), now_ns=NOON + MINUTE)
    assert len(first.decisions) == 1
    assert not again.decisions


def test_a_policy_that_asks_for_approval_only_observes_and_says_why():
    decided = a_round(a_catalogue(a_policy(mode=Mode.APPROVE))).decisions
    acted = [decision for decision in decided if decision.verdict is Verdict.ACT]
    observed = [decision for decision in decided if decision.verdict is Verdict.OBSERVED]
    assert not acted
    assert {decision.action for decision in observed} == {"pauseJobs", "notify"}
    assert all("asks for an approval, which cannot be given in this version" in d.reason for d in observed)


def test_a_template_without_words_of_its_own_has_those_of_burning():
    catalogue = a_catalogue(a_policy(a_rule(Notify("orders-oncall", "exhausted"))))
    (message,) = a_round(catalogue).messages
    assert message.template == "burning"


def test_a_job_is_held_for_the_longest_time_it_declares():
    jobs = [replace(job, max_pause_ns=HOUR) if job.name == "export" else job for job in JOBS]
    catalogue = a_catalogue(a_policy(a_rule(BEST_EFFORT)), jobs=jobs)
    memory = remember(Memory(), a_round(catalogue))
    later = a_round(catalogue, memory=memory, now_ns=NOON + HOUR)
    released = [hold.target for hold in later.holds if hold.released_ns is not None]
    assert released == ["job:export"]
    assert any("1h is the longest" in decision.reason for decision in later.decisions)
