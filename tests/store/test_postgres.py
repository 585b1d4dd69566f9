import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from slo_service.collect.ports import StoreUnavailable
from slo_service.domain.cell import Delta
from slo_service.domain.instant import SECOND
from slo_service.store.sql.store import open_store
from tests.services.ports import free_port
from tests.services.postgres import Postgres
from tests.store.build import NOW, batch, sample


async def test_a_server_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(StoreUnavailable) as refusal:
        await open_store(f"postgresql://slo:hunter2@127.0.0.1:{free_port()}/slo", lambda: NOW)
    assert "hunter2" not in str(refusal.value)


async def test_a_database_that_does_not_exist_is_said(postgres: Postgres) -> None:
    with pytest.raises(StoreUnavailable, match='"nowhere" does not exist'):
        await open_store(postgres.url("nowhere"), lambda: NOW)


async def test_a_killed_server_loses_nothing_and_the_leader_goes_on_when_it_is_back(postgres: Postgres) -> None:
    store = await open_store(postgres.url(postgres.create_database()), lambda: NOW)
    await store.leadership.acquire("test", NOW, SECOND)
    await store.ingest(batch(sample(good=1)))
    postgres.kill()
    try:
        with pytest.raises(StoreUnavailable):
            await store.ingest(batch(sample(good=2, counter=2)))
        with pytest.raises(StoreUnavailable):
            await store.leadership.renew(NOW, SECOND)
    finally:
        postgres.start()
    assert await store.leadership.renew(NOW, SECOND)
    assert await store.ingest(batch(sample(good=2, counter=2))) == (Delta("s", NOW, 1, 0, 0, "canary/eu/0"),)
    await store.close()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        pytest.param("planted", "x\0", "a value is refused", id="the server refuses the value"),
        pytest.param("planted\ud83d", "x", "a value is refused", id="the driver refuses the value"),
        pytest.param("planted", "x", "duplicate key", id="the server's detail quotes the row"),
    ],
)
async def test_an_error_shows_none_of_the_statements_values(
    postgres: Postgres, key: str, value: str, said: str
) -> None:
    store = await open_store(postgres.url(postgres.create_database()), lambda: NOW)
    insert = text("INSERT INTO positions (reader, name, value) VALUES (:key, :key, :value)")

    async def insert_twice() -> None:
        for _ in range(2):
            async with store._database.write(fenced=False) as writing:
                await writing.execute(insert, {"key": key, "value": value})

    with pytest.raises((StoreUnavailable, IntegrityError), match=said) as refused:
        await insert_twice()
    assert "planted" not in "".join(traceback.format_exception(refused.value))
    await store.close()
