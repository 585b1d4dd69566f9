"""Keeps the search for garbage away from what a start builds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standing() -> Iterator[None]:
    """What is built within stands until the process ends. It is not looked through while it grows, which with thousands
    of objectives takes longer than to build it, nor ever after, which would hold the tick up."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()
