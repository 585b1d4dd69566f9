"""The groups of grouped definitions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_groups",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("seen_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_known_groups"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup made before the upgrade")
