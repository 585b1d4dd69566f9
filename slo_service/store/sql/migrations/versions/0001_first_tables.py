"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cells()
    _collecting()
    _judging()
    _deciding()
    _delivering()
    _house()


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first tables")


def _cells() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("stream", "source", name="uq_series_stream_source"),
    )
    op.create_table(
        "cells",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "start_ns", name="pk_cells"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cells_1m",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "start_ns", name="pk_cells_1m"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cells_15m",
        sa.Column("series", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "start_ns", name="pk_cells_15m"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedules",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("since_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("events_per_second", sa.String(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "since_ns", name="pk_schedules"),
    )
    op.create_table(
        "progress",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("through_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", "source", name="pk_progress"),
    )


def _collecting() -> None:
    op.create_table(
        "positions",
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "name", name="pk_positions"),
    )
    op.create_table(
        "canary_ledger",
        sa.Column("canary", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("slice_start_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("canary", "kind", "key", "slice_start_ns", name="pk_canary_ledger"),
    )
    op.create_index("ix_canary_ledger_canary_slice_start_ns", "canary_ledger", ["canary", "slice_start_ns"])
    op.create_index(
        "ix_canary_ledger_open",
        "canary_ledger",
        ["canary"],
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )


def _judging() -> None:
    op.create_table(
        "tier_states",
        sa.Column("slo", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("judged_at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("slo", "tier", name="pk_tier_states"),
    )
    op.create_table(
        "transitions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("slo", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("event_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("episode", sa.String(), nullable=True),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("tier", sa.JSON(), nullable=False),
        sa.Column("first_bad_ns", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("load", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transitions"),
    )
    op.create_index("ix_transitions_recorded_ns", "transitions", ["recorded_ns"])
    op.create_index("ix_transitions_slo_recorded_ns", "transitions", ["slo", "recorded_ns"])
    op.create_table(
        "rule_episodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("slo", sa.String(), nullable=False),
        sa.Column("entered_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entered_event_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("left_ns", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_rule_episodes"),
    )
    op.create_index("ix_rule_episodes_left_ns", "rule_episodes", ["left_ns"])


def _deciding() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("slo", sa.String(), nullable=False),
        sa.Column("pipeline", sa.String(), nullable=False),
        sa.Column("episode", sa.String(), nullable=False),
        sa.Column("transition", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("witnesses", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_at_ns", "decisions", ["at_ns"])
    op.create_index("ix_decisions_episode", "decisions", ["episode"])
    op.create_index("ix_decisions_slo_at_ns", "decisions", ["slo", "at_ns"])
    op.create_table(
        "holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("episode", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("placed_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("released_ns", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_episode", "holds", ["episode"])
    op.create_index("ix_holds_released_ns", "holds", ["released_ns"])
    op.create_table(
        "wanted_states",
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("decided_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=True),
        sa.Column("done_ns", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("target", "epoch", name="pk_wanted_states"),
    )
    op.create_index("ix_wanted_states_decision", "wanted_states", ["decision"])


def _delivering() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_decision", "messages", ["decision"])
    op.create_index(
        "ix_messages_unfanned",
        "messages",
        ["created_ns"],
        sqlite_where=sa.text("parts IS NULL"),
        postgresql_where=sa.text("parts IS NULL"),
    )
    op.create_table(
        "message_parts",
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("channel", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leased_until_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("last_delivery", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("message", "channel", name="pk_message_parts"),
    )
    op.create_index(
        "ix_message_parts_due",
        "message_parts",
        ["next_try_ns"],
        sqlite_where=sa.text("NOT final"),
        postgresql_where=sa.text("NOT final"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("of_id", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("by_adapter", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_at_ns", "deliveries", ["at_ns"])
    op.create_index("ix_deliveries_decision", "deliveries", ["decision"])
    op.create_index("ix_deliveries_of_id", "deliveries", ["of_id"])


def _house() -> None:
    leaders = op.create_table(
        "leaders",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("taken_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leaders"),
    )
    marks = op.create_table(
        "marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
    op.create_table(
        "definition_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_definition_versions"),
    )
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    none_yet = {"name": "worker", "epoch": 0, "owner": "", "taken_ns": 0, "expires_ns": 0}
    op.bulk_insert(leaders, [none_yet])
    op.bulk_insert(marks, [{"name": name, "value": 0} for name in ("change", "cells_floor", "audit")])
