"""`Alerting`: the tiers of the SLOs its selector picks; SLOs that none picks have the workbook's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.kind import Linked, kind
from slo_service.definitions.kinds.selector import SelectorSpec, selects_nothing
from slo_service.definitions.kinds.size_lints import check_rules
from slo_service.definitions.kinds.tiers import TierSpec, tiers_of
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape import Choice, Decimal, Duration, Either, ListOf, Share, Truth, Whole
from slo_service.definitions.shape.record import Nested
from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.policy import Selector
from slo_service.domain.signals import EarlyDetector, NoDataAlert, PartitionTier, Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Tier

_KEEP_FIRING = {Severity.PAGE: 15 * MINUTE, Severity.TICKET: 24 * HOUR}


@dataclass(frozen=True, slots=True)
class SelectedAlerting:
    """`short_marks`: where the short window of each own tier is written, by the tier's name."""

    selector: Selector
    alerting: Alerting
    short_marks: Mapping[str, Mark]


@dataclass(frozen=True, slots=True)
class KeepFiringSpec:
    """For how long each severity keeps firing after it last burned."""

    page: Annotated[int, Duration(zero=True), "Of pages."] = 15 * MINUTE
    ticket: Annotated[int, Duration(zero=True), "Of tickets."] = 24 * HOUR


@dataclass(frozen=True, slots=True)
class PartitionTierSpec:
    """A page when one partition's own canaries fail, which the sum over partitions would hide."""

    enabled: Annotated[bool, "Whether it is judged at all."] = True
    after: Annotated[int, Duration(), "For at least so long."] = 5 * MINUTE
    canaries: Annotated[int, Whole(1, 10_000), "And for at least so many canaries."] = 10
    significance: Annotated[Fraction, Decimal(), "The highest p-value, shared among the partitions."] = Fraction(
        1, 10**5
    )
    severity: Annotated[str, Choice(("page", "ticket")), "How serious that is."] = "page"


@dataclass(frozen=True, slots=True)
class EarlySpec:
    """The sequential detector, which informs sooner than any tier."""

    enabled: Annotated[bool, "Whether it informs at all."] = True
    quiet_after: Annotated[int, Duration(), "Good time after which it is quiet again."] = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class NoDataSpec:
    """When it is said that nothing is measured."""

    enabled: Annotated[bool, "Whether it is said at all."] = True
    ticket_after: Annotated[int | None, Duration(), "Two canary periods or three polls, unless given."] = None
    page_after: Annotated[int | None, Duration(), "30m for importance 1, never for others, unless given."] = None
    coverage_below: Annotated[Fraction | None, Share(), "A ticket when less of 1h or 24h is measured."] = None


def _switch(settings: type[object]) -> Either:
    return Either(
        scalar=Truth(),
        mapping=Nested(settings),
        writes=lambda value: Truth() if isinstance(value, bool) else Nested(settings),
    )


_FOR_BOTH_OR_EACH = Either(
    scalar=Duration(zero=True),
    mapping=Nested(KeepFiringSpec),
    writes=lambda value: Duration(zero=True) if isinstance(value, int) else Nested(KeepFiringSpec),
)


@dataclass(frozen=True, slots=True)
class AlertingSpec:
    """How the SLOs it selects alert. Of an SLO that none selects, the tiers are those of the workbook."""

    selector: Annotated[SelectorSpec, "The SLOs it is for; no SLO may have two."]
    preset: Annotated[str, Choice(("workbook",)), "Ready-made tiers; `tiers` beside it change single ones."] = ""
    tiers: Annotated[tuple[TierSpec, ...] | None, ListOf(Nested(TierSpec), at_least=1), "Tiers of your own."] = None
    keep_firing_for: Annotated[
        int | KeepFiringSpec,
        _FOR_BOTH_OR_EACH,
        "How long an alert stays after it last burned, for both severities or for each.",
    ] = KeepFiringSpec()
    significance: Annotated[
        Fraction | None,
        Decimal(),
        "A page needs an exact binomial p-value below this; 0.000002 unless given.",
    ] = None
    partition_tier: Annotated[
        bool | PartitionTierSpec | None,
        _switch(PartitionTierSpec),
        "Whether, and when, a single partition pages.",
    ] = None
    early: Annotated[
        bool | EarlySpec | None,
        _switch(EarlySpec),
        "Whether the sequential detector informs before the tiers.",
    ] = None
    no_data: Annotated[
        bool | NoDataSpec | None,
        _switch(NoDataSpec),
        "When it is said that nothing is measured.",
    ] = None
    unmeasured: Annotated[
        str,
        Choice(("freeze", "bad", "good")),
        "What unmeasured time counts as.",
    ] = "freeze"

    ALSO: ClassVar = ({"anyOf": [{"required": ["preset"]}, {"required": ["tiers"]}]},)


def _build(document: Document, spec: AlertingSpec) -> SelectedAlerting:
    if not document.spec.child("tiers") and not document.spec.child("preset") and document.spec:
        document.spec.fault("E202", "spec has neither tiers nor preset", "add preset: workbook, or tiers of your own")
    marks: dict[str, Mark] = {}
    preset = WORKBOOK if spec.preset or not spec.tiers else ()
    tiers = _tiers(document.spec.child("tiers"), spec.tiers or (), preset, marks)
    alerting = Alerting(
        document.name, tiers, _keep_firing(spec.keep_firing_for), _signals(spec), Unmeasured(spec.unmeasured)
    )
    return SelectedAlerting(spec.selector.build(), alerting, marks)


def _signals(spec: AlertingSpec) -> Signals:
    """What is not said is as usual; `true` switches on what is usual."""
    partition, early, no_data = spec.partition_tier, spec.early, spec.no_data
    return Signals(
        significance=spec.significance if spec.significance is not None else Signals().significance,
        partition_tier=_partition_tier(PartitionTierSpec() if partition in (None, True) else partition),
        early=_early(EarlySpec() if early in (None, True) else early),
        no_data=_no_data(NoDataSpec() if no_data in (None, True) else no_data),
    )


def _partition_tier(spec: bool | PartitionTierSpec | None) -> PartitionTier | None:
    if not isinstance(spec, PartitionTierSpec) or not spec.enabled:
        return None
    return PartitionTier(spec.after, spec.canaries, spec.significance, spec.severity)


def _early(spec: bool | EarlySpec | None) -> EarlyDetector | None:
    return EarlyDetector(spec.quiet_after) if isinstance(spec, EarlySpec) and spec.enabled else None


def _no_data(spec: bool | NoDataSpec | None) -> NoDataAlert | None:
    if not isinstance(spec, NoDataSpec) or not spec.enabled:
        return None
    return NoDataAlert(spec.ticket_after, spec.page_after, spec.coverage_below)


def _tiers(
    node: Node, specs: tuple[TierSpec, ...], preset: tuple[Tier, ...], marks: dict[str, Mark]
) -> tuple[Tier, ...]:
    """Pages before tickets, and of each the strictest first."""
    tiers = tiers_of(node, specs, preset, marks)
    if not tiers and specs and not any(spec.enabled for spec in specs):
        node.fault("E202", "no tier is left", "leave at least one enabled")
    return tuple(sorted(tiers, key=lambda t: (t.severity is Severity.TICKET, -_strictness(t))))


def _strictness(tier: Tier) -> Fraction:
    """Comparable between a declared factor and a share at the usual window of 28 days."""
    return tier.burn if tier.burn is not None else tier.budget_share * 28 * 24 * HOUR / tier.long_ns


def _keep_firing(given: int | KeepFiringSpec) -> dict[Severity, int]:
    """One duration for both severities, or one each; what is not given has its default."""
    if isinstance(given, int):
        return dict.fromkeys(Severity, given)
    return {Severity.PAGE: given.page, Severity.TICKET: given.ticket}


def _check(linked: Linked, notes: Notebook) -> None:
    check_rules(linked, notes)
    for draft in linked.drafts.every(SelectedAlerting):
        selects_nothing(draft.document, draft.value.selector, "alerting", linked, notes)


KIND = kind(OURS, "Alerting", AlertingSpec, _build, _check)
