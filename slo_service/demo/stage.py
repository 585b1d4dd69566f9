"""The enricher as a process of its own, so that it is a job like any other: a process id, a state, a memory.

Child: `python -m slo_service.demo.stage BOOTSTRAP PARENT`. It reads the faults that are on as a JSON list a line, and
writes every event that a fault hit as a JSON object a line."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

from slo_service.demo.faults import Fault, Injection, Switches
from slo_service.demo.parentage import die_with_parent


class Stage:
    """The parent's side: starts the child, passes the switches down and the record up."""

    def __init__(self, bootstrap: str, switches: Switches, pid_file: Path) -> None:
        self._switches = switches
        self._child = subprocess.Popen(  # noqa: S603  our own interpreter, running our own module
            [sys.executable, "-m", "slo_service.demo.stage", bootstrap, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        pid_file.write_text(f"{self._child.pid}\n")
        self._reader = threading.Thread(target=self._read, name="demo-stage", daemon=True)
        self._reader.start()
        switches.listen(self._tell)

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def stop(self) -> None:
        self._child.kill()
        self._child.wait()
        self._reader.join(5)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def _tell(self, on: frozenset[Fault]) -> None:
        assert self._child.stdin is not None
        if self.alive:
            self._child.stdin.write(json.dumps(sorted(on)) + "\n")
            self._child.stdin.flush()

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            fields = json.loads(line)
            self._switches.record(Injection(**{**fields, "fault": Fault(fields["fault"])}))


def main(bootstrap: str, parent: int) -> None:
    from slo_service.demo.enricher import Enricher
    from slo_service.runtime.clock import mono_ns

    die_with_parent(parent)
    on: frozenset[Fault] = frozenset()
    stopping = threading.Event()

    def obey() -> None:
        nonlocal on
        for line in sys.stdin:
            on = frozenset(Fault(name) for name in json.loads(line))
        stopping.set()

    threading.Thread(target=obey, daemon=True).start()
    Enricher(bootstrap, lambda: on, _report, mono_ns, random.Random()).run(stopping)  # noqa: S311  which events a fault hits is no secret


def _report(injection: Injection) -> None:
    sys.stdout.write(json.dumps(dataclasses.asdict(injection)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
