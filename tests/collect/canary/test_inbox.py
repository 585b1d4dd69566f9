from __future__ import annotations

import threading

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.report import Attempted, Haul, Moment, Sighting

WHO = CanaryId("c", "ab" * 16, 0, 0, 0)
SEEN = Haul("sink", (Sighting(WHO, Moment(1, 1)),), mark=Moment(1, 1))


def quiet(at: int, hop: str = "sink") -> Haul:
    return Haul(hop, mark=Moment(at, at), positions={"p": str(at)})


def test_reports_come_out_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    for report in (Attempted(WHO, 0), SEEN, quiet(2)):
        assert inbox.put(report)
    assert inbox.drain() == [Attempted(WHO, 0), SEEN, quiet(2)]
    assert inbox.drain() == []


def test_quiet_marks_of_one_reader_take_one_place() -> None:
    inbox = Inbox(capacity=2)
    assert all(inbox.put(quiet(at)) for at in range(100))
    assert inbox.put(quiet(5, "source"))
    assert inbox.drain() == [quiet(99), quiet(5, "source")]


def test_a_mark_never_swallows_a_sighting() -> None:
    inbox = Inbox()
    for report in (quiet(1), SEEN, quiet(2)):
        inbox.put(report)
    assert inbox.drain() == [quiet(1), SEEN, quiet(2)]


def test_a_full_inbox_makes_its_writer_wait_until_it_is_emptied() -> None:
    inbox, went = Inbox(capacity=1), threading.Event()
    inbox.put(SEEN)
    assert not inbox.put(SEEN)
    writer = threading.Thread(target=lambda: went.set() if inbox.put(SEEN, timeout_seconds=10) else None)
    writer.start()
    inbox.drain()
    writer.join(10)
    assert went.is_set()


def test_nobody_waits_at_a_closed_inbox() -> None:
    inbox = Inbox(capacity=1)
    inbox.put(SEEN)
    inbox.close()
    assert not inbox.put(SEEN, timeout_seconds=10)
    assert inbox.drain() == [SEEN]
