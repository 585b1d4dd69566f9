"""A child that ends with its parent, however the parent ends. Standard library only: the demo's children stay small."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process, even a stopped one, when process `parent` has ended. Elsewhere than on
    Linux the parent's own clean-up must do."""
    # A terminal sends its interrupt to everyone; the parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit(0)
