"""The tables. The migrations must lead to exactly this; a test compares them on both databases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def prose(words: str) -> str:
    """Words that may come from a remote: what no database stores (NUL, lone surrogates) becomes a replacement mark,
    because an attempt that cannot be recorded would be repeated for ever."""
    return words.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Prose(TypeDecorator[str]):
    """A column of such words."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else prose(value)


def _key(name: str) -> Column[str]:
    return Column(name, String, primary_key=True)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String, nullable=nullable)


def _ns(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, primary_key=primary_key, autoincrement=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)


# --- measurements -----------------------------------------------------------------------------------------------------

series = Table(  # a stream as one source sees it; the number keeps millions of cells narrow
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    _words("stream"),
    _words("source"),
    UniqueConstraint("stream", "source"),
)


def _cells(name: str, *more: Column[int]) -> Table:
    return Table(
        name,
        metadata,
        Column("series", Integer, primary_key=True, autoincrement=False),
        _ns("start_ns", primary_key=True),
        _count("good"),
        _count("bad"),
        *more,
        sqlite_with_rowid=False,
    )


# `change` is the number of the ingest that last wrote the cell
cells = _cells("cells", _count("epoch"), _count("counter"), _count("change"))
cells_1m = _cells("cells_1m", _count("observed"))
cells_15m = _cells("cells_15m", _count("observed"))

schedules = Table(
    "schedules",
    metadata,
    _key("stream"),
    _ns("since_ns", primary_key=True),
    _words("events_per_second"),
    Column("sources", Integer, nullable=False),
)
progress = Table("progress", metadata, _key("stream"), _key("source"), _ns("through_ns"))
positions = Table("positions", metadata, _key("reader"), _key("name"), _words("value"))
canary_ledger = Table(
    "canary_ledger",
    metadata,
    _key("canary"),
    _key("kind"),
    _key("key"),
    _ns("slice_start_ns", primary_key=True),
    Column("body", LargeBinary, nullable=False),
    _flag("open"),
    Index(None, "canary", "slice_start_ns"),
    Index("ix_canary_ledger_open", "canary", sqlite_where=text("open"), postgresql_where=text("open")),
)

# --- judgements -------------------------------------------------------------------------------------------------------

tier_states = Table(
    "tier_states", metadata, _key("slo"), _key("tier"), _ns("judged_at_ns"), _json("body")
)  # the newest of each
transitions = Table(
    "transitions",
    metadata,
    _key("id"),
    _words("slo"),
    _words("severity"),
    _words("change"),
    _ns("event_ns"),
    _ns("recorded_ns"),
    _words("episode", nullable=True),
    _flag("opens"),
    _flag("closes"),
    _json("tier"),
    _ns("first_bad_ns", nullable=True),
    _count("load"),
    Index(None, "recorded_ns"),
    Index(None, "slo", "recorded_ns"),
)

# --- decisions and what became of them --------------------------------------------------------------------------------

rule_episodes = Table(
    "rule_episodes",
    metadata,
    _key("id"),
    _words("policy"),
    _words("rule"),
    _words("slo"),
    _ns("entered_ns"),
    _ns("entered_event_ns"),
    _ns("left_ns", nullable=True),
    Index(None, "left_ns"),
)
decisions = Table(
    "decisions",
    metadata,
    _key("id"),
    _ns("at_ns"),
    _words("policy"),
    _words("rule"),
    _words("slo"),
    _words("pipeline"),
    _words("episode"),
    _words("transition", nullable=True),
    _words("action"),
    _words("target"),
    _words("verdict"),
    Column("reason", Prose, nullable=False),
    _json("witnesses"),
    Index(None, "at_ns"),
    Index(None, "slo", "at_ns"),
    Index(None, "episode"),
)
holds = Table(
    "holds",
    metadata,
    _key("id"),
    _words("episode"),
    _words("target"),
    _words("decision"),
    _ns("placed_ns"),
    _ns("released_ns", nullable=True),
    Index(None, "episode"),
    Index(None, "released_ns"),
)
wanted_states = Table(
    "wanted_states",
    metadata,
    _key("target"),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    _words("wanted"),
    _ns("decided_ns"),
    _words("decision"),
    _words("found", nullable=True),
    _ns("done_ns", nullable=True),
    Column("outcome", Prose),
    Index(None, "decision"),
)
messages = Table(
    "messages",
    metadata,
    _key("id"),
    _words("decision"),
    _words("contact"),
    _words("template"),
    Column("subject", Prose, nullable=False),
    _json("facts"),
    _ns("created_ns"),
    Column("parts", Integer),  # how many channels it goes to; null until the contact's are known
    Index(None, "decision"),
    Index("ix_messages_unfanned", "created_ns", sqlite_where=text("parts IS NULL"),
          postgresql_where=text("parts IS NULL")),
)  # fmt: skip
message_parts = Table(
    "message_parts",
    metadata,
    _key("message"),
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    _ns("next_try_ns"),
    _ns("leased_until_ns"),
    _count("lease_epoch"),  # a lease of a deposed leader is void
    _flag("final"),
    _words("last_delivery", nullable=True),
    Index("ix_message_parts_due", "next_try_ns", sqlite_where=text("NOT final"), postgresql_where=text("NOT final")),
)
deliveries = Table(
    "deliveries",
    metadata,
    _key("id"),
    _words("of_id"),
    _words("decision"),
    _words("by_adapter"),
    Column("attempt", Integer, nullable=False),
    _ns("at_ns"),
    _flag("ok"),
    _flag("final"),
    Column("detail", Prose, nullable=False),
    Index(None, "decision"),
    Index(None, "of_id"),
    Index(None, "at_ns"),
)

# --- the house --------------------------------------------------------------------------------------------------------

LEADER = "worker"  # the one row of `leaders`
CHANGE, CELLS_FLOOR, AUDIT = "change", "cells_floor", "audit"  # the rows of `marks`
leaders = Table("leaders", metadata, _key("name"), _count("epoch"), _words("owner"), _ns("taken_ns"), _ns("expires_ns"))
marks = Table("marks", metadata, _key("name"), _count("value"))  # the newest ingest, how far cells are pruned, …
definition_versions = Table(
    "definition_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _ns("at_ns"),
    _words("digest"),
    _json("files"),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _ns("at_ns"),
    _words("who"),
    _words("what"),
    Column("why", Prose, nullable=False),
    _json("facts"),
    _words("previous"),
    _words("hash"),
)
