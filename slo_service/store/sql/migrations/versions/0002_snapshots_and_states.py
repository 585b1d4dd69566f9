"""What the evaluator saves and what changed since, changes of state, and transitions that were found afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "touched_slots",
        sa.Column("change", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("change", name="pk_touched_slots"),
    )
    op.create_index("ix_touched_slots_at_ns", "touched_slots", ["at_ns"])
    op.create_table(
        "ring_snapshots",
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("saved_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bank", "part", "block", name="pk_ring_snapshots"),
    )
    op.create_table(
        "state_changes",
        sa.Column("slo", sa.String(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remaining", sa.String(), nullable=True),
        sa.Column("coverage", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("slo", "at_ns", "recorded_ns", name="pk_state_changes"),
    )
    op.create_index("ix_state_changes_recorded_ns", "state_changes", ["recorded_ns"])
    op.add_column("transitions", sa.Column("reconstructed", sa.Boolean(), server_default=sa.false(), nullable=False))
    # earlier ingests did not say what they touched
    op.execute("INSERT INTO marks (name, value) SELECT 'touched_floor', value FROM marks WHERE name = 'change'")


def downgrade() -> None:
    raise NotImplementedError("restore a backup made before the upgrade")
