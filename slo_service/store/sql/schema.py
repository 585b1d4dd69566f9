"""The tables. The migrations must lead to exactly this; a test compares them on both databases."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from slo_service.store.sql.columns import Prose, count, flag, json, key, ns, words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- measurements -----------------------------------------------------------------------------------------------------

series = Table(  # a stream as one source sees it; the number keeps millions of cells narrow
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    words("stream"),
    words("source"),
    UniqueConstraint("stream", "source"),
)


def _cells(name: str, *more: Column[int]) -> Table:
    return Table(
        name,
        metadata,
        Column("series", Integer, primary_key=True, autoincrement=False),
        ns("start_ns", primary_key=True),
        count("good"),
        count("bad"),
        *more,
        sqlite_with_rowid=False,
    )


# `change` is the number of the ingest that last wrote the cell
cells = _cells("cells", count("epoch"), count("counter"), count("change"))
cells_1m = _cells("cells_1m", count("observed"))
cells_15m = _cells("cells_15m", count("observed"))

touched_slots = Table(  # for each ingest that changed cells, in which slices: what a snapshot of before it lacks
    "touched_slots",
    metadata,
    ns("change", primary_key=True),
    ns("at_ns"),
    Column("slots", LargeBinary, nullable=False),
    Index(None, "at_ns"),
)
ring_snapshots = Table(
    "ring_snapshots",
    metadata,
    key("bank"),
    key("part"),  # empty in the row that says what the others are
    Column("block", Integer, primary_key=True, autoincrement=False),
    count("change"),
    ns("saved_ns"),
    Column("body", LargeBinary, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    key("stream"),
    ns("since_ns", primary_key=True),
    words("events_per_second"),
    Column("sources", Integer, nullable=False),
)
known_groups = Table(  # the combinations of labels that grouped streams are told apart by
    "known_groups", metadata, key("stream"), words("parent"), json("labels"), ns("seen_ns")
)
progress = Table("progress", metadata, key("stream"), key("source"), ns("through_ns"))
positions = Table("positions", metadata, key("reader"), key("name"), words("value"))
canary_ledger = Table(
    "canary_ledger",
    metadata,
    key("canary"),
    key("kind"),
    key("key"),
    ns("slice_start_ns", primary_key=True),
    Column("body", LargeBinary, nullable=False),
    flag("open"),
    Index(None, "canary", "slice_start_ns"),
    Index("ix_canary_ledger_open", "canary", sqlite_where=text("open"), postgresql_where=text("open")),
)

# --- judgements -------------------------------------------------------------------------------------------------------

tier_states = Table(
    "tier_states", metadata, key("slo"), key("tier"), ns("judged_at_ns"), json("body")
)  # the newest of each
transitions = Table(
    "transitions",
    metadata,
    key("id"),
    words("slo"),
    words("severity"),
    words("change"),
    ns("event_ns"),
    ns("recorded_ns"),
    words("episode", nullable=True),
    flag("opens"),
    flag("closes"),
    json("tier"),
    ns("first_bad_ns", nullable=True),
    count("load"),
    Column("reconstructed", Boolean, nullable=False, server_default=false()),
    Index(None, "recorded_ns"),
    Index(None, "slo", "recorded_ns"),
)
state_changes = Table(
    "state_changes",
    metadata,
    key("slo"),
    ns("at_ns", primary_key=True),
    ns("recorded_ns", primary_key=True),  # corrections change states while event time stands still
    words("state"),
    words("remaining", nullable=True),
    words("coverage"),
    Index(None, "recorded_ns"),
)

# --- decisions and what became of them --------------------------------------------------------------------------------

rule_episodes = Table(
    "rule_episodes",
    metadata,
    key("id"),
    words("policy"),
    words("rule"),
    words("slo"),
    ns("entered_ns"),
    ns("entered_event_ns"),
    ns("left_ns", nullable=True),
    Index(None, "left_ns"),
)
decisions = Table(
    "decisions",
    metadata,
    key("id"),
    ns("at_ns"),
    words("policy"),
    words("rule"),
    words("slo"),
    words("pipeline"),
    words("episode"),
    words("transition", nullable=True),
    words("action"),
    words("target"),
    words("verdict"),
    Column("reason", Prose, nullable=False),
    json("witnesses"),
    Index(None, "at_ns"),
    Index(None, "slo", "at_ns"),
    Index(None, "episode"),
)
holds = Table(
    "holds",
    metadata,
    key("id"),
    words("episode"),
    words("target"),
    words("decision"),
    ns("placed_ns"),
    ns("released_ns", nullable=True),
    Index(None, "episode"),
    Index(None, "released_ns"),
)
wanted_states = Table(
    "wanted_states",
    metadata,
    key("target"),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    words("wanted"),
    ns("decided_ns"),
    words("decision"),
    words("found", nullable=True),
    ns("done_ns", nullable=True),
    Column("outcome", Prose),
    Index(None, "decision"),
)
messages = Table(
    "messages",
    metadata,
    key("id"),
    words("decision"),
    words("contact"),
    words("template"),
    Column("subject", Prose, nullable=False),
    json("facts"),
    ns("created_ns"),
    Column("parts", Integer),  # how many channels it goes to; null until the contact's are known
    Index(None, "decision"),
    Index("ix_messages_unfanned", "created_ns", sqlite_where=text("parts IS NULL"),
          postgresql_where=text("parts IS NULL")),
)  # fmt: skip
message_parts = Table(
    "message_parts",
    metadata,
    key("message"),
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    ns("next_try_ns"),
    ns("leased_until_ns"),
    count("lease_epoch"),  # a lease of a deposed leader is void
    flag("final"),
    words("last_delivery", nullable=True),
    Index("ix_message_parts_due", "next_try_ns", sqlite_where=text("NOT final"), postgresql_where=text("NOT final")),
)
deliveries = Table(
    "deliveries",
    metadata,
    key("id"),
    words("of_id"),
    words("decision"),
    words("by_adapter"),
    Column("attempt", Integer, nullable=False),
    ns("at_ns"),
    flag("ok"),
    flag("final"),
    Column("detail", Prose, nullable=False),
    Index(None, "decision"),
    Index(None, "of_id"),
    Index(None, "at_ns"),
)

# --- the house --------------------------------------------------------------------------------------------------------

LEADER = "worker"  # the one row of `leaders`
# The rows of `marks`: the newest ingest, how far cells are pruned, how far what ingests touched is, and the audit log
CHANGE, CELLS_FLOOR, TOUCHED_FLOOR, AUDIT = "change", "cells_floor", "touched_floor", "audit"
leaders = Table("leaders", metadata, key("name"), count("epoch"), words("owner"), ns("taken_ns"), ns("expires_ns"))
marks = Table("marks", metadata, key("name"), count("value"))
definition_versions = Table(
    "definition_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    ns("at_ns"),
    words("digest"),
    json("files"),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    ns("at_ns"),
    words("who"),
    words("what"),
    Column("why", Prose, nullable=False),
    json("facts"),
    words("previous"),
    words("hash"),
)
