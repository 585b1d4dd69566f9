from dataclasses import replace

from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from tests.show.api.asking import asking
from tests.show.fakes import NOW, World, trace


async def test_a_pipeline_is_as_bad_as_its_worst_objective() -> None:
    assert (await asking(World(), "/api/v1/pipelines")).json()["pipelines"][0]["state"] == "burning"


async def test_hops_stand_in_the_order_of_the_flow_with_their_groups() -> None:
    hops = (await asking(World(), "/api/v1/pipelines/orders")).json()["hops"]
    assert [(hop["hop"], hop["consumer_group"]) for hop in hops] == [
        ("source", None), ("enrich", "orders-enricher"), ("sink", "orders-loader")]  # fmt: skip
    assert hops[1]["group"]["age_seconds"] == 5
    assert hops[2]["group"] is None


async def test_one_unknown_partition_makes_the_groups_age_unknown() -> None:
    unknown = PartitionAge(1, None, 100, None, None, reason="no committed offset")
    age = GroupAge("orders", "enrich", "orders-enricher", "orders.raw", NOW, (PartitionAge(0, 9, 9, 0, 0), unknown))
    group = (await asking(World(ages=(age,)), "/api/v1/pipelines/orders")).json()["hops"][1]["group"]
    assert group["age_seconds"] is None
    assert group["partitions"][1]["reason"] == "no committed offset"


async def test_the_oldest_pending_canary_is_named_with_its_age() -> None:
    canary = (await asking(World(), "/api/v1/pipelines/orders")).json()["canaries"][0]
    assert (canary["oldest_pending"]["seq"], canary["oldest_pending_age_seconds"], canary["pending"]) == (1, 12, 2)


async def test_no_canary_on_its_way_is_age_zero_only_while_canaries_are_sent() -> None:
    arrived = [trace(0, NOW - SECOND, "on_time", transit_ns=SECOND)]
    sent = (await asking(World(traces=arrived), "/api/v1/pipelines/orders")).json()["canaries"][0]
    assert (sent["oldest_pending_age_seconds"], sent["pending"]) == (0, 0)
    stopped = World(traces=[replace(arrived[0], sent_ns=NOW - MINUTE)])
    silent = (await asking(stopped, "/api/v1/pipelines/orders")).json()["canaries"][0]
    assert (silent["oldest_pending_age_seconds"], silent["pending"]) == (None, None)


async def test_a_blind_reader_makes_the_oldest_pending_canary_unknown() -> None:
    blind = World(traces=[trace(0, NOW - SECOND, "unobservable")])
    assert (await asking(blind, "/api/v1/pipelines/orders")).json()["canaries"][0]["pending"] is None


async def test_canaries_since_an_instant_are_listed_oldest_first() -> None:
    body = (await asking(World(), "/api/v1/pipelines/orders/canaries?since=2026-11-20T09:40:00Z")).json()
    assert [row["seq"] for row in body["canaries"]] == [1, 2]
    assert body["since"] == "2026-11-20T09:40:00Z"


async def test_canaries_beyond_the_limit_leave_the_newest() -> None:
    body = (await asking(World(), "/api/v1/pipelines/orders/canaries?limit=1")).json()
    assert ([row["seq"] for row in body["canaries"]], body["total"], body["truncated"]) == ([2], 3, True)


async def test_canaries_reach_back_two_hours_at_most() -> None:
    old = World(traces=[trace(0, NOW - 3 * HOUR, "lost")])
    body = (await asking(old, "/api/v1/pipelines/orders/canaries?since=2026-11-20T00:00:00Z")).json()
    assert (body["total"], body["since"]) == (0, "2026-11-20T07:40:30Z")
