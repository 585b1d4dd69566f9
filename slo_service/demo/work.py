"""The two jobs beside the pipeline that can wait. `python -m slo_service.demo.work KIND DATABASE FOLDER PARENT`.

Standard library only, so that each costs little. Both do visible work, which stands still while they are paused."""

from __future__ import annotations

import csv
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from slo_service.demo.parentage import die_with_parent

EVERY_SECONDS = 1.0
_ROWS_A_FILE = 200
_FILES_KEPT = 20


def export(database: Path, folder: Path) -> None:
    """Writes new orders to numbered CSV files."""
    last, number = 0, 0
    while True:
        time.sleep(EVERY_SECONDS)
        rows = _read(database, "SELECT rowid, order_id, amount_eur FROM orders WHERE rowid > ? LIMIT ?", last)
        if not rows:
            continue
        number, last = number + 1, rows[-1][0]
        with (folder / f"orders-{number:06d}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("row", "order_id", "amount_eur"), *rows])
        (folder / f"orders-{number - _FILES_KEPT:06d}.csv").unlink(missing_ok=True)


def backfill(database: Path, folder: Path) -> None:
    """Sums all orders from the first on, over and over, and notes how far it is."""
    last, total = 0, 0.0
    while True:
        time.sleep(EVERY_SECONDS)
        rows = _read(database, "SELECT rowid, amount_eur, 0 FROM orders WHERE rowid > ? LIMIT ?", last)
        total = total + sum(row[1] or 0 for row in rows) if rows else 0.0
        last = rows[-1][0] if rows else 0
        (folder / "progress.txt").write_text(f"through row {last}: {total:.2f} EUR\n")


def _read(database: Path, query: str, last: int) -> list[tuple[int, float, object]]:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
            return connection.execute(query, (last, _ROWS_A_FILE)).fetchall()
    except sqlite3.OperationalError:
        return []  # not there yet, or busy: the next round will do


def main(kind: str, database: Path, folder: Path, parent: int) -> None:
    die_with_parent(parent)
    folder.mkdir(parents=True, exist_ok=True)
    {"export": export, "backfill": backfill}[kind](database, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
