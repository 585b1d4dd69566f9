"""How long a person waits for `slo --help`; the peer is the same interpreter doing nothing."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measurement import Measurement

RUNS = 10


def median_seconds(*command: str) -> float:
    """Wall time from start to exit; the first run warms the file cache and is not counted."""
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def main() -> None:
    folder = Path(sys.executable).parent
    measurement = Measurement(
        figure="startup",
        value=median_seconds(str(folder / "slo"), "--help"),
        unit="seconds",
        load=f"slo --help, median of {RUNS} runs",
        peer="python -c pass",
        peer_value=median_seconds(sys.executable, "-c", "pass"),
    )
    print(measurement.line())
