"""The demo's children: real processes that end with it, however it ends."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from slo_service.demo.cluster import DemoCluster
from slo_service.demo.faults import Switches
from slo_service.demo.jobs import KINDS, BestEffortJobs
from slo_service.demo.stage import Stage

PARENT = """
import sys, time
from pathlib import Path
from slo_service.demo.jobs import BestEffortJobs
BestEffortJobs(Path(sys.argv[1]), Path(sys.argv[1]) / "orders.db")
print("up", flush=True)
time.sleep(60)
"""


def state(pid: int) -> str:
    """The letter of /proc, or `gone`."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return "gone" if letter in "ZX" else letter


def wait_until(true: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def pid_in(file: Path) -> int:
    return int(file.read_text())


def orders(folder: Path) -> Path:
    database = folder / "orders.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE orders (order_id TEXT, amount_eur REAL)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", [(f"o{n}", 1.5) for n in range(50)])
    return database


def test_both_jobs_do_visible_work_until_they_are_stopped(tmp_path):
    jobs = BestEffortJobs(tmp_path, orders(tmp_path))
    pids = [pid_in(jobs.pid_file(kind)) for kind in KINDS]
    try:
        assert wait_until((tmp_path / "export" / "orders-000001.csv").exists)
        assert wait_until((tmp_path / "backfill" / "progress.txt").exists)
    finally:
        jobs.stop()
    assert "through row 50: 75.00 EUR" in (tmp_path / "backfill" / "progress.txt").read_text()
    assert [state(pid) for pid in pids] == ["gone", "gone"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_the_jobs_die_with_a_parent_that_is_killed_even_while_they_are_stopped(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"up\n"
        pids = [pid_in(tmp_path / f"{kind}.pid") for kind in KINDS]
        assert wait_until(lambda: all((tmp_path / kind).is_dir() for kind in KINDS))  # they have asked the kernel
        os.kill(pids[0], signal.SIGSTOP)
        parent.kill()
        parent.wait()
    assert wait_until(lambda: [state(pid) for pid in pids] == ["gone", "gone"])


def test_the_enricher_runs_under_the_process_id_it_is_known_by_and_ends_with_the_demo(tmp_path):
    stage = Stage(DemoCluster().bootstrap, Switches(), tmp_path / "enricher.pid")
    pid = pid_in(tmp_path / "enricher.pid")
    alive = stage.alive
    stage.stop()
    assert alive
    assert state(pid) == "gone"
