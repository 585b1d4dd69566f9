"""Pyrra's Kubernetes objects, `pyrra.dev/v1alpha1` ServiceLevelObjective."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.finding import quoted
from slo_service.definitions.importing.counting import SLICE, Ratio, union
from slo_service.definitions.importing.imported import Imported, SourceFile
from slo_service.definitions.importing.indicator import counted, mention
from slo_service.definitions.importing.kubernetes import CLUSTER, LAST_APPLIED, STATUS
from slo_service.definitions.importing.labels import keep_annotations, keep_label, keep_query, keep_text
from slo_service.definitions.importing.objective import decimal_text, read_target
from slo_service.definitions.importing.promql import Selector, read
from slo_service.definitions.importing.reader import NOTHING_TO_DO, Ledger, Part, Why
from slo_service.definitions.importing.tiers import TierText, by_factor, settled
from slo_service.definitions.importing.writing import Bundle, Plain, SloText
from slo_service.domain.instant import DAY, MINUTE, SECOND, format_duration, parse_duration
from slo_service.domain.slo import Severity

_NOTES = ("Pyrra knows no services: an SLO's is its label service, else its namespace, else its own name.",)
_PREFIX = "pyrra.dev/"  # what is so labelled is on Pyrra's rules and alerts, without the prefix
_DURATION = re.compile(r"(?:([0-9]{1,2})y)?(.*)")
_RULES: dict[str, Why] = {
    "partial_response_strategy": ("no rules are evaluated here", NOTHING_TO_DO),
    "performanceOverAccuracy": ("no rules are evaluated here", NOTHING_TO_DO),
}
_ABSENT: Why = ("a missing metric has no alert of its own here", "what is not measured is shown as unmeasured")
_NAMED: Why = ("alerts are not named here", "tell them by their labels slo, tier and severity")
_SEVERITIES = {
    "critical": Severity.PAGE,
    "page": Severity.PAGE,
    "warning": Severity.TICKET,
    "ticket": Severity.TICKET,
}


@dataclass(frozen=True, slots=True)
class _Window:
    """One of Pyrra's alerts: windows as a divisor of the SLO's, chosen so that they are the usual ones at 28 days."""

    field: str
    severity: Severity
    long: int
    short: int
    factor: int


_WINDOWS = (
    _Window("fastBurn", Severity.PAGE, 28 * 24, 28 * 24 * 12, 14),
    _Window("mediumBurn", Severity.PAGE, 28 * 4, 28 * 24 * 2, 7),
    _Window("slowBurn", Severity.TICKET, 28, 28 * 12, 2),
    _Window("longTermBurn", Severity.TICKET, 7, 28 * 4, 1),
)


def convert(text: str, file: str) -> Imported:
    """One file; see `convert_files`."""
    return convert_files([SourceFile(file, text)])


def convert_files(files: Sequence[SourceFile]) -> Imported:
    """SLOs of all files, with their services and Pyrra's alerts."""
    ledger, bundle = Ledger(), Bundle()
    for document in ledger.documents(list(files)):
        top = document.fields(needs=("apiVersion", "kind", "metadata", "spec"), lost={"status": STATUS})
        if (top["apiVersion"].text(), top["kind"].text()) != ("pyrra.dev/v1alpha1", "ServiceLevelObjective"):
            document.fault("E209", "the document is no ServiceLevelObjective of pyrra.dev/v1alpha1", "give one of them")
            continue
        _slo(top["metadata"], top["spec"], bundle)
    return bundle.finish("Pyrra", _NOTES, ledger, files)


def _slo(metadata: Part, spec: Part, bundle: Bundle) -> None:
    meta = metadata.fields("namespace", "labels", "annotations", needs=("name",), lost=CLUSTER)
    fields = spec.fields("description", "alerting", needs=("target", "window", "indicator"), lost=_RULES)
    name = keep_text(meta["name"])
    labels, service = _labels(meta["labels"], meta["namespace"])
    target = read_target(fields["target"], Fraction(1, 100))
    window_ns = _duration(fields["window"], 28 * DAY)
    given = bundle.slos.give(name)
    if given != name:
        meta["name"].changed(f"the SLO is called {given}, as its own name is taken or no name here", "use that name")
    file = spec.tree.mark.file
    severities = _alerting(fields["alerting"])
    tiers = settled(_tiers(window_ns, severities), target, window_ns, fields["alerting"] or fields["window"])
    alerting = bundle.alerting(file, f"pyrra-{format_duration(window_ns)}", tiers)
    slo = SloText(
        name=given,
        display_name=name,
        service=bundle.service(file, service or name),
        labels=labels | alerting,
        annotations=_annotations(meta["annotations"]),
        description=keep_text(fields["description"]),
        metric=_indicator(fields["indicator"]),
        window=format_duration(window_ns),
        target=target,
    )
    slo.add_to(bundle, file)


def _labels(part: Part, namespace: Part) -> tuple[dict[str, str], str]:
    """The labels, and the service they name or the namespace stands for."""
    labels: dict[str, str] = {}
    if namespace:
        keep_label(labels, "namespace", namespace)
    service = namespace.written
    given = dict(part.entries())
    for key, label in given.items():
        own = key.removeprefix(_PREFIX)
        if key == own and _PREFIX + key in given:
            label.lost(f"the label {_PREFIX}{key} wins over it", NOTHING_TO_DO)
        elif own == "service" and label:
            service = keep_text(label)
        else:
            keep_label(labels, own, label)
    return labels, service


def _annotations(part: Part) -> dict[str, str]:
    annotations: dict[str, str] = {}
    part.child(LAST_APPLIED).lost("is the cluster's own", NOTHING_TO_DO)
    keep_annotations(annotations, part, _PREFIX)
    return annotations


def _duration(part: Part, default: int) -> int:
    """Nanoseconds; Prometheus writes years too, of 365 days."""
    text = part.text()
    match = _DURATION.fullmatch(text)
    years, rest = (int(match[1] or 0), match[2]) if match else (0, text)
    try:
        duration = years * 365 * DAY + (parse_duration(rest) if rest or not years else 0)
    except ValueError:
        duration = 0
    if part and duration <= 0:
        part.fault("E204", f"{quoted(text)} is not a duration", "write a number and a unit, like 28d or 4w")
    return duration if duration > 0 else default


def _indicator(part: Part) -> Plain:
    kinds = part.fields("ratio", "latency", "latencyNative", "bool_gauge")
    given = [name for name, kind in kinds.items() if kind]
    if len(given) != 1:
        part.fault("E211", f"{part.path} has {len(given) or 'none'} of {', '.join(kinds)}", "write exactly one")
        return {}
    read_kind = {"ratio": _ratio, "latency": _latency, "latencyNative": _native, "bool_gauge": _gauge}[given[0]]
    return counted(read_kind(kinds[given[0]]))


def _ratio(part: Part) -> Ratio:
    """Two of errors, success and total; the third follows from them."""
    fields = part.fields("errors", "success", "total", "grouping")
    _grouping(fields["grouping"])
    errors, total = fields["errors"], fields["total"]
    if errors and total:
        fields["success"].lost("errors and total say it all", NOTHING_TO_DO)
        return Ratio("bad", _metric(errors), _metric(total), counter=True)
    if sum(map(bool, (errors, fields["success"], total))) < 2:
        part.fault("E202", f"{part.path} has not two of errors, success, total", "add total: {metric: …}")
        return Ratio("bad", "", "", counter=True)
    success = _metric(fields["success"])
    if total:
        return Ratio("good", success, _metric(total), counter=True)
    bad = _metric(errors)
    return Ratio("bad", bad, union((bad, success)), counter=True)


def _latency(part: Part) -> Ratio:
    unit = ("says how the limit of the bucket is shown", "the limit itself is in the selector")
    fields = part.fields("grouping", needs=("success", "total"), lost={"unit": unit})
    _grouping(fields["grouping"])
    return Ratio("good", _metric(fields["success"]), _metric(fields["total"]), counter=True)


def _native(part: Part) -> Ratio:
    fields = part.fields("grouping", needs=("total", "latency"))
    _grouping(fields["grouping"])
    limit = decimal_text(Fraction(_duration(fields["latency"], SECOND), SECOND)).text
    selector = _metric(fields["total"])
    what = "what lies below the limit is estimated within its bucket, series by series, and rounded to whole events"
    fields["latency"].changed(what, "let a limit of a bucket be the limit")
    return Ratio("good", f"histogram_fraction(0, {limit}, {selector}) * histogram_count({selector})",
                 f"histogram_count({selector})", counter=True)  # fmt: skip


def _gauge(part: Part) -> Ratio:
    """Every sample of the gauge is an event, good when it is 1."""
    fields = part.fields("grouping", needs=("metric",))
    _grouping(fields["grouping"])
    selector = _selector(fields["metric"])
    good, total = (f"sum({name}({selector}[{SLICE}]))" for name in ("sum_over_time", "count_over_time"))
    ratio = Ratio("good", good, total, counter=False)
    mention(fields["metric"], ratio)
    return ratio


def _metric(part: Part) -> str:
    return _selector(part.fields(needs=("metric",))["metric"])


def _selector(part: Part) -> str:
    text = keep_query(part).strip()
    tree = read(text)
    if part and not (isinstance(tree, Selector) and tree.range is None):
        part.fault("E203", f"{part.path} is no metric with matchers", 'write one like requests_total{job="shop"}')
    return text


def _grouping(part: Part) -> None:
    for label in part.items():
        label.lost("all its values count together", "write an SLO for each value that matters")


def _alerting(part: Part) -> dict[str, Severity]:
    """The severity of each alert, by its name in Pyrra; none when they are off."""
    lost = {"absent": _ABSENT, "name": _NAMED, "absentName": _NAMED}
    fields = part.fields("disabled", "burnrates", "severities", lost=lost)
    names = {window.field: window.severity for window in _WINDOWS}
    given = fields["severities"].fields(*names, lost={"absent": _ABSENT})
    for name, usual in tuple(names.items()):
        if severity := _SEVERITIES.get(given[name].written):
            given[name].take()
            names[name] = severity
        else:
            given[name].lost(f"is no severity here, so it stays {usual}", "route by the labels severity and tier")
    off = fields["disabled"].truth(default=False) | (not fields["burnrates"].truth(default=True))
    return {} if off else names


def _tiers(window_ns: int, severities: Mapping[str, Severity]) -> tuple[TierText, ...]:
    tiers = []
    for window in _WINDOWS:
        long_ns, short_ns = _rounded(window_ns // window.long), _rounded(window_ns // window.short)
        if window.field in severities and 0 < short_ns < long_ns:
            tiers.append(by_factor(severities[window.field], long_ns, short_ns, Fraction(window.factor)))
    return tuple(sorted(tiers, key=lambda tier: tier.severity))


def _rounded(duration_ns: int) -> int:
    """To whole minutes, as Pyrra does."""
    return (duration_ns + MINUTE // 2) // MINUTE * MINUTE
