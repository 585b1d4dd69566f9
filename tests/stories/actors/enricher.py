"""A consumer that turns orders into enriched orders, and drops or duplicates exactly the canaries it is told to.

`python -m tests.stories.actors.enricher --bootstrap B --group G --source T --output T [--drop-seqs FILE]
[--duplicate-seqs FILE] [--injected FILE]`

The files of sequence numbers hold a JSON object a line, `{"partition": 0, "seq": 17}`, for the source partition a
canary was sent to. What was really done is appended to `--injected` (default: not written) as
`{"kind": "drop" | "duplicate", "run", "partition", "seq", "id"}`, before the offset is committed. A clean end (SIGTERM)
commits all that was produced, so a restart repeats nothing; a kill may."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, Producer

from slo_service.collect.canary.envelope import CanaryId, read

COPIES: Mapping[str, int] = {"drop": 0, "duplicate": 2}
Numbers = frozenset[tuple[int, int]]


def sequence_numbers(path: Path | None) -> Numbers:
    """(partition, sequence number) of every line."""
    if path is None:
        return frozenset()
    rows = (json.loads(line) for line in path.read_text().splitlines() if line.strip())
    return frozenset((int(row["partition"]), int(row["seq"])) for row in rows)


def enrich(value: bytes | None) -> bytes:
    order = json.loads(value or b"{}")
    return json.dumps({**order, "amount_cents": round(100 * float(order.get("amount") or 0))}).encode()


class Enricher:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self._output: str = arguments.output
        self._faults: Mapping[str, Numbers] = {
            "drop": sequence_numbers(arguments.drop_seqs),
            "duplicate": sequence_numbers(arguments.duplicate_seqs),
        }
        self._injected: Path | None = arguments.injected
        self._producer = Producer({"bootstrap.servers": arguments.bootstrap, "enable.idempotence": True})
        self._consumer = Consumer(
            {
                "bootstrap.servers": arguments.bootstrap,
                "group.id": arguments.group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": 6000,
                "fetch.wait.max.ms": 50,
            }
        )
        self._consumer.subscribe([arguments.source])

    def run(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            messages = [one for one in self._consumer.consume(500, 0.05) if one.error() is None]
            for message in messages:
                self._pass_on(message)
            if messages:
                if self._producer.flush(30) > 0:
                    raise SystemExit("the output topic did not acknowledge within 30 s")
                self._commit()
        self._consumer.close()

    def _commit(self) -> None:
        """One that was stopped for longer than its session is no member any more: it joins anew and reads again."""
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as expelled:
            sys.stderr.write(f"not committed: {expelled}\n")

    def _pass_on(self, message: Message) -> None:
        envelope = read(message.headers())
        kind = "" if envelope is None else self._fault(envelope.id)
        for _ in range(COPIES.get(kind, 1)):
            self._producer.produce(
                self._output,
                key=message.key(),
                value=enrich(message.value()),
                headers=message.headers(),
                partition=message.partition() or 0,
            )
        if kind and envelope is not None:
            self._note(kind, envelope.id)

    def _fault(self, who: CanaryId) -> str:
        return next((kind for kind, numbers in self._faults.items() if (who.partition, who.seq) in numbers), "")

    def _note(self, kind: str, who: CanaryId) -> None:
        if self._injected is None:
            return
        row = {"kind": kind, "run": who.run, "partition": who.partition, "seq": who.seq, "id": who.text}
        with self._injected.open("a") as file:
            file.write(json.dumps(row) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="enricher")
    for name in ("bootstrap", "group", "source", "output"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("drop-seqs", "duplicate-seqs", "injected"):
        parser.add_argument(f"--{name}", type=Path)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    Enricher(parser.parse_args()).run(stopping)


if __name__ == "__main__":
    main()
