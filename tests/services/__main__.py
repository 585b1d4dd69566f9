"""`python -m tests.services obtain`: have every server here, and say by name which cannot be had."""

import os
import sys
import time

from tests.services.absence import Absent
from tests.services.inventory import SERVICES


def obtain() -> int:
    """Exit code 1 when something is missing and REQUIRE_SERVICES=1 wants it all."""
    absent: list[Absent] = []
    for service in SERVICES:
        if service.is_here:
            say(f"{service.name}: here")
            continue
        say(f"{service.name}: fetching …")
        started = time.monotonic()
        try:
            service.obtain()
        except Absent as why:
            absent.append(why)
            say(f"{service.name}: cannot be had: {why.reason}")
        else:
            say(f"{service.name}: here after {time.monotonic() - started:.0f} s")
    if absent and os.environ.get("REQUIRE_SERVICES") == "1":
        say(f"REQUIRE_SERVICES=1, but without {', '.join(one.service for one in absent)}")
        return 1
    return 0


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:] != ["obtain"]:
        sys.exit("usage: python -m tests.services obtain")
    sys.exit(obtain())
