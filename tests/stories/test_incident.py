import re
from typing import cast

import pytest

from tests.stories.declared import BACKFILL, BILLING, DEADLINE_SECONDS, EVERY_SECONDS, EXPORT, RUNBOOK, WITHIN_SECONDS
from tests.stories.exactness import key_of
from tests.stories.incident import COMPLETENESS, DETECTION_SECONDS, FRESHNESS
from tests.stories.receivers import Hook, Mail
from tests.stories.service import Row, seconds_of
from tests.stories.timelines import Whole

pytestmark = [pytest.mark.story, pytest.mark.timeout(420)]

TICK_SECONDS = 1.0
POLL_SECONDS = 1.5  # the table is asked each second; a row may be seen so much later than it was loaded
LATEST = WITHIN_SECONDS + DETECTION_SECONDS + EVERY_SECONDS + TICK_SECONDS + 2.0


def burning(whole: Whole) -> Hook:
    [hook] = [h for h in whole.world.hooks.hooks if h.about == FRESHNESS and not h.is_all_clear]
    return hook


def all_clear(whole: Whole) -> Hook:
    [hook] = [h for h in whole.world.hooks.hooks if h.about == FRESHNESS and h.is_all_clear]
    return hook


def burning_mail(whole: Whole) -> Mail:
    subject = str(burning(whole).message["subject"])
    [mail] = [m for m in whole.world.mail.mails if m.message["Subject"] == subject]
    return mail


def says_in_words(text: str, page: Row) -> None:
    """Scope, threshold, what is left, what was done: with the numbers of the transition."""
    short = cast(Row, page["short"])
    assert re.search(r"Since \d\d:\d\d UTC", text)
    counts = rf"\({short['bad']} of {int(str(short['good'])) + int(str(short['bad']))} \w+ in the last 30 ?s\)"
    assert re.search(r"about [\d.]+ % of orders", text), text
    assert re.search(counts, text), text
    assert re.search(r"not arrived by 5 ?s; may still arrive", text), text
    assert re.search(r"About [\d.]+ min of total outage left", text)
    assert re.search(rf"2 of 2 .*jobs to pause: ({EXPORT} and {BACKFILL}|{BACKFILL} and {EXPORT})", text)


def test_at_second_0_canaries_stop_arriving_and_by_second_61_it_has_paged(whole: Whole) -> None:
    assert whole.paged_at - whole.first_unseen_at <= LATEST


def test_the_people_have_the_page_within_the_same_bound(whole: Whole) -> None:
    assert burning(whole).at_ns / 1e9 - whole.first_unseen_at <= LATEST
    assert burning_mail(whole).at_ns / 1e9 - whole.first_unseen_at <= LATEST


def test_it_does_not_page_before_two_percent_of_the_budget_are_spent(whole: Whole) -> None:
    assert whole.paged_at - whole.first_unseen_at >= WITHIN_SECONDS + DETECTION_SECONDS - EVERY_SECONDS


def test_both_witnesses_are_named_in_the_reason(whole: Whole) -> None:
    for decision in whole.decided("pauseJobs"):
        witnesses = cast(list[Row], decision["witnesses"])
        assert {(w["method"], w["troubled"]) for w in witnesses} == {("canary", True), ("lag", True)}
        assert all(str(w["says"]) in str(decision["reason"]) for w in witnesses)
        assert "whole-enricher" in str(decision["reason"])


@pytest.mark.parametrize("job", [EXPORT, BACKFILL])
def test_a_job_is_paused_within_two_seconds_of_the_transition(whole: Whole, job: str) -> None:
    paused_at = {
        EXPORT: next((c.at_ns for c in whole.world.jobs.calls if (c.job, c.what) == (EXPORT, "pause")), 0),
        BACKFILL: next((at_ns for at_ns, state in whole.world.watch.seen if state == "paused"), 0),
    }[job]
    assert 0 <= paused_at / 1e9 - whole.paged_at <= 2.0
    assert whole.jobs_while_burning[job]["actual"] == "paused"


def test_the_critical_job_is_never_told_anything(whole: Whole) -> None:
    assert whole.world.jobs.told(BILLING) == []
    assert whole.jobs_while_burning[BILLING]["actual"] == "running"
    assert [d for d in whole.decided("pauseJobs", f"job:{BILLING}") if d["verdict"] == "act"] == []


@pytest.mark.parametrize(
    ("job", "states"), [(EXPORT, ["pause", "resume"]), (BACKFILL, ["running", "paused", "running"])]
)
def test_a_job_is_paused_once_and_resumed_once(whole: Whole, job: str, states: list[str]) -> None:
    assert (whole.world.jobs.told(job) if job == EXPORT else whole.world.watch.states) == states


def test_the_jobs_go_on_only_after_ten_quiet_seconds(whole: Whole) -> None:
    resumed = next(c.at_ns for c in whole.world.jobs.calls if c.what == "resume") / 1e9
    last_bad = max(row.sent_seconds for row in whole.firsts.values() if row.transit_seconds > WITHIN_SECONDS)
    assert resumed > last_bad + 30 + 10


def test_the_webhook_is_signed_and_says_the_numbers_in_words(whole: Whole) -> None:
    hook = burning(whole)
    assert hook.is_signed
    assert hook.headers["idempotency-key"]
    says_in_words(str(hook.message["text"]), whole.page)


def test_the_mail_says_the_same_in_plain_text_and_html(whole: Whole) -> None:
    mail = burning_mail(whole)
    assert mail.to == ("orders-team@example.com",)
    assert mail.message["Message-ID"]
    says_in_words(mail.part("plain"), whole.page)
    assert f"{whole.world.service.url}/slos/{FRESHNESS}" in mail.part("html")


def test_the_all_clear_comes_once_on_both_channels(whole: Whole) -> None:
    hook = all_clear(whole)
    assert hook.is_signed
    assert "Fresh again since" in str(hook.message["text"])
    assert EXPORT in str(hook.message["text"])
    mails = [m for m in whole.world.mail.mails if m.message["Subject"] == hook.message["subject"]]
    assert len(mails) == 1
    assert hook.at_ns > burning(whole).at_ns


def test_alertmanager_shows_the_alert_with_its_labels_and_links(whole: Whole) -> None:
    [alert] = whole.alerts
    labels, annotations = cast(dict[str, str], alert["labels"]), cast(dict[str, str], alert["annotations"])
    expected = {"slo": FRESHNESS, "service": "orders", "tier": whole.page["tier"], "severity": "page"}
    assert (expected | {"pipeline": "orders"}).items() <= labels.items()
    assert RUNBOOK in annotations.values()
    links = [*annotations.values(), str(alert["generatorURL"])]
    assert f"{whole.world.service.url}/slos/{FRESHNESS}" in links
    assert any(re.search(r"\d", text) and "://" not in text for text in annotations.values())


def test_prometheus_and_the_api_agree_to_the_last_digit(whole: Whole) -> None:
    """Joined by the watermark: one evaluation, read twice."""
    shown = {round(glance.watermark, 3): glance for glance in whole.glances}
    joined = [(scrape, shown[at]) for scrape in whole.scrapes if (at := round(scrape.watermark, 3)) in shown]
    assert len(joined) > 30
    for scrape, glance in joined:
        assert (scrape.burn, scrape.remaining, scrape.firing) == (glance.burn, glance.remaining, glance.firing)
    assert {glance.firing for _, glance in joined} == {True, False}


def test_prometheus_counted_the_bad_events_that_the_api_counts(whole: Whole) -> None:
    for name in (FRESHNESS, COMPLETENESS, "orders-duplicates", "orders-intake"):
        assert whole.bad_scraped[name] == whole.slos[name]["bad"], name


def test_every_canary_is_judged_as_the_table_tells(whole: Whole) -> None:
    """Only where the second between two looks at the table leaves it open may it be left open."""
    firsts, wrong = whole.firsts, []
    for canary in whole.canaries:
        row = firsts.get(key_of(canary))
        if row is not None and canary["verdict"] not in {"pending", *possible_verdicts(row.transit_seconds)}:
            wrong.append((canary["partition"], canary["seq"], canary["verdict"], row.transit_seconds))
    assert wrong == []


def test_no_verdict_contradicts_the_transit_beside_it(whole: Whole) -> None:
    limits = {"on_time": (0, WITHIN_SECONDS), "late": (WITHIN_SECONDS, DEADLINE_SECONDS)}
    limits["found"] = (DEADLINE_SECONDS, 1000)
    wrong = []
    for canary in whole.canaries:
        transit = cast(dict[str, float], canary["transit_seconds"]).get("sink")
        least, most = limits.get(str(canary["verdict"]), (0, 1000))
        if transit is not None and not least <= transit <= most:
            wrong.append((canary["partition"], canary["seq"], canary["verdict"], transit))
    assert wrong == []


def possible_verdicts(transit_seconds: float) -> set[str]:
    """Of a canary that was loaded after so long, and seen at the next look."""
    found = {verdict_at(transit_seconds), verdict_at(transit_seconds + POLL_SECONDS)}
    near = any(-POLL_SECONDS < transit_seconds - limit < POLL_SECONDS for limit in (WITHIN_SECONDS, DEADLINE_SECONDS))
    return found | {"unobservable"} if near else found


def verdict_at(transit_seconds: float) -> str:
    if transit_seconds <= WITHIN_SECONDS:
        return "on_time"
    return "late" if transit_seconds <= DEADLINE_SECONDS else "found"


def test_what_was_overdue_came_late_and_what_was_lost_was_found(whole: Whole) -> None:
    verdicts = [canary["verdict"] for canary in whole.canaries]
    assert verdicts.count("late") >= 6 * (DEADLINE_SECONDS - WITHIN_SECONDS - 2 * POLL_SECONDS)
    assert verdicts.count("found") >= 6 * (whole.continued_at - whole.stopped_at - DEADLINE_SECONDS - 2 * POLL_SECONDS)
    assert "lost" not in verdicts
    assert "overdue" not in verdicts


@pytest.mark.parametrize(("name", "limit"), [(FRESHNESS, WITHIN_SECONDS), (COMPLETENESS, DEADLINE_SECONDS)])
def test_what_was_found_still_counts_bad_at_its_deadline(whole: Whole, name: str, limit: float) -> None:
    transits = [row.transit_seconds for row in whole.firsts.values()]
    surely, perhaps = sum(t > limit + POLL_SECONDS for t in transits), sum(t > limit - POLL_SECONDS for t in transits)
    assert surely <= int(str(whole.slos[name]["bad"])) <= perhaps
    assert surely > 0


def test_duplicates_are_the_rows_that_are_there_twice(whole: Whole) -> None:
    extra = len(whole.rows) - len(whole.firsts)
    assert whole.slos["orders-duplicates"]["bad"] == extra


def test_the_episode_is_one_and_it_is_over(whole: Whole) -> None:
    changes = [(row["change"], row["episode"]) for row in whole.transitions if row["slo"] == FRESHNESS]
    assert changes == [("fired", whole.page["episode"]), ("cleared", whole.page["episode"])]


def test_status_exits_1_while_it_burns_and_0_afterwards(whole: Whole) -> None:
    assert whole.status_while_burning is not None
    assert whole.status_while_burning.code == 1
    assert FRESHNESS in whole.status_while_burning.out
    assert whole.status_after is not None
    assert whole.status_after.code == 0, whole.status_after.out


def test_explaining_the_decision_prints_the_whole_chain(whole: Whole) -> None:
    pause = whole.decided("pauseJobs")[0]
    said = whole.explained_decision
    assert said is not None
    assert said.code == 0
    job = str(pause["target"]).removeprefix("job:")
    chain = [FRESHNESS, "canary: ", "lag: ", "protect-the-dashboard", "shed-best-effort", job, "paused", "resumed"]
    assert [part for part in chain if part not in said.out] == []
    assert str(cast(Row, whole.chain["transition"])["id"]) == whole.page["id"]
    assert cast(Row, whole.chain["hold"])["released"] is not None
    assert [row["verdict"] for row in cast(list[Row], whole.chain["undo"])] == ["undo"]


def test_explaining_the_objective_prints_its_numbers(whole: Whole) -> None:
    said = whole.explained_slo
    assert said is not None
    assert said.code in {0, 1}
    for number in ("99.9", "14.4", "1h", "30s", "30d"):
        assert number in said.out, f"{number} is missing in:\n{said.out}"


def test_the_recorded_time_is_when_it_was_known_and_the_event_time_what_was_judged(whole: Whole) -> None:
    behind = whole.paged_at - seconds_of(whole.page["event_time"])
    assert WITHIN_SECONDS <= behind <= WITHIN_SECONDS + TICK_SECONDS + 1
