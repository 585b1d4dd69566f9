"""`Alerting`: the tiers of the SLOs its selector picks; SLOs that none picks have the workbook's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions import freeform
from slo_service.definitions.document import OURS, Document
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.kind import Kind, Linked
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.policy import Selector
from slo_service.domain.slo import WORKBOOK, Alerting, Severity, Tier, tier_name


@dataclass(frozen=True, slots=True)
class SelectedAlerting:
    """`short_marks`: where the short window of each own tier is written, by the tier's name."""

    selector: Selector
    alerting: Alerting
    short_marks: Mapping[str, Mark]


def selector(node: Node) -> Selector:
    """`{matchLabels: {…}}`; all given labels must match, and `{}` matches everything."""
    return Selector(freeform.labels(node.fields("matchLabels")["matchLabels"]))


def _read(document: Document) -> SelectedAlerting:
    spec = document.spec.fields("tiers", "preset", "keepFiringFor", needs=("selector",))
    chosen = selector(spec["selector"])
    if spec["tiers"] and spec["preset"]:
        spec["preset"].fault("E211", "both tiers and preset are given", "keep one of the two")
    elif not spec["tiers"] and not spec["preset"]:
        document.spec.fault("E202", "spec has neither tiers nor preset", "add preset: workbook, or tiers of your own")
    spec["preset"].choice("workbook")
    marks: dict[str, Mark] = {}
    tiers = _tiers(spec["tiers"], marks) if spec["tiers"] else WORKBOOK
    return SelectedAlerting(chosen, Alerting(document.name, tiers, _keep_firing(spec["keepFiringFor"])), marks)


def _tiers(node: Node, marks: dict[str, Mark]) -> tuple[Tier, ...]:
    """Pages before tickets, and of each the strictest first."""
    tiers: list[Tier] = []
    for item in node.items(at_least=1):
        tier = _tier(item)
        if tier.name in {other.name for other in tiers}:
            mark = item.at("name")
            item.notes.add(mark, "E301", f"the tier {tier.name} is there twice", "give one of them a name: of its own")
        tiers.append(tier)
        marks[tier.name] = item.at("short")
    return tuple(sorted(tiers, key=lambda t: (t.severity is Severity.TICKET, -t.budget_share / t.long_ns)))


def _tier(node: Node) -> Tier:
    fields = node.fields("name", needs=("severity", "long", "short", "budgetShare"))
    severity = Severity(fields["severity"].choice("page", "ticket"))
    long_ns = fields["long"].duration(HOUR)
    short_ns = fields["short"].duration(min(long_ns // 12, long_ns))
    if short_ns >= long_ns:
        fields["short"].fault("E207", "the short window is not shorter than the long one", "write about long ÷ 12")
    share = fields["budgetShare"].share(Fraction(1, 50))
    if not 0 < share <= 1:
        fields["budgetShare"].fault("E207", f"{fields['budgetShare'].written} of a budget", "write above 0% up to 100%")
    return Tier(fields["name"].name() or tier_name(severity, long_ns), severity, long_ns, short_ns, share)


def _keep_firing(node: Node) -> dict[Severity, int]:
    """One duration for both severities, or one each; what is not given has its default."""
    defaults = {Severity.PAGE: 15 * MINUTE, Severity.TICKET: 24 * HOUR}
    if node.written:
        one = node.duration(zero=True)
        return dict.fromkeys(Severity, one)
    fields = node.fields("page", "ticket")
    return {s: fields[s.value].duration(default, zero=True) for s, default in defaults.items()}


def _check(linked: Linked, notes: Notebook) -> None:
    for draft in linked.drafts.every(SelectedAlerting):
        chosen = draft.value.selector
        if not linked.unread and not any(chosen.matches(slo.labels) for slo in linked.slos):
            mark = draft.document.spec.at("selector", "matchLabels")
            what = f"the alerting {draft.document.name} selects no SLO"
            notes.add(mark, "W503", what, "compare its matchLabels with the labels of the SLOs")


KIND = Kind(OURS, "Alerting", object, lambda document: (None, _read(document)), _check)
