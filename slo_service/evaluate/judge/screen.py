"""All objectives of a bank at one tick, in floats: whose verdicts differ from the tick before, and of whom that cannot
be told so quickly. Whoever is named is then judged exactly; whoever is not would have come out as before.

A comparison counts only where the two sides are further apart than floats can err; else the objective is named. That
is the filter of exact geometric predicates (Shewchuk, Discrete & Computational Geometry 18, 1997): it decides which
computation is made, never what comes out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Basis
from slo_service.domain.slo import Slo
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.facts import Facts
from slo_service.evaluate.counts.outline import ALL_EVENTS, CELLS, EVENTS, Outline
from slo_service.evaluate.counts.reading import JITTER_ROOTS
from slo_service.evaluate.counts.ring import BAD, GOOD, NEVER, OBSERVED, Bools, Columns, Ints
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.counts.window import SHOWN_NS, Window, budget_window
from slo_service.evaluate.judge.figures import Figures, Floats, Readings, unborn_are_empty
from slo_service.evaluate.judge.measuring import COVERED_NS, Patience
from slo_service.evaluate.judge.tier import ENOUGH_TO_CLEAR, ENOUGH_TO_FIRE

CLEAR, BURNS, UNKNOWN, UNSURE = range(4)
ENOUGH_EITHER_WAY = 0.0999  # a shortfall of less than that leaves coverage that clears, whether it counts or not
HALF_EITHER_WAY = 0.499
NEAR = 1e-9  # of the larger side: a thousand times what the floats here can err by

Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Row:
    """An objective of the bank: its track, and the stretch that shows whether it is measured."""

    slo: Slo
    track: Track
    lately: Window
    silent_ns: int  # a collector silent for so long is not measuring
    patience: Patience


class Screen:
    """`rows` are in the order of the answers of `stirred`. `verdicts` (per tier) and `flags` are as last seen; from the
    watermark `wake` on an objective is named at every tick."""

    def __init__(self, bank: Bank, rows: Sequence[Row], outline: Outline) -> None:
        self.bank, self.rows, self.outline = bank, rows, outline
        tiers = [(at, tier) for at, row in enumerate(rows) for tier in row.slo.alerting.tiers]
        self.columns: Columns = np.array([row.track.column for row in rows], np.intp)
        self._of = np.array([at for at, _ in tiers], np.intp)
        self._firsts = np.searchsorted(self._of, np.arange(len(rows)))
        self._counts = np.bincount(self._of, minlength=len(rows))
        index = {window: self.bank.index_of(window) for window in self._windows()}
        self._long = np.array([index[Window(tier.long_ns)] for _, tier in tiers], np.intp)
        self._short = np.array([index[Window(tier.short_ns)] for _, tier in tiers], np.intp)
        slos = [rows[at].slo for at, _ in tiers]
        factors = [tier.factor(s.window_ns) for s, (_, tier) in zip(slos, tiers, strict=True)]
        self._share = np.array([float(f * s.objective.budget) for f, s in zip(factors, slos, strict=True)])
        self._counts_bad = np.array([s.unmeasured is Unmeasured.BAD for s in slos], np.bool_)
        self._counts_good = np.array([s.unmeasured is Unmeasured.GOOD for s in slos], np.bool_)
        self._budget = np.array([index[budget_window(row.slo)] for row in rows], np.intp)
        self._beta = np.array([float(row.slo.objective.budget) for row in rows])
        self._all_bad = np.array([row.slo.unmeasured is Unmeasured.BAD for row in rows], np.bool_)
        self._lately = np.array([index[row.lately] for row in rows], np.intp)
        self._silent = np.array([row.silent_ns for row in rows], np.int64)
        self._new_ns = np.array([2 * row.lately.length_ns for row in rows], np.int64)
        self.always = np.zeros(len(rows), np.bool_)
        odd = [tier.inclusive or not factor for (_, tier), factor in zip(tiers, factors, strict=True)]
        self.always[self._of[np.array(odd, np.bool_)]] = True
        self._calendar = np.array([row.slo.calendar is not None for row in rows], np.bool_)
        self._ends = np.full(len(rows), NEVER, np.int64)  # of the calendar window
        self._patience = np.array([(r.patience.ticket_ns, r.patience.page_ns) for r in rows], np.int64).reshape(-1, 2)
        self._below = np.array([float(row.patience.coverage_below) for row in rows])
        self._covered = [index[Window(length_ns)] for length_ns in COVERED_NS]
        self.wake: Ints = np.full(len(rows), NEVER, np.int64)
        self.verdicts: Codes = np.full(len(tiers), UNSURE, np.int8)
        self.flags: Flags = np.full(len(rows), -1, np.int16)
        self._names = tuple(row.slo.name for row in rows)
        self._numbers = {window.length_ns: at for window, at in index.items() if window.calendar is None}
        self.figures: Figures | None = None  # of the newest tick

    def _windows(self) -> list[Window]:
        found = dict.fromkeys(Window(length_ns) for length_ns in (*SHOWN_NS, *COVERED_NS))
        found |= dict.fromkeys(row.lately for row in self.rows)
        for row in self.rows:
            found |= dict.fromkeys([budget_window(row.slo)])
            found |= dict.fromkeys(Window(n) for t in row.slo.alerting.tiers for n in (t.long_ns, t.short_ns))
        return list(found)

    def inherit(self, old: Screen) -> None:
        """Of objectives that are what they were, what was seen last stays so."""
        before = {row.slo.name: at for at, row in enumerate(old.rows)}
        for at, row in enumerate(self.rows):
            was = before.get(row.slo.name)
            if was is None or old.rows[was].track is not row.track or old.rows[was].slo != row.slo:
                continue
            self.wake[at], self.flags[at] = old.wake[was], old.flags[was]
            first, first_old = self._firsts[at], old._firsts[was]
            count = self._counts[at]
            self.verdicts[first : first + count] = old.verdicts[first_old : first_old + count]

    def stir(self, slos: Collection[str]) -> None:
        """Names these at the next tick."""
        for at, row in enumerate(self.rows):
            if row.slo.name in slos:
                self.flags[at] = -1

    def stirred(self, now_ns: int, facts: Facts, codes: Ints) -> Columns:
        """Numbers of the rows to be judged exactly. `codes` change with what stands beside the windows of a row."""
        readings = self._read(facts)
        judged = self.bank.watermarks[self.columns] != NEVER
        verdicts = self._verdicts(readings)
        self.figures = self._figures(readings, facts)
        flags, doubt = self._flags(self.figures, now_ns, facts)
        told, unsure = self._measuring(readings, now_ns, facts)
        flags, doubt = flags + told, doubt | unsure
        moved = np.zeros(len(self.rows), np.bool_)
        moved[self._of[(verdicts != self.verdicts) | (verdicts == UNSURE)]] = True
        flags = flags + (codes << 10).astype(np.int16)
        moved |= (flags != self.flags) | doubt | self.always
        moved |= judged & (self.bank.watermarks[self.columns] >= self.wake)
        self.verdicts, self.flags = verdicts, flags
        return np.flatnonzero(moved)

    def _read(self, facts: Facts) -> Readings:
        bank, outline = self.bank, self.outline
        marks = np.where(bank.watermarks == NEVER, 0, bank.watermarks)
        ends = np.where(facts.by_slices, marks - marks % facts.widths, marks)
        starts = bank.starts()
        expected = outline.between(EVENTS, starts, ends)
        bad = bank.sums[BAD].astype(np.float64)
        total = bad + bank.sums[GOOD]
        short = expected - total
        if facts.tells_measured.any():
            short = np.where(facts.tells_measured, expected - bank.sums[OBSERVED], short)
        edge = np.minimum(facts.sources, np.sqrt(JITTER_ROOTS * facts.sources))
        missing = np.where(short < edge, 0.0, short)
        with np.errstate(divide="ignore", invalid="ignore"):
            coverage = np.where(expected > 0, 1 - missing / expected, 0.0)
            slack = np.where(expected > 0, edge / expected, 1.0)
        doubt = np.abs(short - edge) <= NEAR * np.maximum(np.abs(expected), 1)
        if facts.by_slices.any():
            looked = self._looked(facts.by_slices, marks, ends)
            cells = outline.between(CELLS, starts, ends)
            with np.errstate(divide="ignore", invalid="ignore"):
                seen = np.where((cells > 0) & (ends > starts), np.minimum(1.0, looked / cells), 0.0)
            coverage = np.where(facts.by_slices, seen, coverage)
            missing = np.where(facts.by_slices, (1 - seen) * expected, missing)
            doubt &= ~facts.by_slices
        unknown = ~outline.known
        excused = np.where(facts.knows_events, outline.between(ALL_EVENTS, starts, ends) - expected, 0.0)
        for part in (bad, total, missing, coverage, excused):
            part[:, unknown] = 0.0
        return Readings(bad, total, missing, coverage, doubt, excused, slack)

    def _looked(self, slices: Bools, marks: Ints, ends: Ints) -> Floats:
        """Cells looked at before the slice that the watermark cuts."""
        bank = self.bank
        cut = np.flatnonzero(slices & (marks != ends) & (bank.watermarks != NEVER))
        looked: Floats = bank.sums[OBSERVED].astype(np.float64)
        looked[:, cut] -= bank.fine.at(marks[cut] // bank.slots.fine_ns, cut)[OBSERVED]
        return looked

    def _verdicts(self, readings: Readings) -> Codes:
        columns = self.columns[self._of]
        codes = np.full(columns.size, CLEAR, np.int8)
        hard = np.flatnonzero(~self._plainly_clear(readings, columns))
        codes[hard] = self._weighed(readings, hard)
        codes[self.bank.watermarks[columns] == NEVER] = UNKNOWN
        return codes

    def _plainly_clear(self, readings: Readings, columns: Columns) -> Bools:
        """Where the long window is measured and not over, by more than floats err: the short one does not matter then,
        and for nearly all tiers at nearly all times that is so."""
        at = self._long * readings.bad.shape[1] + columns
        bad, total, coverage, doubt = (
            part.ravel().take(at) for part in (readings.bad, readings.total, readings.coverage, readings.doubt)
        )
        limit = self._share * total
        clear: Bools = (limit - bad > NEAR * limit) & (coverage > float(ENOUGH_TO_CLEAR) + NEAR)
        clear &= ~doubt & ~self._counts_bad
        return clear

    def _weighed(self, readings: Readings, tiers: Columns) -> Codes:
        columns, share = self.columns[self._of[tiers]], self._share[tiers]
        counts_bad, counts_good = self._counts_bad[tiers], self._counts_good[tiers]
        sides = [readings.take(windows[tiers], columns) for windows in (self._long, self._short)]
        burns_surely = np.ones(columns.size, np.bool_)
        burns_measured = np.ones(columns.size, np.bool_)
        clear = np.zeros(columns.size, np.bool_)
        all_bad = np.ones(columns.size, np.bool_)
        doubt = np.zeros(columns.size, np.bool_)
        for side in sides:
            over, unsure = _over(side.bad, share * side.total)
            over_if_good, unsure_good = _over(side.bad, share * (side.total + side.missing))
            over_if_bad, unsure_bad = _over(side.bad + side.missing, share * (side.total + side.missing))
            harmless = (side.bad == 0) & (side.slack < ENOUGH_EITHER_WAY) & ~counts_bad
            doubt |= (side.doubt & ~harmless) | unsure | unsure_good | (unsure_bad & ~harmless)
            doubt |= _close(side.coverage, float(ENOUGH_TO_FIRE)) | _close(side.coverage, float(ENOUGH_TO_CLEAR))
            burns_surely &= over_if_good
            burns_measured &= over & (side.coverage >= float(ENOUGH_TO_FIRE))
            clear |= (side.coverage >= float(ENOUGH_TO_CLEAR)) & ~over
            clear |= ((side.total > 0) | (side.coverage > 0)) & ~over_if_bad
            all_bad &= over_if_bad
        burns = burns_surely | burns_measured
        codes = np.where(burns, BURNS, np.where(clear, CLEAR, UNKNOWN))
        codes = np.where(counts_bad, np.where(all_bad, BURNS, CLEAR), codes)
        codes = np.where(counts_good, np.where(burns_surely, BURNS, CLEAR), codes)
        codes[doubt] = UNSURE
        return codes.astype(np.int8)

    def _figures(self, readings: Readings, facts: Facts) -> Figures:
        at, marks = self.columns, self.bank.watermarks[self.columns]
        budget = unborn_are_empty(readings.take(self._budget, at), marks)
        spent = budget.bad + np.where(self._all_bad, budget.missing, 0.0)
        base = budget.total + budget.missing + readings.excused[self._budget, at] + self._to_come(marks)
        allowed = np.where(marks != NEVER, self._beta * base, 0.0)
        slos, progress = [row.slo for row in self.rows], facts.progress[at]
        return Figures(self._names, slos, marks, progress, spent, allowed, budget, readings, at, self._numbers)

    def _flags(self, figures: Figures, now_ns: int, facts: Facts) -> tuple[Flags, Bools]:
        """What the word for an objective hangs on besides: measured, new, overspent."""
        marks, progress, firsts = figures.watermarks, figures.progress, facts.firsts[self.columns]
        lately = figures.readings.take(self._lately, self.columns)
        looks = (progress != NEVER) & (now_ns - progress <= self._silent)
        measured = looks & (lately.coverage >= float(ENOUGH_TO_FIRE)) & (lately.total > 0)
        doubt = (lately.doubt & ~(lately.slack < HALF_EITHER_WAY)) | _close(lately.coverage, float(ENOUGH_TO_FIRE))
        new = (firsts != NEVER) & (marks != NEVER) & (marks - firsts < self._new_ns)
        over, unsure = _over(figures.spent, figures.allowed)
        doubt |= (figures.budget.doubt & ((figures.budget.bad > 0) | self._all_bad)) | unsure
        return (measured + 2 * new + 4 * over + 8 * (marks == NEVER)).astype(np.int16), doubt & (marks != NEVER)

    def _measuring(self, readings: Readings, now_ns: int, facts: Facts) -> tuple[Flags, Bools]:
        """What tiers that tell of measuring hang on."""
        silent = now_ns - np.maximum(facts.begun, facts.progress)[self.columns]
        flags = 16 * (silent >= self._patience[:, 0]) + 32 * (silent >= self._patience[:, 1])
        doubt = np.zeros(silent.size, np.bool_)
        marks, firsts = self.bank.watermarks[self.columns], facts.firsts[self.columns]
        begun = (marks != NEVER) & (firsts != NEVER)
        for bit, (window, length_ns) in enumerate(zip(self._covered, COVERED_NS, strict=True)):
            old = begun & (marks - np.where(begun, firsts, marks) >= length_ns)
            coverage = readings.coverage[window, self.columns]
            flags = flags + (64 << 2 * bit) * old + (128 << 2 * bit) * (old & (coverage < self._below))
            doubt |= old & _close(coverage, self._below)
        return flags.astype(np.int16), doubt

    def _to_come(self, marks: Ints) -> Floats:
        """Events expected of the rest of calendar windows."""
        if not self._calendar.any():
            return np.zeros(len(self.rows))
        begun = self._calendar & (marks != NEVER)
        for at in np.flatnonzero(begun & (marks >= self._ends)):
            self._ends[at] = budget_window(self.rows[int(at)].slo).end_ns(int(marks[at]))
        to_come = np.where(begun, self.outline.slope[ALL_EVENTS, -1, self.columns] * (self._ends - marks), 0.0)
        for at in np.flatnonzero(begun & (self.outline.turns[self.columns] < self._ends)):
            course = self.rows[int(at)].track.expectation.whole_course
            to_come[at] = float(course.between(int(marks[at]), int(self._ends[at])))
        return to_come


def basis_of(track: Track) -> bool:
    return track.key.basis is Basis.SLICES


def _over(left: Floats, right: Floats) -> tuple[Bools, Bools]:
    """(left > right, whether floats cannot tell). Nothing is over nothing."""
    apart = left - right
    return (apart > 0) & (left > 0), (np.abs(apart) <= NEAR * np.maximum(left, right)) & (left > 0)


def _close(value: Floats, to: float | Floats) -> Bools:
    return np.abs(value - to) <= NEAR
