from slo_service.collect.ports import Batch, Position
from slo_service.domain.instant import HOUR
from tests.contracts.store.conftest import Store
from tests.store.build import LONG_AGO, NOW, page


async def test_open_pages_come_back_whatever_their_age_and_closed_ones_since(store: Store) -> None:
    old_open, old, edge, new = page(LONG_AGO, open=True), page(LONG_AGO, key="run/1"), page(NOW), page(NOW + HOUR)
    other = page(NOW, canary="another")
    await store.ingest(Batch(pages=(new, edge, old, old_open, other)))
    assert list(await store.ledger.pages("orders-canary", NOW)) == [old_open, edge, new]


async def test_a_page_is_replaced_whole(store: Store) -> None:
    await store.ingest(Batch(pages=(page(body=b"one", open=True),)))
    await store.ingest(Batch(pages=(page(body=b"two"),)))
    assert await store.ledger.page("orders-canary", "sent", "run/0", NOW) == page(body=b"two")
    assert await store.ledger.page("orders-canary", "sent", "run/9", NOW) is None


async def test_a_position_is_the_last_one_committed(store: Store) -> None:
    for value in ("41", "42"):
        await store.ingest(Batch(positions=(Position("reader", "topic/0", value), Position("other", "topic/0", "1"))))
    assert await store.ledger.positions("reader") == {"topic/0": "42"}
    assert await store.ledger.positions("nobody") == {}
