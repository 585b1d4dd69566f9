import pytest

from tests.stories.declared import BACKFILL, BILLING, DEADLINE_SECONDS, EXPORT, WITHIN_SECONDS
from tests.stories.exactness import key_of
from tests.stories.incident import FRESHNESS
from tests.stories.receivers import Hook
from tests.stories.service import seconds_of
from tests.stories.timelines import DOWN_SECONDS, Survival

pytestmark = [pytest.mark.story, pytest.mark.timeout(420)]

POLL_SECONDS = 1.5


def hooks(survival: Survival, *, all_clear: bool) -> list[Hook]:
    return [h for h in survival.world.hooks.hooks if h.about == FRESHNESS and h.is_all_clear is all_clear]


def test_it_was_killed_while_the_jobs_were_paused(survival: Survival) -> None:
    assert survival.paged_at < survival.killed_at < survival.back_at < survival.continued_at
    assert survival.before is not None
    assert len(survival.before.holds) >= 2


def test_it_is_back_within_twenty_seconds(survival: Survival) -> None:
    assert survival.back_at - survival.killed_at - DOWN_SECONDS < 20


def test_no_transition_decision_or_hold_is_lost(survival: Survival) -> None:
    assert survival.before is not None
    assert survival.after is not None
    assert survival.before.transitions <= survival.after.transitions
    assert survival.before.decisions <= survival.after.decisions
    assert survival.before.holds == survival.after.holds


def test_the_page_is_one_and_not_opened_anew(survival: Survival) -> None:
    rows = [row for row in survival.transitions if row["slo"] == FRESHNESS]
    assert [row["change"] for row in rows if row["change"] in {"fired", "cleared"}] == ["fired", "cleared"]
    assert len({row["episode"] for row in rows}) == 1


def test_the_message_is_sent_once_on_each_channel(survival: Survival) -> None:
    [hook] = hooks(survival, all_clear=False)
    mails = [m for m in survival.world.mail.mails if m.message["Subject"] == hook.message["subject"]]
    assert len(mails) == 1


def test_the_all_clear_is_sent_once(survival: Survival) -> None:
    [hook] = hooks(survival, all_clear=True)
    assert hook.at_ns / 1e9 > survival.continued_at


def test_each_job_is_paused_once_and_resumed_once(survival: Survival) -> None:
    assert survival.world.jobs.told(EXPORT) == ["pause", "resume"]
    assert survival.world.watch.states == ["running", "paused", "running"]
    assert survival.world.jobs.told(BILLING) == []


def test_the_jobs_stay_paused_while_the_service_is_away(survival: Survival) -> None:
    resumed = [call.at_ns / 1e9 for call in survival.world.jobs.calls if call.what == "resume"]
    assert min(resumed) > survival.continued_at


def test_no_decision_is_made_twice(survival: Survival) -> None:
    made = [(r["rule"], r["slo"], r["action"], r["target"], r["verdict"]) for r in survival.decisions]
    assert len(made) == len(set(made))
    assert {t for _, slo, action, t, _ in made if slo == FRESHNESS and action == "resumeJobs"} == {
        f"job:{EXPORT}",
        f"job:{BACKFILL}",
    }


def test_no_canary_is_lost_and_none_sent_before_the_kill_forgotten(survival: Survival) -> None:
    verdicts = {key_of(row): row["verdict"] for row in survival.canaries}
    assert [key for key, verdict in verdicts.items() if verdict in {"lost", "overdue", "refused"}] == []
    since = survival.stopped_at - 120
    sent_before = {k for k, row in survival.firsts.items() if since < row.sent_seconds < survival.killed_at}
    assert sent_before - verdicts.keys() == set()


def test_a_new_life_is_a_new_run(survival: Survival) -> None:
    sent = {str(row["run"]): seconds_of(row["sent"]) for row in survival.canaries}
    assert len(sent) == 2


@pytest.mark.parametrize(("name", "limit"), [("freshness", WITHIN_SECONDS), ("completeness", DEADLINE_SECONDS)])
def test_bad_is_what_the_table_shows_as_late_and_nothing_else(survival: Survival, name: str, limit: float) -> None:
    """Canaries of both lives; what the kill left unmeasured may be missing, and nothing may be added."""
    bad = int(str(survival.slos[f"orders-{name}"]["bad"]))
    away = (survival.killed_at - limit - POLL_SECONDS, survival.back_at + POLL_SECONDS)
    transits = [(row.sent_seconds, row.transit_seconds) for row in survival.firsts.values()]
    perhaps = [sent for sent, transit in transits if transit > limit - POLL_SECONDS]
    surely = [sent for sent, transit in transits if transit > limit + POLL_SECONDS and not away[0] < sent < away[1]]
    assert len(surely) <= bad <= len(perhaps)


def test_completeness_misses_exactly_those_that_came_after_their_deadline(survival: Survival) -> None:
    """A deadline that passed while the service was away is judged from the table and the log, not guessed."""
    found = {key_of(row) for row in survival.canaries if row["verdict"] == "found"}
    late = {key: row.transit_seconds for key, row in survival.firsts.items()}
    assert {key for key, transit in late.items() if transit > DEADLINE_SECONDS + POLL_SECONDS} <= found
    assert all(late[key] > DEADLINE_SECONDS - POLL_SECONDS for key in found)


def test_duplicates_are_the_rows_that_are_there_twice(survival: Survival) -> None:
    assert survival.slos["orders-duplicates"]["bad"] == len(survival.rows) - len(survival.firsts)


def test_a_restart_finds_the_topics_it_left(survival: Survival) -> None:
    """Nothing was recreated or truncated, so nothing is said to be, and no canary is excused by it."""
    assert [line for line in survival.world.service.log.splitlines() if "topicRecreated" in line] == []
    assert [line for line in survival.world.service.log.splitlines() if "truncated" in line] == []
