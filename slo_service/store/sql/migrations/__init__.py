"""Alembic revisions: how every earlier version's tables become this one's."""
