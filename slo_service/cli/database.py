"""`slo db`: administration of the store."""

from __future__ import annotations

import click

from slo_service.cli.example import Example
from slo_service.cli.talk import Trouble, log_to_stderr, print_json


@click.group()
def db() -> None:
    """Administer the database."""


@db.command(cls=Example, epilog="slo db upgrade --store postgresql+asyncpg://slo@localhost/slo")
@click.option("--store", metavar="URL", help="SQLAlchemy URL of the database.  [default: SLO_STORE, else SQLite]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def upgrade(*, store: str | None, as_json: bool) -> None:
    """Bring the tables to those this version needs. Does nothing when they are."""
    import asyncio

    from slo_service.runtime.settings import SettingsRefused, read_settings

    log_to_stderr()
    try:
        url = read_settings(store=store).store.get_secret_value()
    except SettingsRefused as refused:
        raise Trouble(str(refused)) from None
    name = asyncio.run(_upgraded(url))
    if as_json:
        print_json({"ok": True, "database": name})
    else:
        click.echo(f"{name} is up to date")


async def _upgraded(url: str) -> str:
    from sqlalchemy.exc import ArgumentError

    from slo_service.collect.ports import StoreUnavailable
    from slo_service.store.errors import StoreTooNew
    from slo_service.store.sql.database import Database
    from slo_service.store.sql.migrate import upgrade as run

    try:
        database = Database(url)
    except (ArgumentError, ValueError):
        raise Trouble(
            "the store's URL is not one of a known database; write sqlite+aiosqlite:///FILE or "
            "postgresql+asyncpg://USER@HOST/DATABASE"
        ) from None
    try:
        await run(database)
    except (StoreTooNew, StoreUnavailable) as refused:
        raise Trouble(str(refused)) from None
    finally:
        await database.close()
    return database.name
