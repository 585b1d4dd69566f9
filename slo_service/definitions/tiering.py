"""The tiers of an SLO: those of its own alert policies if it has any, else of the `Alerting` that selects it, else the
preset; and whom its alert policies tell, as budget policies that nobody wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slo_service.definitions.document import Draft, Drafts
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.alerting import SelectedAlerting
from slo_service.definitions.kinds.openslo.alert_condition import ConditionDraft
from slo_service.definitions.kinds.openslo.alert_notification_target import TargetDraft
from slo_service.definitions.kinds.openslo.alert_policy import PolicyDraft
from slo_service.definitions.kinds.openslo.slo import SloDraft
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape.postponed import NOT_YET
from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.instant import format_duration
from slo_service.domain.pipeline import Contact
from slo_service.domain.policy import MEANT, BudgetPolicy, Burning, Condition, Mode, NoData, Not, Notify, Rule, Selector
from slo_service.domain.slo import Alerting, Severity, Slo, Tier


@dataclass(frozen=True, slots=True)
class Attached:
    """An alert policy of one SLO with its condition looked up. `own`: it is written in the SLO itself."""

    policy: PolicyDraft
    condition: ConditionDraft
    own: bool
    window_ns: int

    @property
    def tier(self) -> Tier | None:
        """Both windows are the one that is looked back over. None where it alerts on something else."""
        condition = self.condition
        if not self.policy.breaching or not condition.judged:
            return None
        return Tier(
            name=f"alert-{self.policy.name}" if self.policy.name in MEANT else self.policy.name,
            severity=condition.severity,
            long_ns=condition.lookback_ns,
            short_ns=condition.lookback_ns,
            budget_share=condition.threshold * condition.lookback_ns / self.window_ns,
            burn=condition.threshold,
            inclusive=condition.inclusive,
            after_ns=condition.after_ns,
        )


@dataclass(frozen=True, slots=True)
class Tiering:
    """`attached` are the SLO's own alert policies. `broken`: it stands on something that has mistakes of its own."""

    alerting: Alerting
    broken: bool
    attached: tuple[Attached, ...] = ()
    unmeasured: Unmeasured = Unmeasured.FREEZE


def tiering(draft: Draft[SloDraft], labels: Mapping[str, str], drafts: Drafts, notes: Notebook) -> Tiering | None:
    """None where two alertings select the SLO."""
    if draft.value.policies:
        return _own(draft, drafts, notes)
    document = draft.document
    chosen = [each for each in drafts.every(SelectedAlerting) if each.value.selector.matches(labels)]
    if len(chosen) > 1:
        names = " and ".join(each.document.name for each in chosen)
        mark: Mark = chosen[1].document.spec.at("selector", "matchLabels")
        what = f"the alertings {names} both select the SLO {document.name}"
        notes.add(mark, "E305", what, "narrow the matchLabels of one of them")
        return None
    if not chosen:
        return Tiering(Alerting(), broken=False)
    unmeasured = getattr(chosen[0].spec, "unmeasured", None) or Unmeasured.FREEZE
    return Tiering(chosen[0].value.alerting, chosen[0].broken, unmeasured=Unmeasured(unmeasured))


def _own(draft: Draft[SloDraft], drafts: Drafts, notes: Notebook) -> Tiering:
    attached, broken = [], False
    for each in draft.value.policies:
        named = drafts.named(PolicyDraft).get(each.reference) if each.reference else None
        policy = each.inline or (named.value if named else None)
        condition = _condition(policy, drafts) if policy else None
        broken = broken or policy is None or condition is None or bool(named and named.broken)
        if policy and condition:
            attached.append(Attached(policy, condition, each.inline is not None, draft.value.window.length_ns))
            _fits(condition, draft.value.window.length_ns, notes)
    tiers = [tier for each in attached if (tier := each.tier)]
    tiers.sort(key=lambda tier: (tier.severity is Severity.TICKET, -(tier.burn or 0)))
    name = ", ".join(each.policy.name for each in attached)
    return Tiering(Alerting(name, tuple(tiers)), broken, tuple(attached))


def _condition(policy: PolicyDraft, drafts: Drafts) -> ConditionDraft | None:
    if policy.condition:
        return policy.condition
    found = drafts.named(ConditionDraft).get(policy.condition_ref)
    return found.value if found and not found.broken else None


def _fits(condition: ConditionDraft, window_ns: int, notes: Notebook) -> None:
    if condition.lookback_ns > window_ns:
        what = f"the lookbackWindow {format_duration(condition.lookback_ns)} is longer than the SLO's time window"
        remedy = f"write at most {format_duration(window_ns)}"
        notes.add(condition.node.at("lookbackWindow"), "E207", what, remedy)


# --- whom they tell -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Messages:
    """Gathers which SLOs an alert policy is of, and makes a budget policy of it."""

    drafts: Drafts
    notes: Notebook
    _found: dict[str, tuple[Attached, list[str]]] = field(default_factory=dict)

    def add(self, slo: Slo, attached: Sequence[Attached]) -> None:
        for each in attached:
            name = f"AlertPolicy {each.policy.name}" + (f" of {slo.declared}" if each.own else "")
            self._found.setdefault(name, (each, []))[1].append(slo.name)

    def policies(self) -> dict[str, BudgetPolicy]:
        """By names that no document can have. Of targets without a contact it is said that nobody is told."""
        made = {}
        for name, (attached, slos) in self._found.items():
            told = self._contacts(attached.policy)
            rules = _rules(attached, told)
            if told and rules:
                chosen = Selector(names=tuple(slos))
                made[name] = BudgetPolicy(name, chosen, rules, Mode.ENFORCE, attached.policy.defined_at)
        return made

    def _contacts(self, policy: PolicyDraft) -> tuple[str, ...]:
        contacts, told = self.drafts.sound(Contact), []
        for target, mark in zip(policy.targets, policy.target_marks, strict=True):
            found = target if isinstance(target, TargetDraft) else None
            if isinstance(target, str):
                shared = self.drafts.named(TargetDraft).get(target)
                found = shared.value if shared else None
            if found is None:
                continue
            if found.contact in contacts:
                told.append(found.contact)
            elif found.contact not in self.drafts.names("Contact"):
                what = f"nobody is told by way of the notification target {found.name} ({found.target})"
                remedy = f"declare a Contact {found.name}, or name one in its annotation slo-service/contact"
                self.notes.add(mark, NOT_YET, what, remedy)
        return tuple(dict.fromkeys(told))


def _rules(attached: Attached, contacts: Sequence[str]) -> tuple[Rule, ...]:
    do = tuple(Notify(contact, "burning") for contact in contacts)
    when: dict[str, Condition] = {}
    if tier := attached.tier:
        when["breaching"] = Burning(tier.name)
    if attached.policy.no_data:
        when["no-data"] = NoData(attached.condition.lookback_ns)
    return tuple(Rule(name, condition, do, release=Not(condition)) for name, condition in when.items())
