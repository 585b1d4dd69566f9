from __future__ import annotations

from structlog.testing import capture_logs

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.outage import Outage
from slo_service.collect.canary.report import Outcome


def fail(outage: Outage, *partitions: int) -> None:
    for seq, partition in enumerate(partitions):
        outage.failed(CanaryId("c", "ab" * 16, partition, seq, 0), Outcome.TIMED_OUT, "no answer")


def test_an_outage_is_told_when_it_begins_and_summed_up_when_it_ends() -> None:
    outage = Outage("c")
    with capture_logs() as said:
        fail(outage, 0, 1, 0, 1)
        outage.succeeded(0)
        fail(outage, 1)
        outage.succeeded(1)
        outage.succeeded(0)
    assert [entry["event"] for entry in said] == ["canary_send_failed", "canary_sends_recovered"]
    assert said[1]["failed"] == 5


def test_the_next_outage_is_told_again() -> None:
    outage = Outage("c")
    with capture_logs() as said:
        for _ in range(2):
            fail(outage, 0)
            outage.succeeded(0)
    assert [entry["event"] for entry in said] == ["canary_send_failed", "canary_sends_recovered"] * 2


def test_a_partition_that_is_gone_ends_no_later_than_its_topic() -> None:
    outage = Outage("c")
    with capture_logs() as said:
        fail(outage, 7)
        outage.keep((0, 1, 2, 3))
    assert said[-1]["event"] == "canary_sends_recovered"
