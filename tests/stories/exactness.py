"""A pipeline that loses and doubles canaries whose numbers were drawn before, and what the service made of it."""

import json
import random
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.stories.declared import DEADLINE_SECONDS, PARTITIONS, SLOS
from tests.stories.service import Row, eventually, seconds_of
from tests.stories.table import CanaryKey, Loaded
from tests.stories.timelines import Stage
from tests.stories.world import World

NUMBERS = 60  # canaries of each partition among which the draw is made; beyond them the pipeline is sound
SHARE = 0.05
Numbers = frozenset[tuple[int, int]]
ALL = frozenset((partition, seq) for partition in range(PARTITIONS) for seq in range(NUMBERS))


@dataclass(eq=False)
class Measured:
    """What was injected, as (partition, sequence number); then what the API and the table say."""

    dropped: Numbers
    doubled: Numbers
    slos: dict[str, Row]
    canaries: list[Row]
    transitions: list[Row]
    rows: list[Loaded]

    @property
    def judged(self) -> list[Row]:
        """The canaries that the draw was about; all of them are past their deadline."""
        return [row for row in self.canaries if int(str(row["seq"])) < NUMBERS]

    def keys(self, numbers: Collection[tuple[int, int]]) -> set[CanaryKey]:
        runs = {str(row["run"]) for row in self.canaries}
        assert len(runs) == 1, "one life of the service, one run"
        return {CanaryKey(run, *number) for run in runs for number in numbers}


def record_measured(stage: Stage) -> Measured:
    drawn = random.Random(20_261_122).sample(sorted(ALL), int(2 * SHARE * len(ALL)))
    dropped, doubled = frozenset(drawn[::2]), frozenset(drawn[1::2])
    folder = stage.folder / "faults"
    folder.mkdir()
    faults = {
        "drop-seqs": _written(folder / "drop.txt", dropped),
        "duplicate-seqs": _written(folder / "duplicate.txt", doubled),
    }
    with stage.world("measured", enricher_faults=faults) as world:
        service = world.service
        service.start()
        eventually("every number was drawn from", lambda: _all_sent(world), NUMBERS + 40, every=1)
        last = max(row.sent_seconds for row in world.table.canaries() if row.key.seq <= NUMBERS)
        eventually("every deadline passed", lambda: _watermark(world) > last + 1, DEADLINE_SECONDS + 25, every=0.5)
        return Measured(
            dropped,
            doubled,
            slos={name: service.slo(name) for name in SLOS},
            canaries=service.rows("pipelines/orders/canaries", "canaries", limit=20_000),
            transitions=service.transitions(),
            rows=world.table.canaries(),
        )


def key_of(canary: Row) -> CanaryKey:
    return CanaryKey(str(canary["run"]), int(str(canary["partition"])), int(str(canary["seq"])))


def _all_sent(world: World) -> bool:
    there = {(row.key.partition, row.key.seq) for row in world.table.canaries()}
    return all((partition, NUMBERS) in there for partition in range(PARTITIONS))


def _watermark(world: World) -> float:
    return min(seconds_of(world.service.slo(name)["watermark"]) for name in SLOS)


def _written(path: Path, numbers: Numbers) -> Path:
    path.write_text("".join(f"{json.dumps({'partition': p, 'seq': seq})}\n" for p, seq in sorted(numbers)))
    return path
