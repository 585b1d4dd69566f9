from dataclasses import replace

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.show.web.flown import Flown
from slo_service.show.web.view import canaries
from slo_service.show.web.view.canaries import Flock
from slo_service.show.web.view.hops import hops, passages
from slo_service.show.web.view.now import present
from slo_service.show.web.view.passage import passage, trouble
from slo_service.show.web.view.said import plain
from slo_service.show.web.view.story import sentence
from tests.show.web.declared import ENRICH, ORDERS, THRESHOLD, canary
from tests.show.web.seeded import Seeded

NOW = 1_000 * SECOND


def trace(sent_s: float, arrived_s: float | None, verdict: str = "on_time", **more: object) -> CanaryTrace:
    sent = int(sent_s * SECOND)
    seen = (
        {SOURCE: sent}
        if arrived_s is None
        else {hop: int(arrived_s * SECOND) for hop in (ENRICH, SINK)} | {SOURCE: sent}
    )
    made = CanaryTrace("orders-canary", "run", 0, int(sent_s), sent, True, seen, dict.fromkeys(seen, 1), verdict)
    return replace(made, **more)  # type: ignore[arg-type]  # a test names the fields it changes


def flock(*traces: CanaryTrace) -> Flock:
    return Flock.of(
        canary("orders-canary", "orders"), traces, since_ns=NOW - 15 * MINUTE, now_ns=NOW, threshold_ns=THRESHOLD
    )


def waiting(drove: Flock) -> dict[int, int | None]:
    """Age of the oldest under way to the sink, by partition."""
    return {part: None if one is None else one.age_ns for part, one in passage(drove, SINK).waiting.items()}


def told(*traces: CanaryTrace) -> str:
    passed = passages(ORDERS, flock(*traces))
    return plain(sentence(hops(ORDERS, passed, ()), passed)).replace("\u202f", " ")


def test_the_oldest_under_way_is_the_first_that_has_not_arrived():
    drove = flock(trace(900, 901), trace(950, None), trace(960, None))
    assert waiting(drove) == {0: 50 * SECOND}


def test_a_canary_that_was_overtaken_is_missing_and_no_longer_under_way():
    drove = flock(trace(900, None), trace(910, 911))
    assert waiting(drove) == {0: None}


def test_what_our_own_reader_missed_is_not_under_way():
    drove = flock(trace(900, None, "unobservable"), trace(910, None, "refused"))
    assert waiting(drove) == {}


def test_an_unacknowledged_canary_found_in_the_source_is_under_way():
    drove = flock(trace(900, None, acknowledged=None))
    assert waiting(drove) == {0: 100 * SECOND}


def test_the_age_over_time_rises_while_one_waits_and_ends_when_it_arrives():
    waited = [trace(900, 925)]
    ages = canaries.ages_over_time(waited, SINK, 890 * SECOND, 10 * SECOND, 6, NOW)
    assert [age // SECOND for age in ages] == [0, 10, 20, 25, 0, 0]


def test_a_gap_in_the_sending_is_blind_and_a_regular_pause_is_not():
    steady = [trace(sent, sent + 1) for sent in range(500, 600, 10)]
    gap = [trace(sent, sent + 1) for sent in range(700, 760, 10)]
    assert canaries.blind_spans(flock(*steady, *gap)) == [(590 * SECOND, 700 * SECOND)]


def test_trouble_is_open_while_a_canary_is_overdue_and_closed_with_the_last_late_one():
    still = trouble(passage(flock(trace(900, 901), trace(950, None, "overdue")), SINK))
    assert still is not None
    assert still.until_ns is None
    past = trouble(passage(flock(trace(700, 760, "late"), trace(900, 901)), SINK))
    assert past is not None
    assert (past.since_ns, past.until_ns) == (700 * SECOND, 760 * SECOND)


def test_an_earlier_trouble_that_ended_does_not_date_the_present_one_back():
    present_one = trouble(passage(flock(trace(500, 560, "late"), trace(600, 601), trace(950, None, "overdue")), SINK))
    assert present_one is not None
    assert (present_one.since_ns, present_one.until_ns) == (950 * SECOND, None)


def test_the_first_bad_hop_is_the_one_nearest_to_the_source():
    late = trace(950, None, "overdue", seen_ns={SOURCE: 950 * SECOND, ENRICH: 951 * SECOND})
    assert [hop.name for hop in hops(ORDERS, passages(ORDERS, flock(late)), ()) if hop.first_bad] == [SINK]
    stalled = trace(950, None, "overdue")
    seen_before = trace(900, 901)
    assert [hop.name for hop in hops(ORDERS, passages(ORDERS, flock(seen_before, stalled)), ()) if hop.first_bad] == [
        ENRICH
    ]


def test_a_hop_that_nobody_taps_is_left_unjudged_rather_than_called_bad():
    past_it = trace(900, 901, seen_ns={SOURCE: 900 * SECOND, SINK: 901 * SECOND})
    enrich = next(hop for hop in hops(ORDERS, passages(ORDERS, flock(past_it)), ()) if hop.name == ENRICH)
    assert enrich.rows == ()
    assert enrich.trouble is None


def test_the_present_names_the_worst_partition_and_the_hop_that_waits():
    seeded = Seeded(stalled_ns=40 * SECOND)
    found = [each for each in seeded.canaries("orders-canary", seeded.now - 15 * MINUTE) if each.partition == 3]
    since, declared = seeded.now - 15 * MINUTE, canary("orders-canary", "orders")
    drove = Flock.of(declared, found, since_ns=since, now_ns=seeded.now, threshold_ns=THRESHOLD)
    now = present(ORDERS, passages(ORDERS, drove), seeded.groups())
    assert now.age.over
    assert "partition 3 of orders.raw, read by orders-enricher" in now.age_where
    assert now.pending.seconds is not None
    assert 20 < now.pending.seconds <= 40
    assert now.pending_where == "sent to partition 3, not yet at enrich"


def test_an_age_that_cannot_be_read_is_unknown_and_says_why():
    unread = replace(Seeded().groups()[0], partitions=(), error="coordinator not available")
    now = present(ORDERS, passages(ORDERS, flock()), [unread])
    assert now.age.seconds is None
    assert now.age_where == "orders-enricher: coordinator not available"


STEADY = [trace(sent, sent + 1) for sent in range(700, 900, 10)]
STUCK = [trace(sent, None, "overdue") for sent in range(900, 970, 10)]


def test_while_nothing_passes_the_sentence_says_since_when_and_how_long_the_oldest_has_waited():
    assert told(*STEADY, *STUCK).startswith(
        "Nothing has passed enrich since 00:14:51; the oldest canary has waited 1 min 40 s."
    )


def test_partitions_that_are_current_are_said_to_be_current():
    fine = [trace(sent, sent + 1, partition=1) for sent in range(700, 1000, 10)]
    said = told(*STEADY, *STUCK, *fine)
    assert said.startswith("On partition 0 of 2 nothing has passed enrich since 00:14:51")
    assert "The rest is current." in said


def test_what_is_overdue_may_still_arrive_and_is_not_called_lost():
    never = trace(600, None, "lost")
    said = told(never, *STEADY, *(trace(sent, sent + 1) for sent in range(900, 1000, 10)))
    assert "1 canary has not arrived by 5 min and may still arrive" in said
    assert "lost" not in said


def test_after_the_recovery_the_sentence_begins_with_it():
    late = [trace(sent, 965 + (sent - 900) / 100, "late") for sent in range(900, 930, 10)]
    said = told(*STEADY, *late, *(trace(sent, sent + 1) for sent in range(966, 1000, 10)))
    assert said.startswith("Fresh again since 00:16:05; enrich stood still 00:14:51–00:16:05, and 3 of")


def test_trouble_ends_at_once_when_the_newest_canaries_are_on_time():
    late = trace(900, 985, "late")
    assert trouble(passage(flock(late), SINK)).until_ns is None  # type: ignore[union-attr]  # there is one
    ended = trouble(passage(flock(late, trace(986, 987)), SINK))
    assert ended is not None
    assert ended.until_ns == 985 * SECOND


def test_what_our_reader_has_not_looked_up_is_not_held_against_the_pipeline():
    unread = [
        trace(sent, None, "pending", seen_ns={SOURCE: sent * SECOND, ENRICH: sent * SECOND + 1})
        for sent in range(900, 1000, 10)
    ]
    assert told(*STEADY, *unread).startswith(
        "Canaries could not be looked up at the sink since 00:14:51. That is neither"
    )
    now = present(ORDERS, passages(ORDERS, flock(*STEADY, *unread)), ())
    assert not now.pending.over
    assert now.pending_where == "sent to partition 0, not yet looked up at sink"
    assert canaries.blind_spans(flock(*STEADY, *unread))[-1][0] == 900 * SECOND


def test_a_canary_that_came_due_a_moment_ago_does_not_yet_show_us_blind():
    steady = [trace(sent, sent + 1) for sent in range(700, 1000, 10)]
    due = trace(1_000 - 31, None, "pending", partition=1)  # one second after its threshold of 30 s
    assert canaries.blind_spans(flock(*sorted([*steady, due], key=lambda one: one.sent_ns))) == []


class Told:
    """A pulse that counts what it was asked for."""

    def __init__(self, *traces: CanaryTrace) -> None:
        self.traces = list(traces)
        self.asked: list[int] = []

    def canaries(self, canary: str, since_ns: int) -> list[CanaryTrace]:  # noqa: ARG002 - as the port has it
        self.asked.append(since_ns)
        return [one for one in self.traces if one.sent_ns >= since_ns]


def test_arrived_canaries_are_remembered_and_open_ones_asked_for_again():
    pulse = Told(trace(500, 501), trace(700, None, "overdue"), trace(800, 801))
    flown = Flown(pulse)  # type: ignore[arg-type]  # it is asked for canaries only
    assert [one.verdict for one in flown.traces("c", 0, NOW)] == ["on_time", "overdue", "on_time"]
    pulse.traces[1] = trace(700, 1000, "late")
    pulse.traces.append(trace(1000, 1001))
    assert [one.verdict for one in flown.traces("c", 0, NOW + SECOND)] == ["on_time", "late", "on_time", "on_time"]
    assert pulse.asked == [0, 700 * SECOND]
    flown.traces("c", 0, NOW + 10 * SECOND)
    assert pulse.asked[-1] == 0


def test_a_longer_stretch_than_remembered_is_asked_for_as_a_whole():
    pulse = Told(trace(500, 501), trace(800, 801))
    flown = Flown(pulse)  # type: ignore[arg-type]  # it is asked for canaries only
    assert len(flown.traces("c", 600 * SECOND, NOW)) == 1
    assert len(flown.traces("c", 400 * SECOND, NOW)) == 2


def test_now_is_about_what_was_sent_lately_and_counts_the_overdue_with_their_age():
    def freshness(*traces: CanaryTrace) -> str:
        drawn = hops(ORDERS, passages(ORDERS, flock(*traces)), ())
        return next(hop for hop in drawn if hop.name == SINK).rows[0].now.text.replace("\u202f", " ")

    assert freshness(trace(800, 990, "late"), trace(985, 986)) == "1 s"  # a late arrival of what was sent long ago
    assert freshness(trace(950, None, "overdue"), trace(985, 986)) == "≥ 50 s"
