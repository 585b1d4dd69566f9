import subprocess

import pytest

from slo_service.show.metrics import EventCounters, exposition
from tests.services.absence import Absent
from tests.services.debian import required
from tests.show.fakes import World


@pytest.mark.services
def test_prometheus_own_linter_has_nothing_to_say() -> None:
    try:
        promtool = required("Prometheus", "promtool")
    except Absent as why:
        pytest.skip(f"not to be had: {why}")
    world = World()
    body, _ = exposition(world, world, EventCounters())
    done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
