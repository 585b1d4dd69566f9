"""The last hop: loads the enriched orders into the table behind the dashboard. At least once, and without a unique key,
so that a duplicate is there to be counted."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer, Message

from slo_service.demo.cluster import ENRICHED
from slo_service.demo.faults import Fault

GROUP = "orders-sink"
_FIELDS = ("event_id", "order_id", "customer_id", "amount", "currency", "amount_eur", "source_system")
# The readers are given a view, as they would be in a shared database; taking it away blinds them and hurts no order.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    event_id TEXT, order_id TEXT, customer_id TEXT, amount REAL, currency TEXT, amount_eur REAL, source_system TEXT,
    loaded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);
CREATE INDEX IF NOT EXISTS orders_event_id ON orders (event_id);
CREATE INDEX IF NOT EXISTS orders_loaded_at ON orders (source_system, loaded_at);
"""
_SHOW = "CREATE VIEW IF NOT EXISTS orders_live AS SELECT * FROM orders"
_HIDE = "DROP VIEW IF EXISTS orders_live"
_INSERT = f"INSERT INTO orders ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(_FIELDS))})"  # noqa: S608  constants above


def connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


class Loader:
    """A consumer in a thread of its own. The table and its view exist once it is made."""

    def __init__(self, bootstrap: str, database: Path) -> None:
        self._bootstrap, self._database = bootstrap, database
        with closing(connect(database)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute(_SHOW)
        self._stopping = threading.Event()
        self.first_order = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-loader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)

    def show_to_readers(self, on: frozenset[Fault]) -> None:
        """Gives or takes away the readers' view."""
        with closing(connect(self._database)) as connection:
            connection.execute(_HIDE if Fault.STOP_READER in on else _SHOW)

    def _run(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": GROUP,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "log_level": 2,
            }
        )
        consumer.subscribe([ENRICHED])
        with closing(connect(self._database)) as connection:
            while not self._stopping.is_set():
                messages = [one for one in consumer.consume(500, 0.1) if one.error() is None]
                if not messages:
                    continue
                with connection:
                    connection.executemany(_INSERT, rows(messages))
                consumer.commit(asynchronous=True)
                self.first_order.set()
        consumer.close()


def rows(messages: Iterable[Message]) -> list[Sequence[object]]:
    """One row an event that is a JSON object; others are left out, as this table has no place for them."""
    found: list[Sequence[object]] = []
    for message in messages:
        try:
            order = json.loads(message.value() or b"null")
        except ValueError:
            continue
        if isinstance(order, dict):
            found.append([order.get(name) for name in _FIELDS])
    return found
