"""slo-generator's v2: `sre.google.com/v2` ServiceLevelObjective, and the configuration they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from slo_service.definitions.importing.backends import PROMETHEUS, read_indicator
from slo_service.definitions.importing.imported import Imported, SourceFile
from slo_service.definitions.importing.kubernetes import CLUSTER
from slo_service.definitions.importing.labels import keep_annotations, keep_label, keep_text
from slo_service.definitions.importing.naming import Names
from slo_service.definitions.importing.objective import read_target
from slo_service.definitions.importing.reader import NOTHING_TO_DO, Ledger, Part, Why
from slo_service.definitions.importing.tiers import PRESET, TierText, by_factor, settled
from slo_service.definitions.importing.writing import Bundle, SloText
from slo_service.definitions.scalar import nearest
from slo_service.domain.instant import DAY, SECOND, format_duration
from slo_service.domain.slo import Severity

_NOTES = ("An SLO's window is the longest step of its error budget policy, 28d where the policy is not given.",)
_OBJECT = ("sre.google.com/v2", "ServiceLevelObjective")
_EXPORT: Why = ("results are not sent anywhere from here", "scrape the metrics, or ask the API")
_MESSAGE: Why = ("steps have no messages of their own here", "write a BudgetPolicy with a rule that notifies")
_FREQUENCY: Why = ("says when it is computed", "the service judges every second by itself")
_SHORTER = 12  # a tier's short window is this part of its long one


@dataclass(frozen=True, slots=True)
class _Policy:
    """`window_ns` is its longest step. `steps` are those of its tiers, by their names; `used` those some SLO has."""

    window_ns: int
    tiers: tuple[TierText, ...]
    steps: Mapping[str, Part] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Shared:
    """The configuration, of which only what an SLO refers to is read. `given`: there is one at all."""

    bundle: Bundle
    given: bool = False
    backends: dict[str, Part] = field(default_factory=dict)
    policies: dict[str, Part] = field(default_factory=dict)
    _sources: dict[str, str] = field(default_factory=dict)
    _read: dict[str, _Policy] = field(default_factory=dict)

    def add(self, document: Part) -> None:
        top = document.fields("default_exporters", "backends", "exporters", "error_budget_policies")
        self.given = True
        self.backends |= top["backends"].entries()
        self.policies |= top["error_budget_policies"].entries()
        for _, part in top["exporters"].entries():
            part.lost(*_EXPORT)
        for part in top["default_exporters"].items():
            part.lost(*_EXPORT)

    def source(self, backend: Part, kind: str) -> str:
        """The name of the DataSource of this backend; empty when the configuration is not given."""
        name = backend.written
        if not self.given or not name:
            return ""
        if name not in self.backends:
            backend.fault("E302", f"the configuration has no backend {name}", nearest(name, self.backends))
            return ""
        if name not in self._sources:
            part = self.backends[name]
            details = {key: value.plain() for key, value in part.entries()}
            self._sources[name] = self.bundle.source(part.mark.file, name, kind, details)
        return self._sources[name]

    def policy(self, name: str, said_at: Part) -> _Policy:
        if name in self._read:
            return self._read[name]
        if name not in self.policies:
            if self.given:
                said_at.fault("E302", f"the configuration has no policy {name}", nearest(name, self.policies))
            return _Policy(28 * DAY, PRESET)
        self._read[name] = _policy(self.policies[name])
        return self._read[name]

    def finish(self) -> None:
        for name, part in self.policies.items():
            if name not in self._read:
                part.lost("no SLO refers to it", "give the files of the SLOs too")
        for policy in self._read.values():
            for name in policy.steps.keys() - policy.used:
                policy.steps[name].lost("could never fire at the objectives of the SLOs that have it", NOTHING_TO_DO)
        for name, part in self.backends.items():
            if name not in self._sources:
                part.lost("no SLO refers to it", "give the files of the SLOs too")


def convert(text: str, file: str) -> Imported:
    """One file; see `convert_files`."""
    return convert_files([SourceFile(file, text)])


def convert_files(files: Sequence[SourceFile]) -> Imported:
    """SLOs of all files, with their services, backends and error budget policies."""
    ledger, bundle = Ledger(), Bundle()
    shared = _Shared(bundle)
    slos = []
    for document in ledger.documents(list(files)):
        keys = {key for key, _ in document.entries()}
        if keys & {"error_budget_policies", "backends", "exporters"}:
            shared.add(document)
        elif keys:
            slos.append(document)
    for document in slos:
        _document(document, shared)
    shared.finish()
    return bundle.finish("slo-generator", _NOTES, ledger, files)


def _document(document: Part, shared: _Shared) -> None:
    if (document.child("apiVersion").text(), document.child("kind").text()) != _OBJECT:
        what = "the document is neither a ServiceLevelObjective of sre.google.com/v2 nor a configuration"
        document.fault("E209", what, "migrate files of v1 with slo-generator migrate")
        return
    top = document.fields("apiVersion", "kind", needs=("metadata", "spec"))
    namespace = {"namespace": ("definitions have no namespace here", "write a label if it matters")}
    meta = top["metadata"].fields("labels", "annotations", needs=("name",), lost={**CLUSTER, **namespace})
    fields = top["spec"].fields(
        "description", "error_budget_policy", "exporters",
        needs=("backend", "method", "service_level_indicator", "goal"),
        lost={"frequency": _FREQUENCY},
    )  # fmt: skip
    for part in fields["exporters"].items():
        part.lost(*_EXPORT)
    _slo(meta, fields, document.tree.mark.file, shared)


def _slo(meta: dict[str, Part], fields: dict[str, Part], file: str, shared: _Shared) -> None:
    name = keep_text(meta["name"])
    labels, service = _labels(meta["labels"])
    annotations: dict[str, str] = {}
    keep_annotations(annotations, meta["annotations"])
    target = read_target(fields["goal"], Fraction(1))
    given = shared.bundle.slos.give(name)
    if given != name:
        meta["name"].changed(f"the SLO is called {given}, as its own name is taken or no name here", "use that name")
    kind = _kind(fields["backend"])
    metric = read_indicator(
        fields["service_level_indicator"], fields["method"], kind, shared.source(fields["backend"], kind)
    )
    named = fields["error_budget_policy"]
    chosen = named.text("default")
    policy = shared.policy(chosen, named or meta["name"])
    if not shared.given:
        named.changed("its steps are in the configuration, which is not given", "give that file too")
    tiers = settled(policy.tiers, target, policy.window_ns, fields["goal"])
    policy.used.update(tier.tier.name for tier in tiers)
    slo = SloText(
        name=given,
        display_name=name,
        service=shared.bundle.service(file, service or name),
        labels=labels | shared.bundle.alerting(file, chosen, tiers),
        annotations=annotations,
        description=keep_text(fields["description"]),
        metric=metric,
        window=format_duration(policy.window_ns),
        target=target,
    )
    slo.add_to(shared.bundle, file)


def _labels(part: Part) -> tuple[dict[str, str], str]:
    """The labels, and the service they name."""
    labels: dict[str, str] = {}
    given = dict(part.entries())
    service = given.get("service_name") or given.get("service")
    for key, label in given.items():
        if key != "service" or label is not service:
            keep_label(labels, key, label)
    return labels, keep_text(service) if service else ""


def _kind(backend: Part) -> str:
    """The class that slo-generator takes for it: that of the name before the slash, or one of its user's own."""
    name = backend.text().partition("/")[0]
    kind = name if "." in name else "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    if name and kind != PROMETHEUS:
        backend.changed(f"no collector reads {kind} here, so the SLO stays unmeasured", "count the same in Prometheus")
    return kind


def _policy(part: Part) -> _Policy:
    """A step looks at one window. A tier has a shorter one too: it fires at the same moment of a steady outage."""
    names = Names()
    steps: dict[str, Part] = {}
    tiers, longest = [], 0
    for item in part.fields(needs=("steps",))["steps"].items():
        messages = {"message_alert": _MESSAGE, "message_ok": _MESSAGE}
        fields = item.fields("name", "alert", needs=("window", "burn_rate_threshold"), lost=messages)
        severity = Severity.PAGE if fields["alert"].truth(default=False) else Severity.TICKET
        window_ns = int(fields["window"].number(Fraction(60)) * SECOND)
        factor = fields["burn_rate_threshold"].number(Fraction(1))
        longest = max(longest, window_ns)
        short_ns = window_ns // _SHORTER // SECOND * SECOND
        name = names.give(fields["name"].text(f"{severity}-{format_duration(max(window_ns, 0))}"))
        if short_ns <= 0:
            item.lost(f"is no tier here: its window is under {_SHORTER}s", "write a tier with a longer window")
            continue
        short = format_duration(short_ns)
        what = f"its alert also needs the last {short} to burn so fast, which ends it sooner after a recovery"
        fields["window"].changed(what, NOTHING_TO_DO)
        if factor < 1:
            fields["burn_rate_threshold"].changed("counts as 1, below which the objective is met", NOTHING_TO_DO)
        steps[name] = item
        tiers.append(by_factor(severity, window_ns, short_ns, max(Fraction(1), factor), name))
    return _Policy(longest or 28 * DAY, tuple(sorted(tiers, key=lambda tier: tier.severity)), steps)
