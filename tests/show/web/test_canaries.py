from dataclasses import replace

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.show.web.view import canaries
from slo_service.show.web.view.canaries import Flock
from slo_service.show.web.view.hops import hops, trouble
from slo_service.show.web.view.now import present
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


def test_the_oldest_under_way_is_the_first_that_has_not_arrived():
    drove = flock(trace(900, 901), trace(950, None), trace(960, None))
    assert canaries.pending_ages(drove, SINK) == {0: 50 * SECOND}


def test_a_canary_that_was_overtaken_is_missing_and_no_longer_under_way():
    drove = flock(trace(900, None), trace(910, 911))
    assert canaries.pending_ages(drove, SINK) == {0: None}


def test_what_our_own_reader_missed_is_not_under_way():
    drove = flock(trace(900, None, "unobservable"), trace(910, None, "refused"))
    assert canaries.pending_ages(drove, SINK) == {}


def test_an_unacknowledged_canary_found_in_the_source_is_under_way():
    drove = flock(trace(900, None, acknowledged=None))
    assert canaries.pending_ages(drove, SINK) == {0: 100 * SECOND}


def test_the_age_over_time_rises_while_one_waits_and_ends_when_it_arrives():
    waited = [trace(900, 925)]
    ages = canaries.ages_over_time(waited, SINK, 890 * SECOND, 10 * SECOND, 6, NOW)
    assert [age // SECOND for age in ages] == [0, 10, 20, 25, 0, 0]


def test_a_gap_in_the_sending_is_blind_and_a_regular_pause_is_not():
    steady = [trace(sent, sent + 1) for sent in range(500, 600, 10)]
    gap = [trace(sent, sent + 1) for sent in range(700, 760, 10)]
    assert canaries.blind_spans(flock(*steady, *gap)) == [(590 * SECOND, 700 * SECOND)]


def test_trouble_is_open_while_a_canary_is_overdue_and_closed_a_minute_after_the_last_late_one():
    still = trouble(flock(trace(900, 901), trace(950, None, "overdue")), SINK)
    assert still is not None
    assert still.until_ns is None
    past = trouble(flock(trace(700, 760, "late"), trace(900, 901)), SINK)
    assert past is not None
    assert (past.since_ns, past.until_ns) == (700 * SECOND, 760 * SECOND)


def test_an_earlier_trouble_that_ended_does_not_date_the_present_one_back():
    present_one = trouble(flock(trace(500, 560, "late"), trace(600, 601), trace(950, None, "overdue")), SINK)
    assert present_one is not None
    assert (present_one.since_ns, present_one.until_ns) == (950 * SECOND, None)


def test_the_first_bad_hop_is_the_one_nearest_to_the_source():
    late = trace(950, None, "overdue", seen_ns={SOURCE: 950 * SECOND, ENRICH: 951 * SECOND})
    assert [hop.name for hop in hops(ORDERS, flock(late), ()) if hop.first_bad] == [SINK]
    stalled = trace(950, None, "overdue")
    seen_before = trace(900, 901)
    assert [hop.name for hop in hops(ORDERS, flock(seen_before, stalled), ()) if hop.first_bad] == [ENRICH]


def test_a_hop_that_nobody_taps_is_left_unjudged_rather_than_called_bad():
    past_it = trace(900, 901, seen_ns={SOURCE: 900 * SECOND, SINK: 901 * SECOND})
    enrich = next(hop for hop in hops(ORDERS, flock(past_it), ()) if hop.name == ENRICH)
    assert enrich.rows == ()
    assert enrich.trouble is None


def test_the_present_names_the_worst_partition_and_the_hop_that_waits():
    seeded = Seeded(stalled_ns=40 * SECOND)
    found = [each for each in seeded.canaries("orders-canary", seeded.now - 15 * MINUTE) if each.partition == 3]
    since, declared = seeded.now - 15 * MINUTE, canary("orders-canary", "orders")
    drove = Flock.of(declared, found, since_ns=since, now_ns=seeded.now, threshold_ns=THRESHOLD)
    now = present(ORDERS, drove, seeded.groups())
    assert now.age.over
    assert "partition 3 of orders.raw, read by orders-enricher" in now.age_where
    assert now.pending.seconds is not None
    assert 20 < now.pending.seconds <= 40
    assert now.pending_where == "sent to partition 3, not yet at enrich"


def test_an_age_that_cannot_be_read_is_unknown_and_says_why():
    unread = replace(Seeded().groups()[0], partitions=(), error="coordinator not available")
    now = present(ORDERS, flock(), [unread])
    assert now.age.seconds is None
    assert now.age_where == "orders-enricher: coordinator not available"
