"""What OpenSLO's alert policies and notification targets mean here."""

from fractions import Fraction

from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.policy import Burning, Mode, NoData, Not, Notify
from slo_service.domain.slo import Severity
from tests.definitions.openslo_v1.written import ALERTING, EVERYTHING, load


def test_a_burn_rate_is_a_tier_whose_two_windows_are_the_one_looked_back_over(catalogue):
    fast, slow = catalogue.slos["web-latency-quick"].alerting.tiers
    assert (fast.name, fast.severity, fast.long_ns, fast.short_ns) == ("fast-burn", Severity.PAGE, HOUR, HOUR)
    assert (fast.factor(28 * DAY), fast.inclusive, fast.after_ns) == (Fraction(144, 10), True, 5 * MINUTE)
    assert (slow.severity, slow.factor(28 * DAY), slow.inclusive) == (Severity.TICKET, Fraction(1, 2), False)


def test_own_alert_policies_win_over_an_alerting_that_selects_everything(tmp_path):
    alerting = ALERTING.replace("SELECTOR", "{}")
    found = load(tmp_path, EVERYTHING.read_text() + alerting).catalogue
    assert found is not None
    assert found.slos["web-latency-quick"].alerting.name == "fast-burn, slow-burn, at-once"
    assert found.slos["web-errors"].alerting.name == "a"


def test_contacts_are_told_by_the_target_s_own_name_or_its_annotation(catalogue):
    fast = catalogue.policies["AlertPolicy fast-burn"]
    (rule,) = fast.rules
    assert (fast.mode, fast.selector.names) == (Mode.ENFORCE, ("web-latency-quick", "web-latency-2"))
    assert (rule.when, rule.release) == (Burning("fast-burn"), Not(Burning("fast-burn")))
    assert rule.do == (Notify("oncall", "burning"),)
    at_once = catalogue.policies["AlertPolicy at-once of web-latency"]
    assert [(rule.name, rule.when) for rule in at_once.rules] == [("no-data", NoData(10 * MINUTE))]


def test_a_budget_policy_made_of_an_alert_policy_reaches_only_its_own_slos(catalogue):
    selector = catalogue.policies["AlertPolicy fast-burn"].selector
    assert selector.matches({}, "web-latency-2")
    assert not selector.matches({}, "web-errors")


def test_it_is_said_who_is_not_told_and_by_which_target(loaded):
    (finding,) = [each for each in loaded.findings if "nobody is told" in each.message]
    assert finding.message == "nobody is told by way of the notification target nobody (slack)"
