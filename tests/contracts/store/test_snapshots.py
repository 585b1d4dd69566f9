import pytest

from slo_service.evaluate.ports import Block, SnapshotHeader
from tests.contracts.store.conftest import Store
from tests.store.build import NOW

BLOCKS = [Block("fine", 1, b"\x00\xff"), Block("coarse", 0, b""), Block("fine", 0, b"zero")]


async def test_a_snapshot_is_loaded_as_it_was_saved_by_part_and_number(store: Store) -> None:
    await store.snapshots.save("bank", BLOCKS, 7, NOW, "v1 3 × 40")
    assert await store.snapshots.header("bank") == SnapshotHeader("v1 3 × 40", 7, NOW)
    assert list(await store.snapshots.load("bank")) == [BLOCKS[1], BLOCKS[2], BLOCKS[0]]


async def test_a_bank_that_was_never_saved_has_no_snapshot(store: Store) -> None:
    assert await store.snapshots.header("bank") is None
    assert list(await store.snapshots.load("bank")) == []


async def test_the_next_snapshot_replaces_all_of_the_one_before(store: Store) -> None:
    await store.snapshots.save("bank", BLOCKS, 7, NOW, "old")
    await store.snapshots.save("bank", [Block("fine", 0, b"new")], 8, NOW + 1)
    assert await store.snapshots.header("bank") == SnapshotHeader("", 8, NOW + 1)
    assert list(await store.snapshots.load("bank")) == [Block("fine", 0, b"new")]


async def test_blocks_that_are_kept_stay_beside_the_new_ones(store: Store) -> None:
    await store.snapshots.save("bank", BLOCKS, 7, NOW, "old")
    new = Block("fine", 2, b"new")
    await store.snapshots.save("bank", [new], 8, NOW + 1, "new", keep={("fine", 1), ("coarse", 9)})
    assert await store.snapshots.header("bank") == SnapshotHeader("new", 8, NOW + 1)
    assert list(await store.snapshots.load("bank")) == [BLOCKS[0], new]


async def test_more_blocks_than_one_statement_takes_are_all_saved(store: Store) -> None:
    many = [Block("fine", n, bytes([n % 256]) * 100) for n in range(150)]
    await store.snapshots.save("bank", many, 7, NOW)
    assert list(await store.snapshots.load("bank")) == many


async def test_banks_are_kept_apart_and_those_not_kept_are_forgotten(store: Store) -> None:
    for bank in ("a", "b", "c"):
        await store.snapshots.save(bank, [Block("fine", 0, bank.encode())], 7, NOW)
    await store.snapshots.forget({"b", "unknown"})
    assert [len(await store.snapshots.load(bank)) for bank in ("a", "b", "c")] == [0, 1, 0]
    assert await store.snapshots.header("a") is None
    await store.snapshots.forget(())
    assert await store.snapshots.header("b") is None


def test_a_block_belongs_to_a_part_that_has_a_name() -> None:
    with pytest.raises(ValueError, match="part that has a name"):
        Block("", 0, b"")
