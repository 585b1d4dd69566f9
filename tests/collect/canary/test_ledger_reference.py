"""The ledger against the plainest reading of the rules, over any interleaving of sends, sightings, moments at the log's
end, commits and crashes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import event, given
from hypothesis import strategies as st

from slo_service.collect.canary.cells import CellBook
from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.canary.report import Attempted, Haul, Moment, Outcome, Report, Resolved, Sighting
from slo_service.collect.ports import LedgerPage
from slo_service.domain.cell import CellKey, Sample
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Intake, Stream
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.tally import Tally

START = 1_700_000_000 * SECOND
WITHIN, DEADLINE = 20 * SECOND, 60 * SECOND
STREAMS = [
    Stream("orders", Freshness("c", WITHIN)),
    Stream("orders", Completeness("c", DEADLINE)),
    Stream("orders", Duplicates("c")),
    Stream("orders", Intake("c"), slice_width_ns=30 * SECOND),
]
LIMITS = {"source": [], "sink": [WITHIN, DEADLINE]}
Counts = dict[CellKey, Tally]


@dataclass
class Life:
    """Runs the real ledger and keeps the log of reports that count: what a crash undid is taken out again."""

    now_ns: int = START
    log: list[Report] = field(default_factory=list)
    committed: int = 0
    pages: dict[tuple[str, str, int], LedgerPage] = field(default_factory=dict)
    cells: dict[CellKey, Sample] = field(default_factory=dict)
    sent: list[CanaryId] = field(default_factory=list)
    marks: dict[str, Moment] = field(default_factory=dict)
    epoch: int = 0

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.epoch += 1
        self.book = CellBook("c", "main", STREAMS, self.epoch, self.now_ns)
        self.ledger = CanaryLedger("c", LIMITS, self.book.span_ns, self.book.arrival_ns)
        self.ledger.partitions = frozenset({0, 1})
        for page in self.pages.values():
            self.ledger.restore(page)

    def tell(self, report: Report) -> None:
        self.ledger.apply(report)
        self.log.append(report)

    def commit(self) -> None:
        for sample in self.book.samples(self.ledger, self.judged()):
            before = self.cells.get(sample.key)
            assert before is None or sample.revision > before.revision
            self.cells[sample.key] = sample
        for page in self.ledger.pages(self.now_ns):
            self.pages[page.kind, page.key, page.slice_start_ns] = page
        self.ledger.clean()
        self.ledger.sweep(self.now_ns)
        self.committed = len(self.log)

    def judged(self) -> dict[str, int]:
        """Watermarks as a collector has them: of this life's own marks, and for intake of all that was sent."""
        found = {STREAMS[3].id: self.now_ns + 1}
        if "sink" in self.marks:
            found |= {s.id: self.marks["sink"].wall_ns - ns for s, ns in zip(STREAMS, (WITHIN, DEADLINE), strict=False)}
        return found

    def crash(self) -> None:
        undone, self.log = self.log[self.committed :], self.log[: self.committed]
        self.marks = {}
        self.begin()
        for report in undone:  # read again, from the positions that were committed
            if isinstance(report, Haul) and report.sightings:
                again = [Sighting(s.id, self.moment, None, None, s.attempt) for s in report.sightings]
                self.tell(Haul(report.hop, tuple(again)))

    @property
    def moment(self) -> Moment:
        return Moment(self.now_ns, self.now_ns)

    def step(self, action: str, which: int, forward_ns: int) -> None:
        self.now_ns += forward_ns
        match action:
            case "send":
                partition = which % 2
                seq = sum(who.partition == partition for who in self.sent)
                who = CanaryId("c", "ab" * 16, partition, seq, self.now_ns)
                self.sent.append(who)
                self.tell(Attempted(who, self.now_ns))
            case "source" | "sink" if self.sent:
                who = self.sent[which % len(self.sent)]
                self.tell(Haul(action, (Sighting(who, self.moment, self.marks.get(action)),)))
            case "mark" | "mark source":
                hop = "source" if action == "mark source" else "sink"
                self.tell(Haul(hop, mark=self.moment))
                self.marks[hop] = self.moment
            case "commit":
                self.commit()
            case "crash":
                self.crash()
            case "ack" | "refuse" | "time out" if self.sent:
                self.resolve(self.sent[which % len(self.sent)], action)
            case _:
                pass

    def resolve(self, who: CanaryId, action: str) -> None:
        outcomes = {"ack": Outcome.ACKNOWLEDGED, "refuse": Outcome.REFUSED, "time out": Outcome.TIMED_OUT}
        told = [report for report in self.log if not isinstance(report, Haul) and report.id == who]
        if len(told) == 1:
            self.tell(Resolved(who, outcomes[action]))


def expected(log: list[Report]) -> Counts:
    """Counts straight from the log, canary by canary, without any state."""
    found: Counter[tuple[CellKey, str]] = Counter()
    last_mark_ns = max((haul.mark.wall_ns for haul in hauls(log, "sink") if haul.mark is not None), default=0)
    for who, outcome in outcomes(log).items():
        in_source = any(s.id == who for haul in hauls(log, "source") for s in haul.sightings)
        eligible = outcome is Outcome.ACKNOWLEDGED or in_source
        for stream, limit_ns in ((STREAMS[0], WITHIN), (STREAMS[1], DEADLINE)):
            word = plain_verdict(log, who, limit_ns)
            if eligible and word and who.sent_ns < last_mark_ns - limit_ns:
                found[key(stream, who.partition, who.sent_ns), word] += 1
        taken = outcome is Outcome.ACKNOWLEDGED or (outcome is Outcome.PENDING and in_source)
        if taken or outcome in {Outcome.REFUSED, Outcome.TIMED_OUT}:
            found[key(STREAMS[3], who.partition, who.sent_ns), "good" if taken else "bad"] += 1
    count_arrivals(log, found)
    places = {place for place, _ in found}
    return {place: Tally(found[place, "good"], found[place, "bad"]) for place in places}


def count_arrivals(log: list[Report], found: Counter[tuple[CellKey, str]]) -> None:
    seen: set[CanaryId] = set()
    for haul in hauls(log, "sink"):
        for s in haul.sightings:
            found[key(STREAMS[2], s.id.partition, s.seen.wall_ns), "bad" if s.id in seen else "good"] += 1
            seen.add(s.id)
        for partition in (0, 1) if haul.mark is not None else ():
            assert haul.mark is not None
            found[key(STREAMS[2], partition, haul.mark.wall_ns), "good"] += 0


def hauls(log: list[Report], hop: str) -> list[Haul]:
    return [report for report in log if isinstance(report, Haul) and report.hop == hop]


def outcomes(log: list[Report]) -> dict[CanaryId, Outcome]:
    """Of everybody who was sent or seen."""
    found: dict[CanaryId, Outcome] = {}
    for report in log:
        if isinstance(report, Resolved):
            found[report.id] = report.outcome
        else:
            met = [report.id] if isinstance(report, Attempted) else [s.id for s in report.sightings]
            found = dict.fromkeys(met, Outcome.PENDING) | found
    return found


def plain_verdict(log: list[Report], who: CanaryId, limit_ns: int) -> str:
    known, absent_ns = False, 0
    for report in log:
        if not isinstance(report, Haul):
            known = known or report.id == who
            continue
        if report.hop == "sink":
            for s in report.sightings:
                if s.id == who:
                    absent_ns = max(absent_ns, s.after.wall_ns if s.after else 0)
                    return late_or_not(who.sent_ns, absent_ns, s.seen.wall_ns, limit_ns)
        known = known or any(s.id == who for s in report.sightings)
        if report.hop == "sink" and report.mark is not None and known:
            absent_ns = report.mark.wall_ns
    return "bad" if absent_ns >= who.sent_ns + limit_ns else ""


def late_or_not(sent_ns: int, absent_ns: int, seen_ns: int, limit_ns: int) -> str:
    if absent_ns >= sent_ns + limit_ns:
        return "bad"
    if seen_ns <= sent_ns + limit_ns:
        return "good"
    return "bad" if 20 * (seen_ns - max(absent_ns, sent_ns)) <= limit_ns else ""


def key(stream: Stream, partition: int, at_ns: int) -> CellKey:
    return CellKey(stream.id, f"c/main/{partition}", floor_to(at_ns, stream.slice_width_ns))


OFTEN = ["send", "send", "ack", "ack", "sink", "sink", "mark", "mark", "commit"]
SELDOM = ["source", "mark source", "crash", "refuse", "time out"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(OFTEN + SELDOM),
        st.integers(0, 3),
        st.sampled_from([0, 0, 0, SECOND, 10 * SECOND, 19 * SECOND, 20 * SECOND, 40 * SECOND]),
    ),
    min_size=12,
    max_size=50,
)


@given(STEPS)
def test_any_interleaving_is_counted_as_the_rules_say(steps: list[tuple[str, int, int]]) -> None:
    life = Life()
    for step in steps:
        life.step(*step)
    life.step("mark", 0, 0)
    life.commit()
    event(f"crashes: {min(life.epoch - 1, 3)}")
    wanted = expected(life.log)
    got = {place: sample.tally for place, sample in life.cells.items()}
    spoken = {place: tally for place, tally in wanted.items() if tally != Tally() or place.stream == STREAMS[2].id}
    assert {place: tally for place, tally in got.items() if tally != Tally() or place in spoken} == spoken


@given(STEPS)
def test_pages_read_back_give_the_same_ledger(steps: list[tuple[str, int, int]]) -> None:
    life = Life()
    for step in steps:
        life.step(*step)
    life.commit()
    before = {entry.id: entry for entry in life.ledger.entries(0)}
    life.begin()
    for entry in life.ledger.entries(0):
        entry.sent_mono_ns = before[entry.id].sent_mono_ns
    assert {entry.id: entry for entry in life.ledger.entries(0)} == before
