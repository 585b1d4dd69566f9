"""What `slo test` says is what the service does: the same timeline through its own tick gives the same rows."""

from dataclasses import replace

from slo_service.collect.ports import Batch
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Decision, Message, Transition
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.rehearse.case import Case
from slo_service.rehearse.feed import FlowFeed, groups, rhythm, schedule
from slo_service.rehearse.run import Rehearsal
from slo_service.rehearse.segment import Flow
from slo_service.runtime.judgement import Judgement
from slo_service.store.memory import MemoryStore
from tests.rehearse.conftest import Read

SLO = "orders-freshness"
SPEC = """\
  before: 0s
  series: {orders-freshness: {2m-5m: bad, 8m-9m: unmeasured}}
  lag: {orders: {enrich: {3m-5m: stalled}}}
  expect: [{at: 12m, state: healthy}]
"""


async def the_service(case: Case, catalogue: Catalogue) -> tuple[list[Transition], list[Decision], list[Message]]:
    slo, store = catalogue.slos[SLO], MemoryStore(lambda: case.start_ns)
    beat = rhythm(slo, catalogue, 1, None)
    feed = FlowFeed(slo, beat, Flow(case.start_ns, beat.rate, case.series[SLO]), case.start_ns)
    watched = groups(catalogue, 1, case.start_ns, case.lag)
    now = case.start_ns
    judgement = Judgement(
        catalogue, 1, store.journal, store.cells, lambda: [group.age(now) for group in watched.values()]
    )
    await judgement.start(now)
    judgement.committed(Batch(schedules=(schedule(slo, beat, now),)), ())
    rows: tuple[list[Transition], list[Decision], list[Message]] = ([], [], [])
    for now in range(case.start_ns, case.start_ns + 12 * MINUTE + SECOND, SECOND):
        deltas, progress = feed.until(now)
        judgement.committed(Batch(progress=tuple(progress)), tuple(deltas))
        judgement.evaluate(now)
        if round_ := await judgement.act(now):
            rows[0].extend(replace(row, load=0) for row in round_.transitions)
            rows[1].extend(round_.decisions)
            rows[2].extend(round_.messages)
    return rows


async def test_a_rehearsal_decides_what_the_service_decides(catalogue: Catalogue, read: Read) -> None:
    (case,) = read(SPEC).cases
    only = replace(catalogue, slos={SLO: catalogue.slos[SLO]})
    *_, last = Rehearsal(case, only).run()
    transitions, decisions, messages = await the_service(case, only)
    assert {row.change for row in transitions} >= {"fired", "cleared"}
    assert {decision.action for decision in decisions} == {"pauseJobs", "notify", "resumeJobs"}
    assert list(last.transitions) == transitions
    assert list(last.decisions) == decisions
    assert list(last.messages) == messages
