"""Brings a database to the tables this version knows, in one transaction, before anything else touches it."""

from __future__ import annotations

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from slo_service.store.errors import StoreTooNew
from slo_service.store.sql.database import Database

log = structlog.get_logger()

_SCRIPTS = Path(__file__).with_name("migrations")
_LOCK = 0x736C6F2D6D696772  # "slo-migr": replicas that start together upgrade one after the other


def configuration() -> Config:
    """What Alembic needs; the connection is put into its `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def upgrade(database: Database) -> None:
    """Raises `StoreTooNew` for a database of a later version, `StoreUnavailable` when nothing was changed."""
    async with database.write(fenced=False) as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("SET LOCAL lock_timeout = '120s'"))  # another one's upgrade may take a while
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_upgrade, database.name)


def _upgrade(connection: Connection, name: str) -> None:
    config = configuration()
    scripts = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in known:
        raise StoreTooNew(
            f"the database {name} is at revision {current}, which this version of slo-service does not know; "
            "run the version that wrote it, or restore a backup made before its upgrade"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    log.info("store_upgraded", database=name, before=current, now=scripts.get_current_head())
