"""What an objective is judged on: one track, or those of the members of a composite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.indicator import Late, Member
from slo_service.domain.slo import Slo, Tier
from slo_service.domain.status import Budget, MemberStatus, Reading
from slo_service.domain.tally import Objective
from slo_service.evaluate.chance.gate import MemberRounds, composite_gate, gate
from slo_service.evaluate.counts.reading import read, read_at
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.counts.window import SHOWN_NS, Window, budget_window
from slo_service.evaluate.judge import composite
from slo_service.evaluate.judge.composite import Combined, Part, combine
from slo_service.evaluate.judge.tier import Limit, Sight, judge

COVERAGE_FLOOR = Fraction(9, 10)  # below it a budget is provisional: shown, and no action rests on it


class Subject(Protocol):
    """At one watermark, which is None before the first progress."""

    @property
    def watermark_ns(self) -> int | None: ...
    @property
    def begun_ns(self) -> int: ...
    @property
    def first_ns(self) -> int | None: ...
    @property
    def round_ns(self) -> int: ...
    def progress_ns(self, now_ns: int) -> int | None: ...
    def readings(self, lengths_ns: Sequence[int]) -> Mapping[int, Reading]: ...
    def reading(self, length_ns: int) -> Reading: ...
    def sight(self, tier: Tier) -> Sight: ...
    def budget(self) -> Budget: ...
    def held_back(self, tier: Tier, long: Reading) -> str:
        """Why a tier that burns may not fire: chance alone could explain its long window. Empty where it may."""
        ...

    def without(self) -> Budget | None:
        """The budget as it would be if nothing were adjusted; None where nothing is, or that is not known yet."""
        ...

    def parts(self) -> tuple[MemberStatus, ...]: ...
    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]: ...


@dataclass(slots=True)
class Plain:
    """One track; `raw` is the same unadjusted, where it is adjusted."""

    slo: Slo
    track: Track
    raw: Track | None = None

    @property
    def watermark_ns(self) -> int | None:
        return self.track.watermark_ns

    @property
    def begun_ns(self) -> int:
        return self.track.begun_ns

    @property
    def first_ns(self) -> int | None:
        return self.track.first_ns

    @property
    def round_ns(self) -> int:
        return self.track.expectation.round_ns

    def progress_ns(self, now_ns: int) -> int | None:
        return self.track.progress_ns(now_ns)

    def readings(self, lengths_ns: Sequence[int]) -> Mapping[int, Reading]:
        return {length: self._read(Window(length)) for length in lengths_ns}

    def reading(self, length_ns: int) -> Reading:
        return self._read(Window(length_ns))

    def parts(self) -> tuple[MemberStatus, ...]:
        return ()

    def _read(self, window: Window) -> Reading:
        return read(self.track, window, self.slo.objective)

    def sight(self, tier: Tier) -> Sight:
        long, short = self.reading(tier.long_ns), self.reading(tier.short_ns)
        limit = Limit(tier.factor(self.slo.window_ns) * self.slo.objective.budget, tier.inclusive)
        return Sight(judge(limit, long, short, self.slo.unmeasured), long, short)

    def held_back(self, tier: Tier, long: Reading) -> str:
        return gate(self.slo, self.track.expectation, tier, long)

    def budget(self) -> Budget:
        return self._budget_of(self.track)

    def without(self) -> Budget | None:
        return None if self.raw is None or self.raw.watermark_ns is None else self._budget_of(self.raw)

    def _budget_of(self, track: Track) -> Budget:
        window, watermark = budget_window(self.slo), track.watermark_ns
        assert watermark is not None
        reading = read(track, window, self.slo.objective)
        expectation, start = track.expectation, track.sums(window)[0]
        excused = to_come = Fraction(0)
        if expectation.known and track.key.knows_events:
            excused = expectation.excused(start, watermark)
        if expectation.known and self.slo.calendar is not None:
            to_come = expectation.whole_course.between(watermark, window.end_ns(watermark))
        return draw_up(self.slo, reading, excused, to_come)

    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]:
        return self.track.bad_slots(start_ns, end_ns)


@dataclass(slots=True)
class Composed:
    """The members of a composite, each on its own track; `raw` are the same unadjusted, where they are adjusted."""

    slo: Slo
    members: Sequence[tuple[Member, Track]]
    raw: Sequence[tuple[Member, Track]] = ()

    @property
    def watermark_ns(self) -> int | None:
        return composite.watermark(track.watermark_ns for _, track in self.members)

    @property
    def begun_ns(self) -> int:
        return max(track.begun_ns for _, track in self.members)

    @property
    def first_ns(self) -> int | None:
        return min((track.first_ns for _, track in self.members if track.first_ns is not None), default=None)

    @property
    def round_ns(self) -> int:
        return max(track.expectation.round_ns for _, track in self.members)

    def progress_ns(self, now_ns: int) -> int | None:
        """Of the one that is furthest behind; one that has not reported at all is late, and holds nobody back."""
        found = [track.progress_ns(now_ns) for _, track in self.members]
        return min((mark for mark in found if mark is not None), default=None)

    def readings(self, lengths_ns: Sequence[int]) -> Mapping[int, Reading]:
        return {length: self.reading(length) for length in lengths_ns}

    def reading(self, length_ns: int) -> Reading:
        return self._combined(Window(length_ns)).reading

    def sight(self, tier: Tier) -> Sight:
        long, short = self._combined(Window(tier.long_ns)), self._combined(Window(tier.short_ns))
        factor = tier.factor(self.slo.window_ns)
        verdict = composite.judge(factor, long, short, inclusive=tier.inclusive, unmeasured=self.slo.unmeasured)
        return Sight(verdict, long.reading, short.reading)

    def held_back(self, tier: Tier, long: Reading) -> str:
        """What is missing and counts as bad by declaration is no matter of chance, nor is continuous traffic."""
        window, mark = Window(long.length_ns), self.watermark_ns
        assert mark is not None
        parts = [(self._part(member, track, window, mark), track.expectation) for member, track in self.members]
        if any(part.late is Late.BAD or not expectation.sources for part, expectation in parts):
            return ""
        rounds = [MemberRounds.of(p.member.name, p.member.target, p.member.weight, p.reading, e) for p, e in parts]
        return composite_gate(self.slo, tier, rounds)

    def budget(self) -> Budget:
        return self._budget_of(self.members)

    def without(self) -> Budget | None:
        known = all(track.filled for _, track in self.raw) and composite.watermark(t.watermark_ns for _, t in self.raw)
        return self._budget_of(self.raw) if known else None

    def _budget_of(self, members: Sequence[tuple[Member, Track]]) -> Budget:
        window, watermark = budget_window(self.slo), composite.watermark(track.watermark_ns for _, track in members)
        assert watermark is not None
        return composite.draw_up([self._part(member, track, window, watermark) for member, track in members])

    def parts(self) -> tuple[MemberStatus, ...]:
        mark = self.watermark_ns
        assert mark is not None
        return tuple(
            MemberStatus(
                member.name,
                member.target,
                track.watermark_ns,
                {n: read_at(track, Window(n), Objective(member.target), mark) for n in SHOWN_NS},
            )
            for member, track in self.members
        )

    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]:
        return sorted({slot for _, track in self.members for slot in track.bad_slots(start_ns, end_ns)})

    def _combined(self, window: Window) -> Combined:
        watermark = self.watermark_ns
        assert watermark is not None
        return combine([self._part(member, track, window, watermark) for member, track in self.members])

    def _part(self, member: Member, track: Track, window: Window, watermark_ns: int) -> Part:
        reading = read_at(track, window, Objective(member.target), watermark_ns)
        expectation, excused = track.expectation, Fraction(0)
        if expectation.known and track.key.knows_events:
            excused = expectation.excused(window.start_ns(watermark_ns), watermark_ns)
        if expectation.known and window.calendar is not None:
            excused += expectation.whole_course.between(watermark_ns, window.end_ns(watermark_ns))
        return Part(member, reading, excused)


def draw_up(slo: Slo, reading: Reading, excused: Fraction, to_come: Fraction) -> Budget:
    """remaining = 1 − bad ÷ (β × events), events being those measured and those expected: of the unmeasured time, of
    time that is excused (they stay as good), and of what is still to come of a calendar window."""
    allowed = slo.objective.budget * (reading.expected + excused + to_come)
    if not allowed:
        return Budget(reading, None, True, Fraction(0))
    bad = reading.tally.bad + (reading.unmeasured_events if slo.unmeasured is Unmeasured.BAD else 0)
    provisional = reading.coverage < COVERAGE_FLOOR and slo.unmeasured is Unmeasured.FREEZE
    return Budget(reading, 1 - bad / allowed, provisional, allowed, excused_events=excused, to_come_events=to_come)
