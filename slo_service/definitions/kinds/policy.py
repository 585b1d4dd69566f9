"""`BudgetPolicy`: which SLOs, under which condition, ask for which actions, and when they are released."""

from __future__ import annotations

from slo_service.definitions import freeform
from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.alerting import selector
from slo_service.definitions.kinds.condition import read_condition
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.kinds.policy_lints import check
from slo_service.definitions.node import Node
from slo_service.domain.instant import MINUTE
from slo_service.domain.policy import Action, BudgetPolicy, Mode, Notify, PauseJobs, QuietFor, Rule, Selector

TEMPLATES = ("burning", "all_clear")  # those that messages have words for
_LATER_MODES = {"approve": "write observe or enforce"}
_POSTPONED = ("scaleJob", "throttle", "closeGate", "openIncident", "remediate", "webhook", "command")
_LATER_ACTIONS = dict.fromkeys(_POSTPONED, "write pauseJobs or notify")
_LATER_SCOPES = {"all": "write scope: pipeline, which is also the default"}


def _read(document: Document) -> BudgetPolicy:
    spec = document.spec.fields("mode", needs=("selector", "rules"))
    chosen = selector(spec["selector"])
    mode = Mode(spec["mode"].choice("observe", "enforce", later=_LATER_MODES))
    rules: list[Rule] = []
    for item in spec["rules"].items(at_least=1):
        rule = _rule(item)
        if rule.name in {other.name for other in rules}:
            item.notes.add(item.at("name"), "E301", f"the rule {rule.name} is there twice", "rename one of the two")
        rules.append(rule)
    return BudgetPolicy(document.name, chosen, tuple(rules), mode, document.defined_at)


def _rule(node: Node) -> Rule:
    fields = node.fields("release", "for", "witnesses", needs=("name", "when", "do"))
    release = fields["release"]
    actions = [_action(item) for item in fields["do"].items(at_least=1)]
    return Rule(
        name=fields["name"].name(),
        when=read_condition(fields["when"]),
        do=tuple(action for action in actions if action),
        release=read_condition(release) if release else QuietFor(15 * MINUTE),
        for_ns=fields["for"].duration(0, zero=True),
        witnesses=fields["witnesses"].whole(2, 1, 5),
    )


def _action(node: Node) -> Action | None:
    kind = node.one_of("pauseJobs", "notify", later=_LATER_ACTIONS)
    if kind == "pauseJobs":
        fields = node.child(kind).fields("scope", needs=("matchLabels",))
        fields["scope"].choice("pipeline", later=_LATER_SCOPES)
        return PauseJobs(Selector(freeform.labels(fields["matchLabels"])))
    if kind == "notify":
        fields = node.child(kind).fields(needs=("contact", "template"))
        return Notify(fields["contact"].reference("Contact"), fields["template"].choice(*TEMPLATES))
    return None


KIND = Kind(OURS, "BudgetPolicy", object, lambda document: (None, _read(document)), check)
