"""Starts the demo's best-effort jobs as real processes with pid files, and ends them with the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KINDS = ("export", "backfill")


class BestEffortJobs:
    """`pid_file(kind)` is what the job's definition names. A child ends with us also when we are killed."""

    def __init__(self, directory: Path, database: Path) -> None:
        self._directory = directory
        self._children = []
        for kind in KINDS:
            command = [sys.executable, "-m", "slo_service.demo.work", kind, str(database), str(directory / kind)]
            child = subprocess.Popen(  # noqa: S603  our own interpreter, running our own module
                [*command, str(os.getpid())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
            self._children.append(child)
            self.pid_file(kind).write_text(f"{child.pid}\n")

    def pid_file(self, kind: str) -> Path:
        return self._directory / f"{kind}.pid"

    def stop(self) -> None:
        for child in self._children:
            child.kill()  # also ends one that is stopped
            child.wait()
