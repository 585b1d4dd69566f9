"""The objectives of a catalogue as metrics know them, and where the columns of figures keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.grouping import Labels, definition_of
from slo_service.domain.instant import SECOND
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.ring import Bools, Columns
from slo_service.evaluate.counts.window import SHOWN_NS
from slo_service.evaluate.judge.figures import Figures, Floats
from slo_service.evaluate.judge.subject import COVERAGE_FLOOR
from slo_service.show.counted import counted_streams, unit_of
from slo_service.show.metrics import families as f

COVERED_NS = frozenset(SHOWN_NS)


@dataclass(frozen=True, slots=True)
class Known:
    """What of an objective stays from scrape to scrape."""

    slo: Slo
    streams: tuple[str, ...]  # whose counts are its events, or slices
    unit: int  # so many of the counts make one of them
    labels: str  # as they stand in a line: without braces, escaped


class Register:
    """The objectives of a catalogue, and of each bank's figures where they stand. Kept for as long as they last."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        self.known: Mapping[str, Known] = {}
        self.groups: Mapping[str, list[Labels]] = {}  # of grouped definitions, by name
        self._shown: dict[int, tuple[tuple[str, ...], Shown]] = {}

    def follow(self, catalogue: Catalogue) -> None:
        if catalogue is not self._catalogue:
            self._catalogue, self._shown = catalogue, {}
            self.known = {
                name: Known(slo, counted_streams(slo), unit_of(slo), labelled(slo))
                for name, slo in catalogue.slos.items()
            }
            groups: dict[str, list[Labels]] = {}
            for slo in catalogue.slos.values():
                if slo.group:
                    groups.setdefault(definition_of(slo.name), []).append(slo.group)
            self.groups = groups

    def shown(self, figures: Figures) -> Shown:
        found = self._shown.get(id(figures.names))
        if found is None or found[0] is not figures.names:
            found = self._shown[id(figures.names)] = (figures.names, Shown.of(figures, self.known))
        return found[1]

    def keep(self, figures: Sequence[Figures]) -> None:
        """Forgets where the objectives of other figures stand."""
        lasting = {id(each.names) for each in figures}
        self._shown = {at: shown for at, shown in self._shown.items() if at in lasting}


@dataclass(frozen=True, slots=True)
class Shown:
    """Of some figures, the numbers of the objectives that are defined, what they are, and which of them show a window
    of which length."""

    numbers: Columns
    known: Sequence[Known]
    beta: Floats
    units: Floats  # so many of the counts make an event, or a slice
    seconds: Floats  # of total outage that the whole budget pays for
    freezes: Bools  # where a budget of which too little was measured is provisional
    windows: Mapping[int, Columns]  # positions among `numbers`, by length

    @classmethod
    def of(cls, figures: Figures, known: Mapping[str, Known]) -> Shown:
        numbers = [at for at, name in enumerate(figures.names) if name in known and known[name].slo == figures.slos[at]]
        found = [known[figures.names[at]] for at in numbers]
        windows: dict[int, list[int]] = {}
        for position, each in enumerate(found):
            tiers = each.slo.alerting.tiers
            for length in {*COVERED_NS, each.slo.window_ns, *(n for t in tiers for n in (t.long_ns, t.short_ns))}:
                windows.setdefault(length, []).append(position)
        beta = np.array([float(each.slo.objective.budget) for each in found])
        seconds = np.array([float(each.slo.objective.budget * each.slo.window_ns / SECOND) for each in found])
        units = np.array([float(each.unit) for each in found])
        lengths = {length: np.array(windows[length], np.intp) for length in sorted(windows)}
        freezes = np.array([each.slo.unmeasured is Unmeasured.FREEZE for each in found], np.bool_)
        return cls(np.array(numbers, np.intp), found, beta, units, seconds, freezes, lengths)

    def provisional(self, figures: Figures) -> Bools:
        coverage, allowed = figures.budget.coverage[self.numbers], figures.allowed[self.numbers]
        found: Bools = (allowed <= 0) | (self.freezes & (coverage < float(COVERAGE_FLOOR)))
        return found


def labelled(slo: Slo) -> str:
    pairs = zip(f.SLO, (slo.name, slo.service, slo.pipeline), strict=True)
    return ",".join(f'{label}="{escaped(value)}"' for label, value in pairs)


def escaped(value: str) -> str:
    """As label values are written (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
