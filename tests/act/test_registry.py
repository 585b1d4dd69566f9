from importlib.metadata import EntryPoint, EntryPoints

import httpx
import pytest

from slo_service.act import registry
from slo_service.act.jobs.process import ProcessJobs
from slo_service.act.registry import BrokenAdapters, Tools, load_channels, load_controllers
from tests.act.servers import tools

TOOLS: Tools = tools(lambda _: httpx.Response(200))


def installed(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    """As if these were installed: (name, target)."""
    found = EntryPoints(EntryPoint(name, target, "slo_service.jobs") for name, target in points)
    monkeypatch.setattr(registry, "entry_points", lambda group: found.select(group=group))


def test_a_controller_comes_by_the_name_of_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("process", "slo_service.act.jobs.process:controller"))
    assert isinstance(load_controllers(TOOLS)["process"], ProcessJobs)
    assert load_channels(TOOLS) == {}


def test_every_broken_adapter_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("a", "no.such:module"), ("b", "slo_service.act.jobs.http:nothing"))
    with pytest.raises(BrokenAdapters, match=r"(?s)jobs a .*ModuleNotFoundError.*jobs b .*AttributeError"):
        load_controllers(TOOLS)
