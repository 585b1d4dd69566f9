"""Loads a topic of JSON orders into a PostgreSQL table, at least once, without a unique key.

`python -m tests.stories.actors.loader --bootstrap B --topic T --group G --url postgresql://… --table NAME`

Makes the table when it is not there: `event_id`, `order_id`, `customer_id`, `currency`, `source_system` text, `amount`
double precision, `loaded_at` timestamptz by the database's clock. Offsets are committed after the rows; a clean end
(SIGTERM) repeats nothing, a kill may."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

import asyncpg  # type: ignore[import-untyped]  # it ships no types; what it is asked is in this one function
from confluent_kafka import Consumer, Message

TEXTS = ("event_id", "order_id", "customer_id", "currency", "source_system")
COLUMNS = (*TEXTS, "amount")


def quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def schema(table: str) -> str:
    texts = ", ".join(f"{name} text" for name in TEXTS)
    name = quoted(table)
    return (
        f"CREATE TABLE IF NOT EXISTS {name} ({texts}, amount double precision,"
        " loaded_at timestamptz NOT NULL DEFAULT clock_timestamp());"
        f" CREATE INDEX IF NOT EXISTS {quoted(table.replace('.', '_') + '_event_id')} ON {name} (event_id);"
        f" CREATE INDEX IF NOT EXISTS {quoted(table.replace('.', '_') + '_loaded_at')} ON {name} (loaded_at)"
    )


def row(message: Message) -> tuple[object, ...]:
    order = json.loads(message.value() or b"{}")
    texts = (order.get(name) for name in TEXTS)
    return (*(None if text is None else str(text) for text in texts), float(order.get("amount") or 0))


async def load(arguments: argparse.Namespace, stopping: asyncio.Event) -> None:
    connection = await asyncpg.connect(arguments.url.replace("postgresql+asyncpg://", "postgresql://"))
    await connection.execute(schema(arguments.table))
    marks = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
    insert = f"INSERT INTO {quoted(arguments.table)} ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608  quoted above
    consumer = Consumer(
        {
            "bootstrap.servers": arguments.bootstrap,
            "group.id": arguments.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "fetch.wait.max.ms": 50,
        }
    )
    consumer.subscribe([arguments.topic])
    try:
        while not stopping.is_set():
            messages = await asyncio.to_thread(consumer.consume, 500, 0.05)
            rows = [row(one) for one in messages if one.error() is None]
            if rows:
                async with connection.transaction():
                    await connection.executemany(insert, rows)
                await asyncio.to_thread(consumer.commit, asynchronous=False)
    finally:
        await asyncio.to_thread(consumer.close)
        await connection.close()


async def main() -> None:
    parser = argparse.ArgumentParser(prog="loader")
    for name in ("bootstrap", "topic", "group", "url", "table"):
        parser.add_argument(f"--{name}", required=True)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await load(parser.parse_args(), stopping)


if __name__ == "__main__":
    asyncio.run(main())
