"""Settings, clock, wiring and supervision: the only place that names concrete adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slo_service.runtime.settings import Settings


def serve(settings: Settings) -> int:
    """Runs the service until a signal; the exit code is that of `slo serve`. Imports the whole service, so late."""
    from slo_service.runtime import main

    return main.serve(settings)
