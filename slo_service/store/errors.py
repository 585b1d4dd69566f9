"""What a store refuses. That it cannot be reached at all is the collectors' `StoreUnavailable`."""

from __future__ import annotations


class Deposed(Exception):
    """A newer leader has taken over, or we never led: nothing was written and this process must stop acting."""


class StaleWanted(Exception):
    """A wanted state whose epoch is not above its target's newest; nothing of its round was written."""


class StoreTooNew(Exception):
    """The database was migrated by a newer version of the service; nothing was touched."""
