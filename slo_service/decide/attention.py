"""Whom a round must look at: thousands of objectives stand still while a few rules have something to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from slo_service.decide.condition import ENOUGH_TO_CLEAR
from slo_service.decide.draft import Case
from slo_service.decide.ports import Memory
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.condition import leaves
from slo_service.domain.instant import HOUR
from slo_service.domain.policy import (
    BudgetPolicy,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    ExhaustedWithin,
    NoData,
    QuietFor,
)
from slo_service.domain.slo import Slo
from slo_service.domain.status import State, Status

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int16]

NEVER: Final = int(np.iinfo(np.int64).min)  # an instant that has not come
SHORTEST = 0.9  # of its nominal length that a calendar window has at the least: 28 days of February
ROUGHLY = 1e-6  # relative; nobody minds an exact look too many
NEAR = 1e-9  # of the larger side: further apart, floats tell which is larger


class Side(Protocol):
    """One window of many objectives."""

    @property
    def bad(self) -> Floats: ...
    @property
    def total(self) -> Floats: ...
    @property
    def missing(self) -> Floats: ...
    @property
    def coverage(self) -> Floats: ...
    @property
    def doubt(self) -> Bools: ...


class Figures(Protocol):
    """Many objectives in floats, by number. `progress` is an instant or `NEVER`; `spent` of the `allowed` bad events of
    `budget` are gone. `doubt` is where a figure may be off by more than floats err."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def slos(self) -> Sequence[Slo]: ...
    @property
    def progress(self) -> Ints: ...
    @property
    def spent(self) -> Floats: ...
    @property
    def allowed(self) -> Floats: ...
    @property
    def budget(self) -> Side: ...
    def window(self, length_ns: int) -> Side | None: ...


class Standing(Protocol):
    @property
    def state(self) -> State: ...
    @property
    def since_ns(self) -> int: ...


@runtime_checkable
class Glance(Protocol):
    """Statuses of which something can be told without making them."""

    def standing(self, name: str) -> Standing | None: ...
    def figures(self) -> Sequence[Figures]: ...


Atom = BudgetRemainingBelow | BudgetRemainingAbove | BudgetSpentWithin | ExhaustedWithin | NoData
"""Conditions that turn by numbers or time alone; what the others hang on stirs the objective when it changes."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the objectives of some figures stand in the order of the catalogue."""

    names: tuple[str, ...]
    known: Bools  # of the figures' numbers: those that the catalogue has
    at: npt.NDArray[np.intp]


class Attention:
    """Owned by whoever calls `decide` round after round, with a memory that follows from the round before.

    An objective without an open episode or a waiting rule can only come to something when what its rules hang on is not
    what it was at the last round: when it was `stir`red, or when a figure crossed a mark of a policy, or is so near to
    it that floats cannot tell. Its rules did not hold then, or there would be an episode."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        self._everybody = True
        self._stirred: set[str] = set()
        self._atoms: tuple[Atom, ...] = ()
        self._waiting: frozenset[str] = frozenset()  # whose rules enter by how long it has been quiet
        self._order: dict[str, int] = {}
        self._names: tuple[str, ...] = ()
        self._rules: dict[str, list[tuple[int, int, BudgetPolicy]]] = {}
        self._codes: Codes = np.zeros((0, 0), np.int16)
        self._places: dict[int, _Places] = {}

    def stir(self, names: Iterable[str]) -> None:
        """Of these, tiers or the word may have changed since the last round."""
        self._stirred.update(names)

    def grow(self, catalogue: Catalogue) -> None:
        """From now on there are more objectives, or fewer, under the same rules. Those that were there stand as they
        stood; the new ones are looked at in the next round."""
        if self._catalogue is None:
            return
        order, codes, atoms, everybody = self._order, self._codes, self._atoms, self._everybody
        self._take(catalogue)
        if atoms != self._atoms:
            return
        stood = [name for name in self._names if name in order]
        self._codes[:, [self._order[name] for name in stood]] = codes[:, [order[name] for name in stood]]
        self._everybody = everybody
        self._stirred.update(self._order.keys() - order.keys())

    def forget(self) -> None:
        """The memory does not follow from the last round, so everybody is looked at in the next."""
        self._everybody = True

    def settle(self) -> None:
        """The round is made."""
        self._everybody = False
        self._stirred.clear()

    def cases(
        self, now_ns: int, catalogue: Catalogue, statuses: Mapping[str, Status], memory: Memory
    ) -> Iterator[tuple[tuple[str, str, str], Case | None]]:
        """What `draft.cases` gives, in its order, without those of which nothing can come."""
        if catalogue is not self._catalogue:
            self._take(catalogue)
        names: Iterable[str] = self._names
        if isinstance(statuses, Glance):
            found = self._crossed(now_ns, statuses)
            if not self._everybody:
                open_ = {e.slo for e in memory.rule_episodes} | {p.slo for p in memory.pending}
                names = found | self._stirred | self._waiting | open_
        self._everybody = True  # until the round is made
        asked = [(*place, name) for name in names for place in self._rules.get(name, ())]
        for _, _, policy, name in sorted(asked, key=lambda each: each[:2]):
            status, slo = statuses.get(name), catalogue.slos[name]
            for rule in policy.rules:
                key = (policy.name, rule.name, name)
                yield key, None if status is None else Case(policy, rule, slo, status)

    def _take(self, catalogue: Catalogue) -> None:
        self._catalogue, self._everybody = catalogue, True
        self._names = tuple(catalogue.slos)
        self._order = {name: at for at, name in enumerate(self._names)}
        self._rules, self._places = {}, {}
        atoms: dict[Atom, None] = {}
        waiting: set[str] = set()
        for number, policy in enumerate(catalogue.policies.values()):
            found = [leaf for rule in policy.rules for leaf in leaves(rule.when)]
            atoms |= dict.fromkeys(leaf for leaf in found if isinstance(leaf, Atom))
            waits = any(isinstance(leaf, QuietFor) for leaf in found)
            for at, slo in enumerate(catalogue.selected(policy.selector)):
                self._rules.setdefault(slo.name, []).append((number, at, policy))
                waiting |= {slo.name} if waits else set()
        self._atoms, self._waiting = tuple(atoms), frozenset(waiting)
        self._codes = np.full((len(self._atoms), len(self._names)), -1, np.int16)

    def _crossed(self, now_ns: int, statuses: Glance) -> set[str]:
        """Those of which a figure is on another side of a mark than at the last round, or too near to it to tell. Also
        those of which there are no figures."""
        if not self._atoms:
            return set()
        codes = np.full_like(self._codes, -1)
        moved = np.ones(len(self._names), np.bool_)
        places: dict[int, _Places] = {}
        for figures in statuses.figures():
            place = places[id(figures.names)] = self._place(figures.names)
            near = np.zeros(len(figures.names), np.bool_)
            for number, atom in enumerate(self._atoms):
                code, unsure = _code(atom, figures, statuses, now_ns)
                codes[number, place.at] = code[place.known]
                near |= unsure
            moved[place.at] = near[place.known]
        moved |= (codes != self._codes).any(axis=0)
        self._codes, self._places = codes, places
        return {self._names[at] for at in np.flatnonzero(moved)}

    def _place(self, names: tuple[str, ...]) -> _Places:
        found = self._places.get(id(names))
        if found is not None and found.names is names:
            return found
        at = [self._order.get(name, -1) for name in names]
        known = np.array(at, np.intp) >= 0
        return _Places(names, known, np.array([each for each in at if each >= 0], np.intp))


def _code(atom: Atom, figures: Figures, statuses: Glance, now_ns: int) -> tuple[Codes, Bools]:
    """A number that changes when the condition may turn, and where that cannot be told."""
    match atom:
        case BudgetRemainingBelow(share) | BudgetRemainingAbove(share):
            return _remaining(figures, share)
        case BudgetSpentWithin(share, window_ns):
            return _spent(figures, share, window_ns)
        case ExhaustedWithin(within_ns):
            return _lasting(figures, within_ns)
        case NoData(for_ns):
            return _silent(figures, statuses, now_ns, for_ns)


def _remaining(figures: Figures, share: Fraction) -> tuple[Codes, Bools]:
    """remaining < share is spent > (1 − share) × allowed."""
    side, near = _sides(figures.spent, float(1 - share) * figures.allowed)
    enough, close = _sides(figures.budget.coverage, np.full_like(figures.spent, float(ENOUGH_TO_CLEAR)))
    code = (side + 1) + 3 * (enough + 1) + 9 * (figures.allowed > 0)
    return code.astype(np.int16), near | close | figures.budget.doubt


def _spent(figures: Figures, share: Fraction, window_ns: int) -> tuple[Codes, Bools]:
    of_calendar = np.array([slo.calendar is not None and slo.window_ns == window_ns for slo in figures.slos], np.bool_)
    window = figures.window(window_ns)
    if window is None:
        return np.zeros(len(figures.names), np.int16), of_calendar
    mark = float(share) * figures.allowed
    low, near = _sides(window.bad, mark)
    high, close = _sides(window.bad + window.missing, mark)
    told, unsure = _sides(window.coverage, np.full_like(mark, float(ENOUGH_TO_CLEAR)))
    budget, doubt = _remaining(figures, share)
    code = (low + 1) + 3 * (high + 1) + 9 * (told + 1)
    return (code + 27 * (budget // 3)).astype(np.int16), near | close | unsure | doubt | window.doubt | of_calendar


def _lasting(figures: Figures, within_ns: int) -> tuple[Codes, Bools]:
    """Whether it may be spent in time at the burn of the last hour, if nothing left the window: the exact figure is
    never sooner. Where it may, only that figure can tell."""
    hour = figures.window(HOUR)
    if hour is None:
        return np.zeros(len(figures.names), np.int16), np.ones(len(figures.names), np.bool_)
    length = np.array([float(slo.window_ns) * (SHORTEST if slo.calendar else 1.0) for slo in figures.slos])
    budget = np.array([float(slo.objective.budget) for slo in figures.slos])
    left = np.maximum(figures.allowed - figures.spent, 0.0) * length * budget * hour.total
    may = left * (1 - ROUGHLY) <= float(within_ns) * hour.bad * figures.allowed
    may &= (hour.total > 0) & (figures.allowed > 0)
    enough, close = _sides(hour.coverage, np.full_like(left, float(ENOUGH_TO_CLEAR)))
    known, doubt = _remaining(figures, Fraction(1))
    code = (enough + 1) + 3 * (hour.total > 0) + 6 * (known // 3)
    return code.astype(np.int16), may | close | doubt | hour.doubt


def _silent(figures: Figures, statuses: Glance, now_ns: int, for_ns: int) -> tuple[Codes, Bools]:
    """By the collectors' progress; before its first, by how long the objective has been frozen."""
    since = figures.progress.copy()
    for at in np.flatnonzero(since == NEVER):
        standing = statuses.standing(figures.names[at])
        frozen = standing is not None and standing.state is State.FROZEN
        since[at] = standing.since_ns if standing is not None and frozen else now_ns
    return (now_ns - since >= for_ns).astype(np.int16), np.zeros(since.size, np.bool_)


def _sides(left: Floats, right: Floats) -> tuple[Codes, Bools]:
    """(the sign of left − right, whether floats cannot tell). Nothing and nothing are surely equal."""
    apart, larger = left - right, np.maximum(np.abs(left), np.abs(right))
    return np.sign(apart).astype(np.int16), (np.abs(apart) <= NEAR * larger) & (larger > 0)
