from __future__ import annotations

import pytest

from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Contract, FolderSink, HttpSink, KafkaTopic, Pipeline, SqlTable, Stage

RAW, CLEAN, RICH = (KafkaTopic("main", name) for name in ("raw", "clean", "rich"))
TABLE = SqlTable("sqlite://", "orders", "id")
ORDERS = Pipeline(
    "orders",
    "",
    "team",
    RAW,
    (
        Stage("cleaning", CLEAN, consumer_group="cleaner", commit_interval_ns=10 * SECOND),
        Stage("enriching", RICH, commit_interval_ns=MINUTE),
    ),
    TABLE,
    sink_group="loader",
    sink_commit_interval_ns=5 * SECOND,
)


def of(contract: Contract, sink: SqlTable | HttpSink | FolderSink = TABLE) -> Pipeline:
    return Pipeline("orders", "", "team", RAW, (), sink, contract=contract)


def test_places_of_observation_go_from_source_to_sink() -> None:
    assert ORDERS.hops == ("source", "cleaning", "enriching", "sink")
    assert [ORDERS.place(hop) for hop in ORDERS.hops] == [RAW, CLEAN, RICH, TABLE]


@pytest.mark.parametrize(
    ("hop", "waits_ns"),
    [
        ("source", 0),
        ("cleaning", 10 * SECOND),
        ("enriching", 70 * SECOND),
        ("sink", 75 * SECOND),
        ("nowhere", 0),
    ],
)
def test_an_event_waits_for_every_commit_on_its_way_and_no_later_one(hop: str, waits_ns: int) -> None:
    assert ORDERS.commit_interval_ns(hop) == waits_ns


def test_a_stage_that_declares_no_commits_adds_no_waiting() -> None:
    pipeline = Pipeline("orders", "", "team", RAW, (Stage("cleaning", CLEAN),), TABLE)
    assert pipeline.commit_interval_ns("sink") == 0


def test_a_consumer_group_reads_the_topic_before_its_stage_also_past_one_without_a_group() -> None:
    assert ORDERS.groups() == (("cleaning", "cleaner", RAW), ("sink", "loader", RICH))


def test_a_pipeline_without_declared_groups_has_none() -> None:
    assert of(Contract.PASSTHROUGH).groups() == ()


@pytest.mark.parametrize("contract", [Contract.PASSTHROUGH, Contract.PROJECTION])
def test_canaries_are_followed_where_events_keep_their_identity(contract: Contract) -> None:
    assert of(contract).unserved is None


@pytest.mark.parametrize("contract", [Contract.AGGREGATE, Contract.JOIN, Contract.CDC])
def test_other_contracts_are_said_to_be_unserved(contract: Contract) -> None:
    assert of(contract).unserved == f"no collector follows canaries through the contract {contract} yet"


@pytest.mark.parametrize(
    ("sink", "kind"),
    [(HttpSink("http://localhost"), "http"), (FolderSink("/data", "parquet", "id"), "folder")],
)
def test_sinks_that_nobody_reads_are_said_to_be_unserved(sink: HttpSink | FolderSink, kind: str) -> None:
    assert of(Contract.PASSTHROUGH, sink).unserved == f"no collector reads a sink of the kind {kind} yet"


def test_secrets_stay_out_of_what_is_printed() -> None:
    assert "secret" not in repr(SqlTable("postgresql://u:secret@db/x", "orders", "id"))
    assert "secret" not in repr(HttpSink("https://u:secret@sink", headers={"Authorization": "secret"}))


def test_a_canary_that_says_no_more_is_asked_every_second_and_lost_after_five_minutes() -> None:
    canary = Canary("c", "orders", SECOND, {}, "m")
    assert (canary.deadline_ns, canary.send_timeout_ns, canary.poll_ns) == (5 * MINUTE, 10 * SECOND, SECOND)
    assert (canary.marker_value, canary.region) == ("slo-canary", "main")


def test_a_topics_declared_partitions_do_not_make_it_another_topic() -> None:
    assert KafkaTopic("main", "raw", partitions=3) == RAW
