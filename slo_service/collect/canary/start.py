"""Where a tap begins to read each partition, and whether records were missed since it last stood there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_ID = "-"


@dataclass(frozen=True, slots=True)
class Start:
    """`missed` is empty, or says why records between the stored position and this start were never read."""

    offsets: Mapping[int, int]
    missed: str = ""


def position_name(topic: str, topic_id: str | None, partition: int) -> str:
    return f"{topic}/{topic_id or NO_ID}/{partition}"


def stored_ids(stored: Mapping[str, str], topic: str) -> frozenset[str]:
    """Topic ids under which positions of this topic were stored."""
    prefix = f"{topic}/"  # ids are base64 and may hold a slash themselves; names of topics and partitions do not
    return frozenset(name.removeprefix(prefix).rpartition("/")[0] for name in stored if name.startswith(prefix))


def begin(
    topic: str,
    topic_id: str | None,
    stored: Mapping[str, str],
    low: Mapping[int, int],
    high: Mapping[int, int],
    *,
    from_end: frozenset[int],
) -> Start:
    """For the partitions whose bounds are known.

    A stored position is taken up where it still lies within the log. Without one, the partitions in `from_end`, which
    were there before us, are read from their end, and one that joined later from its start: all of it is new to us."""
    ids = stored_ids(stored, topic)
    recreated = bool(ids) and topic_id is not None and topic_id not in ids and NO_ID not in ids
    offsets: dict[int, int] = {}
    missed = f"topicRecreated: {topic} has the id {topic_id} now" if recreated else ""
    for partition in sorted(low.keys() & high.keys()):
        position = None if recreated else _stored(topic, topic_id, stored, partition, ids)
        if position is None:
            was_there = partition in from_end and not recreated
            offsets[partition] = high[partition] if was_there else low[partition]
        elif position > high[partition] and topic_id in ids:
            offsets[partition] = high[partition]  # the same topic: what we had read behind its end is gone
            missed = f"truncated: {topic}/{partition} ends at {high[partition]}, we stood at {position}"
        elif position > high[partition]:
            offsets[partition] = low[partition]
            missed = f"topicRecreated: {topic}/{partition} ends at {high[partition]}, we stood at {position}"
        else:
            offsets[partition] = max(position, low[partition])
            if position < low[partition]:
                missed = f"truncated: {topic}/{partition} starts at {low[partition]}, we stood at {position}"
    return Start(offsets, missed)


def _stored(
    topic: str, topic_id: str | None, stored: Mapping[str, str], partition: int, ids: frozenset[str]
) -> int | None:
    names = (
        [topic_id] if topic_id is not None and topic_id in ids else [NO_ID, *sorted(ids)]
    )  # no id told: any we know of the same name
    found = (stored.get(position_name(topic, name, partition)) for name in names)
    return next((int(value) for value in found if value is not None), None)
