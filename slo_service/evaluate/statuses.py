"""Statuses that are made when somebody asks for them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.chance.interval import with_intervals
from slo_service.evaluate.judge.figures import Figures, Standing


class Glance(Mapping[str, Status]):
    """Statuses by name, and what can be told of them without making any."""

    @abstractmethod
    def standing(self, name: str) -> Standing | None:
        """None of what has not been judged yet, or is not known."""

    @abstractmethod
    def figures(self) -> Sequence[Figures]:
        """Those of objectives that are few, or composites, are not among them: they are judged at every tick."""


class Statuses(Glance):
    """Those of the newest tick, each made once. `stirred` are those of which something may have changed at that tick;
    all of what hangs on the others is as it was. `make` raises KeyError for a name it does not know."""

    def __init__(
        self,
        names: Collection[str],
        make: Callable[[str], Status],
        judged: Mapping[str, Status],
        standing: Callable[[str], Standing | None],
        figures: Callable[[], Sequence[Figures]],
    ) -> None:
        self._names, self._make = names, make
        self._made = dict(judged)
        self._standing, self._figures = standing, figures
        self.stirred = frozenset(judged)

    def __getitem__(self, name: str) -> Status:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def standing(self, name: str) -> Standing | None:
        return self._standing(name)

    def figures(self) -> Sequence[Figures]:
        return self._figures()


class Bounded(Glance):
    """The same statuses with the 95 % bounds of their burn rates and budgets; of these objectives only."""

    def __init__(self, of: Glance, slos: Mapping[str, Slo]) -> None:
        self._of, self._slos = of, slos
        self._made: dict[str, Status] = {}

    def __getitem__(self, name: str) -> Status:
        if name not in self._made:
            self._made[name] = with_intervals(self._of[name], self._slos[name].objective)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._of if name in self._slos)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._slos and name in self._of

    def standing(self, name: str) -> Standing | None:
        return self._of.standing(name) if name in self else None

    def figures(self) -> Sequence[Figures]:
        return self._of.figures()


class Given(Glance):
    """Statuses that are made already, all of which are looked at one by one."""

    def __init__(self, statuses: Mapping[str, Status]) -> None:
        self._statuses = statuses

    def __getitem__(self, name: str) -> Status:
        return self._statuses[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)

    def standing(self, name: str) -> Standing | None:
        status = self._statuses.get(name)
        return None if status is None else Standing(status.state, status.since_ns, (*status.tiers, *status.signals))

    def figures(self) -> Sequence[Figures]:
        return ()


def glance(statuses: Mapping[str, Status]) -> Glance:
    return statuses if isinstance(statuses, Glance) else Given(statuses)
