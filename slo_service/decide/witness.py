"""Witnesses: independent signs of trouble on a pipeline. Two of different methods agree before we touch production."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.decide.reason import number, percent, window
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Witness
from slo_service.domain.indicator import Freshness, Lag, Method
from slo_service.domain.instant import SECOND, format_duration
from slo_service.domain.pipeline import Pipeline
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status, TierState

STALE_NS = 10 * SECOND  # older than this, a reading says nothing of now
ENOUGH = Fraction(1, 2)  # coverage from which the measured ratio alone may speak


@dataclass(frozen=True, slots=True)
class GroupTrouble:
    """One poll of one consumer group. `age_ns` is the worst partition's, None where any is unknown; `error` says why a
    poll failed."""

    pipeline: str
    stage: str
    group: str
    age_ns: int | None
    waiting: int | None
    partitions_behind: int
    partitions: int
    at_ns: int
    error: str = ""


class Witnesses(Mapping[str, Sequence[Witness]]):
    """By pipeline: one canary witness where it has canary objectives, and one lag witness a consumer group. Heard when
    somebody asks, for a witness looks at every objective of its pipeline."""

    def __init__(
        self, now_ns: int, catalogue: Catalogue, statuses: Mapping[str, Status], groups: Sequence[GroupTrouble]
    ) -> None:
        self._now_ns, self._catalogue, self._statuses, self._groups = now_ns, catalogue, statuses, groups
        self._heard: dict[str, Sequence[Witness]] = {}

    def __getitem__(self, pipeline: str) -> Sequence[Witness]:
        if pipeline not in self._heard:
            self._heard[pipeline] = tuple(self._hear(self._catalogue.pipelines[pipeline]))
        return self._heard[pipeline]

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogue.pipelines)

    def __len__(self) -> int:
        return len(self._catalogue.pipelines)

    def _hear(self, pipeline: Pipeline) -> Iterator[Witness]:
        declared = self._catalogue.slos_of(pipeline.name)
        slos = [slo for slo in declared if slo.indicator.method is Method.CANARY]
        if slos:
            yield _canary(self._now_ns, pipeline, [(slo, self._statuses.get(slo.name)) for slo in slos])
        groups = [group for group in self._groups if group.pipeline == pipeline.name]
        if groups:
            limit = lag_limit_ns(self._catalogue, pipeline.name)
            yield from (_lag(self._now_ns, group, limit) for group in groups)


def witnesses(
    now_ns: int, catalogue: Catalogue, statuses: Mapping[str, Status], groups: Sequence[GroupTrouble]
) -> Witnesses:
    return Witnesses(now_ns, catalogue, statuses, groups)


def lag_limit_ns(catalogue: Catalogue, pipeline: str) -> int | None:
    """The age beyond which a consumer group is trouble: the tightest freshness asked of the pipeline, else of its lag
    objectives; None where neither is declared."""
    indicators = [slo.indicator for slo in catalogue.slos_of(pipeline)]
    fresh = [i.within_ns for i in indicators if isinstance(i, Freshness)]
    lags = [i.within_ns for i in indicators if isinstance(i, Lag)]
    return min(fresh or lags, default=None)


def independent(heard: Iterable[Witness]) -> tuple[Witness, ...]:
    """The first troubled witness of each method; all are of one pipeline."""
    by_method: dict[str, Witness] = {}
    for witness in heard:
        if witness.troubled is True:
            by_method.setdefault(witness.method, witness)
    return tuple(by_method.values())


def _canary(now_ns: int, pipeline: Pipeline, slos: Sequence[tuple[Slo, Status | None]]) -> Witness:
    verdicts: list[tuple[bool | None, Slo, TierState]] = []
    for slo, status in slos:
        if status is None or status.watermark_ns is None or now_ns - status.at_ns > STALE_NS:
            continue
        verdicts += [(_over(slo, tier), slo, tier) for tier in status.tiers]
    troubled = [(slo, tier) for verdict, slo, tier in verdicts if verdict]
    if troubled:
        slo, tier = max(troubled, key=lambda pair: pair[1].strain)
        says = f"canary: {slo.name} burns {window(tier.short)}, over {number(tier.factor)} ({tier.tier.name})"
        return Witness(Method.CANARY, pipeline.name, True, says, now_ns)
    calm = [(slo, tier) for verdict, slo, tier in verdicts if verdict is False]
    if not calm:
        return Witness(Method.CANARY, pipeline.name, None, "canary: not measured now", now_ns)
    slo, tier = max(calm, key=lambda pair: pair[1].strain)
    says = f"canary: {slo.name} burns {window(tier.short)}, not over {number(tier.factor)}"
    return Witness(Method.CANARY, pipeline.name, False, says, now_ns)


def _over(slo: Slo, tier: TierState) -> bool | None:
    """Whether the short window burns above the factor now: as measured with half of it covered, or even with
    everything unmeasured counted good."""
    reading, share = tier.short, tier.factor * slo.objective.budget
    if reading.tally.bad > share * reading.expected:
        return True
    if tier.frozen_since_ns is not None and reading.coverage < ENOUGH:
        return None
    if reading.burn is None or reading.coverage < ENOUGH:
        return None
    return reading.burn > tier.factor or (tier.tier.inclusive and reading.burn == tier.factor)


def _lag(now_ns: int, group: GroupTrouble, limit_ns: int | None) -> Witness:
    name = f"lag: consumer group {group.group} at {group.stage}"

    def says(troubled: bool | None, what: str) -> Witness:
        return Witness(Method.LAG, group.pipeline, troubled, f"{name} {what}", group.at_ns)

    if group.error:
        return says(None, f"could not be read: {group.error}")
    if now_ns - group.at_ns > STALE_NS:
        return says(None, f"was last read {format_duration(_whole_seconds(now_ns - group.at_ns))} ago")
    if group.age_ns is None:
        return says(None, "is of unknown age")
    if limit_ns is None:
        return says(None, "has no limit to be held against: the pipeline declares neither freshness nor lag")
    waiting = "" if group.waiting is None else f", {group.waiting} messages waiting"
    where = f" on {group.partitions_behind} of {group.partitions} partitions"
    behind = f"is {format_duration(_whole_seconds(group.age_ns))} behind{where}{waiting}"
    if group.age_ns > limit_ns:
        return says(True, f"{behind}, over {format_duration(limit_ns)}")
    share = percent(Fraction(group.age_ns, limit_ns)) if limit_ns else "0 %"
    return says(False, f"{behind}, {share} of the {format_duration(limit_ns)} allowed")


def _whole_seconds(duration_ns: int) -> int:
    return round(duration_ns / SECOND) * SECOND
