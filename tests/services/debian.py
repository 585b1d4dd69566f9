"""Programs that come as Debian packages: on PATH already, or installed when we are root on such a system."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.services.absence import Absent

# Where Debian keeps servers that several versions of may be installed at once, newest first.
_VERSIONED_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))[::-1]


def program(*names: str) -> Path | None:
    """The first of the names that is on PATH or in one of Debian's folders for servers."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *map(str, _VERSIONED_FOLDERS)]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(folders))
        if found:
            return Path(found)
    return None


def required(service: str, *names: str) -> Path:
    """The program, or the reason why the service cannot be had."""
    found = program(*names)
    if found is None:
        raise Absent(service, f"{' or '.join(names)} is not on PATH")
    return found


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(service: str, packages: Sequence[str]) -> None:
    """Install from Debian's archive; starts nothing we use, our servers run beside the system's own."""
    if not can_install():
        raise Absent(service, f"install {' '.join(packages)} or run this as root on Debian")
    _update()
    _apt_get(service, "install", "-y", "--no-install-recommends", *packages)


@cache
def _update() -> None:
    _apt_get("the package index", "update")


def _apt_get(service: str, *arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last_lines = " / ".join(done.stderr.strip().splitlines()[-3:])
        raise Absent(service, f"apt-get {arguments[0]} failed: {last_lines}")
