"""Controllers and channels by name, from the entry points `slo_service.jobs` and `slo_service.channels`. Those we ship
come through the same door: an entry point names a function from `Tools` to the adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import cast

import httpx

from slo_service.act.outbound import Guard
from slo_service.act.ports import Channel, JobController


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mail is handed over. `security`: none | starttls | tls."""

    host: str
    port: int
    sender: str
    security: str = "none"
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tools:
    """What adapters are given: they read no settings and no clocks of their own."""

    client: httpx.AsyncClient
    now_ns: Callable[[], int]
    smtp: Smtp | None = None
    guard: Guard = field(default_factory=Guard)


class BrokenAdapters(Exception):
    """Names every adapter that could not be loaded, each with its reason, one a line."""


def load_controllers(tools: Tools) -> Mapping[str, JobController]:
    return cast("Mapping[str, JobController]", _load("slo_service.jobs", tools))


def load_channels(tools: Tools) -> Mapping[str, Channel]:
    return cast("Mapping[str, Channel]", _load("slo_service.channels", tools))


def _load(group: str, tools: Tools) -> Mapping[str, object]:
    loaded: dict[str, object] = {}
    broken: list[str] = []
    for point in entry_points(group=group):
        try:
            make = cast("Callable[[Tools], object]", point.load())
            loaded[point.name] = make(tools)
        except Exception as error:  # noqa: BLE001 -- plug-ins come from anyone; all that are broken are named at once
            broken.append(f"{group} {point.name} ({point.value}): {type(error).__name__}: {error}")
    if broken:
        raise BrokenAdapters("\n".join(broken))
    return loaded
