from __future__ import annotations

import pytest

from slo_service.collect.canary import shelf
from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.ledger import KEPT_NS, CanaryLedger
from slo_service.collect.canary.page import Arrivals
from slo_service.collect.canary.report import Attempted, Haul, Moment, Outcome, Resolved, Sighting
from slo_service.collect.canary.shelf import Leaf
from slo_service.collect.canary.trace import trace
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Stream
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.tally import Tally

START = 1_700_000_000 * SECOND
WITHIN, DEADLINE = 20 * SECOND, 60 * SECOND
FOREVER = START + 24 * HOUR
RUN = "ab" * 16


def who(seq: int = 0, *, sent_ns: int = START, run: str = RUN, canary: str = "c") -> CanaryId:
    return CanaryId(canary, run, 0, seq, sent_ns)


def moment(seconds: float) -> Moment:
    at_ns = START + int(seconds * SECOND)
    return Moment(at_ns, at_ns)


def fresh_ledger(**limits: list[int]) -> CanaryLedger:
    ledger = CanaryLedger("c", limits or {"source": [], "sink": [WITHIN, DEADLINE]}, 10 * SECOND, 10 * SECOND)
    ledger.partitions = frozenset({0})
    ledger.judged_ns = FOREVER
    return ledger


def send(ledger: CanaryLedger, *sent: CanaryId) -> None:
    for one in sent:
        ledger.apply(Attempted(one, one.sent_ns))
        ledger.apply(Resolved(one, Outcome.ACKNOWLEDGED))


def see(ledger: CanaryLedger, *seen: Sighting, hop: str = "sink") -> None:
    ledger.apply(Haul(hop, seen))


def arrivals(ledger: CanaryLedger, hop: str = "sink") -> Arrivals:
    return ledger.shelf.arrived[Leaf(0, START, hop)]


def said(ledger: CanaryLedger, one: CanaryId) -> str:
    entry = ledger.shelf.find(one)
    assert entry is not None
    return trace(entry, ("source", "sink"), WITHIN, DEADLINE).verdict


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        pytest.param(19.999, "pending", id="a mark just before it is due decides nothing"),
        pytest.param(20, "overdue", id="a mark at the very instant decides"),
        pytest.param(60, "lost", id="and so for the deadline"),
    ],
)
def test_an_unseen_canary_is_overdue_from_the_first_mark_on(seconds: float, verdict: str) -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    ledger.apply(Haul("sink", mark=moment(seconds)))
    assert said(ledger, who()) == verdict


def test_a_mark_that_decides_nothing_writes_nothing() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    ledger.clean()
    ledger.apply(Haul("sink", mark=moment(10)))
    assert not ledger.changed


def test_a_reader_that_asks_by_id_says_nothing_of_those_it_did_not_ask_for() -> None:
    ledger = fresh_ledger()
    send(ledger, who(0), who(1))
    ledger.apply(Haul("sink", mark=moment(30), looked_up=frozenset({who(1)})))
    assert (said(ledger, who(0)), said(ledger, who(1))) == ("pending", "overdue")


def test_records_missed_by_the_reader_are_no_loss() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    ledger.apply(Haul("sink", mark=moment(90), blind_because="truncated"))
    assert said(ledger, who()) == "unobservable"
    assert ledger.counters["missed_records"] == 1


def test_copies_of_our_own_attempts_are_not_the_pipelines_duplicates() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    first, again = Sighting(who(), moment(1)), Sighting(who(), moment(1), attempt=1)
    see(ledger, first, again, again)
    assert (arrivals(ledger).firsts, arrivals(ledger).repeats) == (1, 1)


def test_rows_counted_again_are_not_counted_twice() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    for copies in (2, 2, 3, 1):
        see(ledger, Sighting(who(), moment(1), copies=copies))
    assert (arrivals(ledger).firsts, arrivals(ledger).repeats) == (1, 2)


def test_reordering_is_counted_with_its_depth_and_is_neither_loss_nor_duplicate() -> None:
    ledger = fresh_ledger()
    send(ledger, *(who(seq) for seq in range(5)))
    see(ledger, *(Sighting(who(seq), moment(1)) for seq in (0, 4, 1, 2, 3)))
    assert arrivals(ledger) == Arrivals(firsts=5, repeats=0, reordered=3, deepest=3)


def test_negative_latency_is_counted_and_not_clamped() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    see(ledger, Sighting(who(), moment(1), appended_ns=START - SECOND))
    entry = ledger.shelf.find(who())
    assert entry is not None
    assert entry.views["sink"].seen_ns == START - SECOND
    assert ledger.counters["negative_latency"] == 1


@pytest.mark.parametrize(
    ("stranger", "hop", "counter"),
    [
        pytest.param(who(canary="other"), "sink", "foreign_canary", id="of another canary"),
        pytest.param(who(sent_ns=START - KEPT_NS - SECOND), "source", "unknown_canary", id="older than the ledger"),
        pytest.param(who(run="cd" * 16, sent_ns=START - HOUR), "sink", "unknown_canary", id="of a run before ours"),
    ],
)
def test_strangers_are_counted_and_are_in_no_ratio(stranger: CanaryId, hop: str, counter: str) -> None:
    ledger = fresh_ledger()
    ledger.accept_since_ns = START
    see(ledger, Sighting(stranger, moment(0)), hop=hop)
    assert ledger.counters[counter] == 1
    assert list(ledger.shelf.entries()) == []
    assert not ledger.arrived


def test_one_found_only_in_the_logs_after_a_crash_is_owed_and_taken_in() -> None:
    ledger = fresh_ledger()
    ledger.accept_since_ns = START - HOUR
    see(ledger, Sighting(who(), moment(1)), hop="sink")  # the sink's reader was faster
    see(ledger, Sighting(who(), moment(1)), hop="source")
    entry = ledger.shelf.find(who())
    assert entry is not None
    assert entry.eligible
    assert said(ledger, who()) == "on_time"


def test_progress_of_sending_waits_for_the_oldest_unanswered_send() -> None:
    ledger = fresh_ledger()
    ledger.apply(Attempted(who(0), START))
    ledger.apply(Attempted(who(1, sent_ns=START + 5), START + 5))
    ledger.apply(Resolved(who(1, sent_ns=START + 5), Outcome.ACKNOWLEDGED))
    assert ledger.resolved_through(START + 9) == START
    ledger.apply(Resolved(who(0), Outcome.REFUSED))
    assert ledger.resolved_through(START + 9) == START + 9


def test_a_page_closes_when_its_slice_is_over_and_its_last_question_answered() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    see(ledger, Sighting(who(), moment(1)))
    assert [page.open for page in ledger.pages(START + 2 * SECOND) if page.kind == "sent"] == [True]
    ledger.clean()
    ledger.sweep(START + 11 * SECOND)
    assert [page.open for page in ledger.pages(START + 11 * SECOND)] == [False]


def test_a_page_that_no_watermark_has_passed_stays_open_so_that_a_restart_counts_it() -> None:
    ledger = fresh_ledger()
    ledger.judged_ns = START + 5 * SECOND
    send(ledger, who())
    see(ledger, Sighting(who(), moment(1)))
    assert [page.open for page in ledger.pages(START + 30 * SECOND) if page.kind == "sent"] == [True]


def test_a_page_with_an_unjudged_canary_stays_open_while_nobody_can_look() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    assert ledger.pages(START + HOUR)[0].open


def test_a_send_that_nobody_answered_and_nobody_found_is_forgotten_in_the_end() -> None:
    ledger = fresh_ledger()
    ledger.apply(Attempted(who(), START))
    assert ledger.pages(START + 10 * MINUTE)[0].open
    assert not ledger.pages(START + 12 * MINUTE)[0].open


def test_memory_is_bounded_by_letting_answered_pages_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_ENTRIES", 30)
    ledger = fresh_ledger()
    for number in range(100):
        at = START + number * 10 * SECOND
        one = who(number, sent_ns=at)
        send(ledger, one)
        see(ledger, Sighting(one, Moment(at + 1, at + 1)))
    ledger.pages(START + 1_000 * SECOND)
    ledger.clean()
    ledger.sweep(START + 1_000 * SECOND)
    assert [entry.id.seq for entry in ledger.entries(0)] == list(range(70, 100))
    late = Haul("sink", (Sighting(who(3, sent_ns=START + 30 * SECOND), moment(1_000)),))
    assert Leaf(0, START + 30 * SECOND) in ledger.wanted([late])


def test_awaited_canaries_are_looked_up_and_those_seen_lately_for_copies() -> None:
    ledger = fresh_ledger()
    old, lately, awaited = who(0), who(1, sent_ns=START + 2 * HOUR), who(2, sent_ns=START + 2 * HOUR)
    send(ledger, old, lately, awaited)
    see(ledger, Sighting(old, moment(1)), Sighting(lately, Moment(lately.sent_ns + 1, lately.sent_ns + 1)))
    assert ledger.watched("sink", START + 2 * HOUR + SECOND) == [awaited, lately]


def test_idle_slices_are_said_of_arrivals_as_soon_as_they_were_looked_at() -> None:
    single, fresh = Stream("p", Duplicates("c")), Stream("p", Freshness("c", WITHIN))
    book, ledger = CellBook("c", "main", [single, fresh], 1, 0), fresh_ledger()
    ledger.apply(Haul("sink", mark=moment(3)))
    assert [(s.key.stream, s.key.slice_start_ns, s.tally) for s in book.samples(ledger, {fresh.id: FOREVER})] == [
        (single.id, START, Tally(0, 0))
    ]


def test_unjudged_canaries_make_no_cell() -> None:
    fresh = Stream("p", Freshness("c", WITHIN))
    book, ledger = CellBook("c", "main", [fresh], 1, 0), fresh_ledger()
    send(ledger, who())
    assert book.samples(ledger, {fresh.id: FOREVER}) == ()


def test_what_was_sent_after_the_watermark_counts_nowhere_yet_though_it_has_arrived() -> None:
    fresh = Stream("p", Freshness("c", WITHIN))
    book, ledger = CellBook("c", "main", [fresh], 1, 0), fresh_ledger()
    ledger.partitions = frozenset({0})
    send(ledger, who())
    see(ledger, Sighting(who(), moment(1)))
    assert book.samples(ledger, {}) == ()
    assert book.samples(ledger, {fresh.id: who().sent_ns}) == ()
    ledger.clean()
    assert [s.tally for s in book.samples(ledger, {fresh.id: who().sent_ns + 1})] == [Tally(1, 0)]


@pytest.mark.parametrize("width", [5 * SECOND, 10 * SECOND, 30 * SECOND])
def test_slices_of_any_width_are_counted_whole(width: int) -> None:
    stream = Stream("p", Completeness("c", DEADLINE), slice_width_ns=width)
    book, ledger = CellBook("c", "main", [stream], 1, 0), fresh_ledger()
    start = START - START % (30 * SECOND)
    for second in range(30):
        one = who(second, sent_ns=start + second * SECOND)
        send(ledger, one)
        see(ledger, Sighting(one, Moment(one.sent_ns + 1, one.sent_ns + 1)))
        samples = book.samples(ledger, {stream.id: FOREVER})
        ledger.clean()
        assert samples[-1].tally.good == (one.sent_ns - start) % width // SECOND + 1
        assert samples[-1].key.slice_start_ns == one.sent_ns - (one.sent_ns - start) % width


def test_nothing_is_said_twice() -> None:
    book, ledger = CellBook("c", "main", [Stream("p", Duplicates("c"))], 1, 0), fresh_ledger()
    send(ledger, who())
    see(ledger, Sighting(who(), moment(1)))
    assert len(book.samples(ledger, {})) == 1
    assert book.samples(ledger, {}) == ()


def test_late_is_not_said_of_a_canary_that_may_have_come_after_the_deadline() -> None:
    ledger = fresh_ledger()
    send(ledger, who())
    ledger.apply(Haul("sink", mark=moment(25)))
    see(ledger, Sighting(who(), moment(65)))
    assert said(ledger, who()) == "unobservable"
