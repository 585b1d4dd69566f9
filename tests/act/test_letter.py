from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.act.notify.letter import Unreadable, render, share
from slo_service.act.ports import Letter
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change, Transition, Witness
from slo_service.domain.indicator import Completeness, Duplicates, Indicator, Intake, Lag
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.policy import BudgetRemainingBelow, Burning, Condition, NoData
from slo_service.domain.slo import Kind
from slo_service.domain.status import Status, TierState
from tests.decide.situation import (
    BURNS,
    CANARY,
    JOBS,
    LAG,
    NOON,
    Life,
    a_catalogue,
    a_policy,
    a_rule,
    a_sign,
    a_status,
    a_tier,
    an_slo,
    fired,
)

URL = "http://slo.example"
QUIET = a_status(a_tier(quiet_ns=15 * MINUTE))


def written(
    *ticks: Status,
    catalogue: Catalogue | None = None,
    witnesses: tuple[Witness, ...] = (CANARY, LAG),
    last: tuple[Transition, ...] = (),
) -> Letter:
    """The last letter of a life."""
    life = Life(catalogue)
    made = [life.tick(status, transitions=last if status is ticks[-1] else (), witnesses=witnesses) for status in ticks]
    return render(made[-1].messages[0], 0, URL)


def test_the_scope_comes_first_with_its_count_and_since_the_first_bad_canary() -> None:
    text = written(BURNS).text
    first_bad = "14:11 UTC"  # two minutes before the page
    assert text.startswith(f"Since {first_bad} about 100 % of orders events reach the sink late")
    assert "(30 of 30 canaries in the last 5 min)" in text
    assert "not arrived by 30 s; may still arrive" in text


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        (Completeness("c", 5 * MINUTE), "missing at the sink: not arrived by 5 min; may still arrive"),
        (Duplicates("c", "enrich"), "are seen at stage enrich more than once"),
        (Intake("c"), "are not accepted at the source"),
        (Lag("enrich", 5 * SECOND), "wait: stage enrich is more than 5 s behind"),
    ],
)
def test_each_kind_of_trouble_has_its_words_and_nothing_is_called_lost(indicator: Indicator, words: str) -> None:
    letter = written(BURNS, catalogue=a_catalogue(slos=[an_slo(indicator=indicator)]))
    for part in (letter.text, letter.html):
        assert words in part
        assert " lost" not in part


def test_it_says_what_we_paused_and_when_it_is_back_at_the_latest() -> None:
    words = "2 of 2 matching jobs to pause: export and backfill. They resume once it has been quiet for 15 min"
    assert words in written(BURNS).text
    assert "at the latest at 18:13 UTC." in written(BURNS).text


def test_it_says_what_was_not_done_and_why() -> None:
    assert "export was not paused: 1 of 2 witnesses" in written(BURNS, witnesses=(CANARY,)).text


def test_the_budget_is_told_as_minutes_of_total_outage_of_the_last_days() -> None:
    assert (
        "About 22 min of total outage left at the objective: 50 % of the budget of the last 30 days"
        in written(BURNS).text
    )
    spent = written(replace(BURNS, budget=a_status(remaining="-0.2", provisional=True).budget)).text
    assert "overspent by 20 %, about 8.6 min of total outage" in spent
    assert "Provisional" in spent


def test_technical_detail_stands_below_the_fold() -> None:
    above, below = written(BURNS).text.split("-- technical detail --")
    assert "1000×" not in above
    assert "1000×" in below
    assert "Witness: lag: orders-enricher is 45s behind" in below


def test_a_rule_on_the_budget_alone_speaks_of_the_budget() -> None:
    rule = a_rule(when=BudgetRemainingBelow(Fraction(1, 4)))
    letter = written(a_status(remaining="0.2"), catalogue=a_catalogue(a_policy(rule)))
    assert letter.subject == "Budget policy: Orders are fresh"
    assert "budget remaining 20 %" in letter.text


def told_of(sign: TierState, when: Condition, **changes: object) -> Letter:
    catalogue = a_catalogue(a_policy(a_rule(when=when)))
    return written(a_status(a_tier(), signals=(sign,), **changes), catalogue=catalogue)  # type: ignore[arg-type]  # its own


def test_silence_is_told_in_a_sentence_under_a_headline_of_its_own() -> None:
    sign = a_sign(Kind.NO_DATA, firing=True)
    letter = told_of(sign, NoData(MINUTE), progress_ns=NOON - 2 * MINUTE)
    assert letter.subject == "No data: Orders are fresh"
    assert "no-data fires: the collectors have been silent for 1h and more." in letter.text
    assert "the collectors have been silent" in letter.html


def test_a_burning_partition_is_named_after_the_scope() -> None:
    sign = a_sign(Kind.PARTITION, firing=True, sources=("orders-canary/main/7",))
    letter = told_of(sign, Burning("page"))
    assert letter.subject == "Burning: Orders are fresh"
    assert letter.text.splitlines()[1].startswith("page-partition fires: orders-canary/main/7 fails for longer than")


def test_an_early_warning_is_told_once_and_is_not_called_burning() -> None:
    letter = told_of(a_sign(Kind.EARLY, firing=True), Burning("early"))
    assert letter.subject == "Early warning: Orders are fresh"
    assert letter.text.count("more canaries fail than chance explains") == 1


def test_a_message_from_before_signs_were_told_can_still_be_written() -> None:
    message = Life().tick(BURNS).messages[0]
    older = replace(message, facts={key: value for key, value in message.facts.items() if key != "signs"})
    assert render(older, 0, URL).text == render(message, 0, URL).text


def test_the_all_clear_says_since_when_and_which_jobs_go_on() -> None:
    letter = written(BURNS, QUIET)
    assert letter.subject == "Recovered: Orders are fresh"
    assert letter.text.startswith("Fresh again since ")
    assert "We let these jobs go on: export and backfill." in letter.text


def test_a_redefined_objective_is_not_called_recovered() -> None:
    superseded = replace(fired(), change=Change.SUPERSEDED)
    letter = written(BURNS, a_status(a_tier()), last=(superseded,))
    assert "again since" not in letter.text + letter.html
    assert "neither good nor bad" in letter.text


def test_hostile_names_are_shown_as_text() -> None:
    bad = "<script>alert(1)</script>{{ 7*7 }}"
    slo = an_slo(display_name=f"x\r\nBcc: all@example.com {bad}", service=bad, runbook_url='http://x/"><b>')
    letter = written(BURNS, catalogue=a_catalogue(slos=[slo], jobs=[replace(JOBS[0], name=bad)]))
    assert "<script>" not in letter.html
    assert '"><b>' not in letter.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in letter.html
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


def test_links_lead_to_the_objective_the_pipeline_and_the_why() -> None:
    text = written(BURNS).text
    assert f"{URL}/slos/orders-freshness" in text
    assert f"{URL}/pipelines/orders" in text
    assert "Why: slo explain d-" in text


def test_a_template_nobody_wrote_is_refused_by_name() -> None:
    message = replace(Life().tick(BURNS).messages[0], template="../../etc/passwd")
    with pytest.raises(Unreadable, match="no template is called"):
        render(message, 0, URL)


def test_a_missing_fact_is_refused_instead_of_left_out() -> None:
    message = replace(Life().tick(BURNS).messages[0], facts={"slo": "x"})
    with pytest.raises(Unreadable, match="failed"):
        render(message, 0, URL)


@pytest.mark.parametrize(
    ("value", "shown"), [(1, "100 %"), (0.0213, "2.1 %"), (0.00002, "under 0.01 %"), (0, "0 %"), (-0.2, "−20 %")]
)
def test_shares_keep_two_digits_and_a_sliver_is_not_nothing(value: float, shown: str) -> None:
    assert share(value) == shown
