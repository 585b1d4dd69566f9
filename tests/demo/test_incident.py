import pytest

from slo_service.demo.incident import ORDER, Pace, incident
from slo_service.demo.watch import Watch
from slo_service.domain.instant import MILLISECOND, SECOND
from tests.demo.service_double import Double

QUICK = Pace(fault_after_ns=10 * MILLISECOND, held_ns=10 * MILLISECOND, longest_ns=2 * SECOND)


async def play(service: Double) -> tuple[bool, str]:
    said: list[str] = []

    def say(text: str, tone: str = "") -> None:
        said.append(f"{text} {tone}")

    whole = await incident(Watch(service, service.world()), say, QUICK)
    return whole, "\n".join(said)


async def test_the_whole_chain_is_told_with_its_times():
    whole, said = await play(Double())
    assert whole
    assert all(f"  {name} " in said for name in ORDER)
    assert "did not happen" not in said
    assert "because" in said


@pytest.mark.parametrize("step", ["page", "pause", "message", "quiet", "resume"])
async def test_a_missing_step_fails_the_scenario_is_named_and_leaves_no_fault_on(step):
    service = Double(leaves_out=step)
    whole, said = await play(service)
    assert not whole
    assert "did not happen in time" in said
    assert "not all of it happened" in said
    assert service.switches.active() == frozenset()


async def test_a_paused_critical_job_fails_the_scenario():
    whole, said = await play(Double(pauses_critical=True))
    assert not whole
    assert "the critical job does not run" in said
