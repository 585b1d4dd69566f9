import asyncio
from dataclasses import dataclass, field

import pytest

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.trace import CanaryTrace
from slo_service.demo.faults import Fault, Injection
from slo_service.demo.scenario import Pace, duplicates, loss
from slo_service.demo.watch import Watch
from tests.demo.service_double import Double

RUN = "0" * 32
QUICK = Pace(warm_seconds=0, fault_seconds=0.01, settle_seconds=0)


@dataclass
class Measured(Double):
    """Counts `told` canaries as hit, whatever the fault hit in truth."""

    told: tuple[int, ...] = ()
    hit: tuple[int, ...] = ()
    sent_ns: list[int] = field(default_factory=list)

    def _hear(self, on: frozenset[Fault]) -> None:
        for fault in on:
            for seq in self.hit:
                name = CanaryId("orders-canary", RUN, 0, seq, 1).text
                asyncio.get_running_loop().call_soon(
                    self.switches.record, Injection(fault, name, 0, canary=True)
                )  # fmt: skip

    def canaries(self, canary: str, since_ns: int) -> list[CanaryTrace]:
        return [
            CanaryTrace(
                canary, RUN, 0, seq, since_ns, True, {}, {"sink": 1 + (seq in self.told)},
                "lost" if seq in self.told else "on_time",
            )
            for seq in range(10)
        ]  # fmt: skip


@pytest.mark.parametrize("scenario", [duplicates, loss])
@pytest.mark.parametrize(("hit", "told", "holds"), [
    pytest.param((2, 5), (2, 5), True, id="the same ones"),
    pytest.param((2, 5), (2, 6), False, id="as many, but other ones"),
    pytest.param((2, 5), (2,), False, id="one missed"),
    pytest.param((), (), False, id="nothing was injected, so nothing was shown"),
])  # fmt: skip
async def test_what_was_measured_must_be_what_was_done_canary_for_canary(scenario, hit, told, holds):
    service = Measured(hit=hit, told=told)
    said: list[str] = []

    def say(text: str, tone: str = "") -> None:
        said.append(f"{text} {tone}")

    assert await scenario(Watch(service, service.world()), say, QUICK) is holds
    assert any("NOT as expected" in line for line in said) is not holds
    assert service.switches.active() == frozenset()
