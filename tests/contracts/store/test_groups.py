from slo_service.collect.ports import Batch
from slo_service.domain.grouping import KnownGroup
from tests.contracts.store.conftest import Store
from tests.store.build import NOW

A = KnownGroup("s-a", "s", (("region", "eu"), ("tenant", 'a"\\\u00fc\N{SNOWMAN}')), NOW)
REST = KnownGroup("s-rest", "s", (("", "region,tenant"),), NOW)


async def test_groups_come_back_as_they_were_told(store: Store) -> None:
    await store.ingest(Batch(groups=(REST, A)))
    assert list(await store.groups.known()) == [A, REST]


async def test_a_group_is_kept_once_with_the_moment_it_was_seen_last(store: Store) -> None:
    later = KnownGroup(A.stream, A.parent, A.labels, NOW + 1)
    for batch in (Batch(groups=(A, REST)), Batch(groups=(later,))):
        await store.ingest(batch)
    assert list(await store.groups.known()) == [later, REST]


async def test_a_forgotten_group_is_gone_until_it_is_told_of_again(store: Store) -> None:
    await store.ingest(Batch(groups=(A, REST)))
    await store.groups.forget([A.stream, "nobody"])
    assert list(await store.groups.known()) == [REST]
    await store.ingest(Batch(groups=(A,)))
    assert list(await store.groups.known()) == [A, REST]
