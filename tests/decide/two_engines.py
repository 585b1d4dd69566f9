"""The real evaluator with two policy engines: one that looks everywhere, and one where something may be decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from slo_service.decide.attention import Attention
from slo_service.decide.engine import decide, remember
from slo_service.decide.ports import Memory, Round
from slo_service.decide.witness import witnesses
from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.status import Status
from slo_service.domain.tally import Objective
from slo_service.evaluate.evaluator import Evaluation, Evaluator
from slo_service.evaluate.judge.figures import Figures, Standing
from slo_service.evaluate.outlook.foresight import Foreseen, asked_for, budget_past
from slo_service.evaluate.statuses import Bounded, Glance
from tests.decide.situation import JOBS, NOON, a_catalogue, an_slo

START = NOON - NOON % (15 * MINUTE)
NAMES = ("calm", "busy", "strict", "guessed")


def a_world(policies: Sequence[BudgetPolicy]) -> Catalogue:
    plain = an_slo(
        "calm",
        objective=Objective(Fraction(9, 10)),
        window_ns=20 * MINUTE,
        timing=Timing(0, 3 * SECOND),
    )
    slos = [
        plain,
        replace(plain, name="busy", indicator=Freshness("b", 30 * SECOND)),
        replace(plain, name="strict", indicator=Freshness("c", 30 * SECOND), unmeasured=Unmeasured.BAD),
        replace(plain, name="guessed", indicator=Freshness("d", 30 * SECOND), labels={"importance": "2"}),
    ]
    world = a_catalogue(*policies, slos=slos, jobs=JOBS)
    return replace(world, policies={policy.name: policy for policy in policies})


@dataclass
class Counting(Glance):
    """Remembers which statuses were made."""

    of: Glance
    made: list[str]

    def __getitem__(self, name: str) -> Status:
        self.made.append(name)
        return self.of[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)

    def standing(self, name: str) -> Standing | None:
        return self.of.standing(name)

    def figures(self) -> Sequence[Figures]:
        return self.of.figures()


class World:
    """The real evaluator, screening every objective, and two engines: one that looks everywhere, and one that does
    not. Both must come to the same at every tick."""

    def __init__(self, catalogue: Catalogue, *, scheduled: int = 4, since_ns: int = START - HOUR) -> None:
        self.catalogue, self.now_ns = catalogue, START
        self.evaluator = Evaluator(catalogue, few=0)
        self.attention, self.memory = Attention(), Memory()
        self.made: list[str] = []
        for slo in list(catalogue.slos.values())[:scheduled]:
            self.evaluator.apply(schedules=[Schedule(slo.stream.id, since_ns, Fraction(1), 1)])

    def tick(self, counts: Mapping[str, tuple[int, int]], seconds: int = 10, *, checked: bool = True) -> Round:
        """Good and bad canaries of the seconds that go by; of one that is not named nobody has looked."""
        before, self.now_ns = self.now_ns, self.now_ns + seconds * SECOND
        deltas = [Delta(self.stream(n), before - before % (10 * SECOND), *c, 1) for n, c in counts.items()]
        looked = [Progress(self.stream(name), "canary/main/0", self.now_ns) for name in counts]
        self.evaluator.apply(deltas, looked)
        return self.decide(self.evaluator.tick(self.now_ns), checked=checked)

    def stream(self, name: str) -> str:
        return self.catalogue.slos[name].stream.id

    def decide(self, evaluation: Evaluation, *, checked: bool) -> Round:
        self.attention.stir(evaluation.statuses.stirred)
        past = partial(budget_past, self.evaluator.floor)
        known = Bounded(evaluation.statuses, self.catalogue.slos)
        bounded = Foreseen(known, self.catalogue, asked_for(self.catalogue), past)
        self.made.clear()
        statuses, rows = Counting(bounded, self.made), evaluation.transitions
        heard = witnesses(self.now_ns, self.catalogue, bounded, [])
        few = decide(self.now_ns, self.catalogue, statuses, rows, heard, self.memory, attention=self.attention)
        if checked:
            assert few == decide(self.now_ns, self.catalogue, dict(bounded), rows, heard, self.memory)
        self.memory = remember(self.memory, few)
        return few

    def reload(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.evaluator.reload(catalogue, 1, self.now_ns)

    def grow(self, catalogue: Catalogue) -> None:
        """More objectives, or fewer, under the same rules."""
        self.catalogue = catalogue
        self.evaluator.reload(catalogue, 1, self.now_ns)
        self.attention.grow(catalogue)

    def lose(self) -> None:
        """The store went away and came back, and with it an older memory."""
        self.memory = Memory()
        self.attention.forget()
