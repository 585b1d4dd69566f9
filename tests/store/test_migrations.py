from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, MetaData, Table, text
from sqlalchemy.engine import Connection

from slo_service.evaluate.ports import ChangesForgotten
from slo_service.store import codec
from slo_service.store.errors import StoreTooNew
from slo_service.store.sql.database import Database, sqlite_file
from slo_service.store.sql.migrate import configuration, upgrade
from slo_service.store.sql.schema import metadata
from slo_service.store.sql.store import open_store
from tests.services.postgres import Postgres
from tests.store.build import NOW, transition


@pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"sqlite:///{tmp_path}/a/new/folder/slo.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(server.create_database())


async def test_the_migrations_lead_to_the_tables_the_code_knows(url: str) -> None:
    store = await open_store(url, lambda: NOW)
    async with store._database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
        )
    assert differences == []
    await store.close()


async def test_opening_again_changes_nothing(url: str) -> None:
    for _ in range(2):
        store = await open_store(url, lambda: NOW)
        async with store._database.read() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM leaders")) == 1
        await store.close()


async def test_a_database_of_a_later_version_is_refused_in_one_sentence(url: str) -> None:
    store = await open_store(url, lambda: NOW)
    async with store._database.write(fenced=False) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreTooNew, match="is at revision 9999, which this version of slo-service does not know"):
        await open_store(url, lambda: NOW)


async def _at_the_first_tables(database: Database) -> None:
    """Makes a database as the first version left it, with a transition and 41 ingests in it."""

    def to_first(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    async with database.write(fenced=False) as connection:
        await connection.run_sync(to_first)
        row = codec.encode_transition(transition())
        del row["reconstructed"]
        first = Table("transitions", MetaData(), *(Column(name, JSON if name == "tier" else None) for name in row))
        await connection.execute(first.insert().values(row))
        await connection.execute(text("UPDATE marks SET value = 41 WHERE name = 'change'"))


async def test_what_the_first_version_wrote_is_read_with_the_defaults_of_what_came_since(url: str) -> None:
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True)
    database = Database(url)
    await _at_the_first_tables(database)
    await database.close()
    store = await open_store(url, lambda: NOW)
    assert list(await store.journal.transitions(None, 9)) == [transition()]
    assert await store.changes.change() == 41
    with pytest.raises(ChangesForgotten, match="up to 41"):  # it did not write down what ingests touched
        await store.changes.touched(40)
    await store.close()


async def test_an_upgrade_that_breaks_off_leaves_no_table_behind(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/slo.db")
    async with database.write(fenced=False) as connection:
        await connection.execute(text("CREATE TABLE audit_log (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="audit_log already exists"):
        await upgrade(database)
    async with database.read() as connection:
        names = await connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        assert set(names) <= {"audit_log", "alembic_version"}
    await database.close()


def test_there_is_one_line_of_revisions() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1
