"""Sloth's `prometheus/v1` files and its Kubernetes objects, `sloth.slok.dev/v1` PrometheusServiceLevel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.finding import quoted
from slo_service.definitions.importing.counting import SMOOTHED, Ratio, ratio_in, ratio_of
from slo_service.definitions.importing.imported import Imported, SourceFile
from slo_service.definitions.importing.indicator import counted, kept_ratio, mention
from slo_service.definitions.importing.kubernetes import METADATA, STATUS
from slo_service.definitions.importing.labels import keep_annotations, keep_label, keep_query, keep_text
from slo_service.definitions.importing.objective import read_target
from slo_service.definitions.importing.promql import WINDOW
from slo_service.definitions.importing.reader import Ledger, Part, Why
from slo_service.definitions.importing.tiers import PRESET, settled
from slo_service.definitions.importing.writing import Bundle, Plain, SloText
from slo_service.domain.instant import DAY

_PERIOD_NS = 30 * DAY
_NOTES = ("The file says no period: 30d is what Sloth takes. If it ran with --default-slo-period, write that instead.",)
_PLACEHOLDER = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
_CHAIN: Why = ("plug-ins that rewrite generated rules have nothing to rewrite here", "see what they did to the rules")
_INTERVAL: Why = ("rules are not evaluated here", "the service judges every second by itself")


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The two ways Sloth spells the same."""

    error_query: str
    total_query: str
    ratio_query: str
    page_alert: str
    ticket_alert: str
    plugins: str


_FILE = _Dialect("error_query", "total_query", "error_ratio_query", "page_alert", "ticket_alert", "slo_plugins")
_OBJECT = _Dialect("errorQuery", "totalQuery", "errorRatioQuery", "pageAlert", "ticketAlert", "sloPlugins")


def convert(text: str, file: str) -> Imported:
    """One file; see `convert_files`."""
    return convert_files([SourceFile(file, text)])


def convert_files(files: Sequence[SourceFile]) -> Imported:
    """SLOs of all files, with their services, and an `Alerting` where not all of Sloth's alerts are on."""
    ledger, bundle = Ledger(), Bundle()
    for document in ledger.documents(list(files)):
        if document.child("version"):
            top = document.fields("labels", needs=("version", "service", "slos"), lost={"slo_plugins": _CHAIN})
            if top["version"].text() != "prometheus/v1":
                top["version"].fault("E209", f"unknown version {quoted(top['version'].written)}", "prometheus/v1 is")
            _group(top, _FILE, bundle)
        else:
            _object(document, bundle)
    return bundle.finish("Sloth", _NOTES, ledger, files)


def _object(document: Part, bundle: Bundle) -> None:
    top = document.fields("metadata", needs=("apiVersion", "kind", "spec"), lost={"status": STATUS})
    if (top["apiVersion"].text(), top["kind"].text()) != ("sloth.slok.dev/v1", "PrometheusServiceLevel"):
        what = "the document is neither version: prometheus/v1 nor a PrometheusServiceLevel of sloth.slok.dev/v1"
        document.fault("E209", what, "give a file of Sloth's")
        return
    top["metadata"].fields(lost=METADATA)
    spec = top["spec"].fields("labels", needs=("service", "slos"), lost={"sloPlugins": _CHAIN})
    _group(spec, _OBJECT, bundle)


def _group(group: dict[str, Part], dialect: _Dialect, bundle: Bundle) -> None:
    service = keep_text(group["service"])
    for item in group["slos"].items():
        _slo(item, service, group["labels"], dialect, bundle)


def _slo(item: Part, service: str, common: Part, dialect: _Dialect, bundle: Bundle) -> None:
    unused = {
        "plugins": _CHAIN,
        "infoLabels": ("labels of Sloth's info metric have no metric here", "write labels of the SLO"),
        "interval": _INTERVAL,
    }
    fields = item.fields("description", "labels", "alerting", needs=("name", "objective", "sli"), lost=unused)
    metric = _indicator(fields["sli"], dialect)
    if metric is None:
        item.lost("the SLO is not carried over, as its indicator cannot be", "import it again with queries")
        return
    name = keep_text(fields["name"])
    target = read_target(fields["objective"], Fraction(1, 100))
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    tiers = _alerting(fields["alerting"], dialect, labels, annotations)
    _join(labels, common, fields["labels"])
    given = bundle.slos.give(f"{service}-{name}")
    file = item.mark.file
    slo = SloText(
        name=given,
        display_name=name,
        service=bundle.service(file, service),
        labels=labels | _tiers_of(tiers, target, fields["alerting"] or item, file, bundle),
        annotations=annotations,
        description=keep_text(fields["description"]),
        metric=metric,
        window="30d",
        target=target,
    )
    slo.add_to(bundle, file)
    if given != f"{service}-{name}":
        fields["name"].changed(f"the SLO, of Sloth's id {service}-{name}, is called {given}", "use that name")


def _join(labels: dict[str, str], common: Part, own: Part) -> None:
    """Labels of the SLO win over those of its alerts, as they are its own, and those over the group's."""
    below = dict(common.entries())
    above = dict(own.entries())
    for key, part in below.items():
        if key not in above and key not in labels:
            keep_label(labels, key, part)
    for key, part in above.items():
        keep_label(labels, key, part)


def _indicator(sli: Part, dialect: _Dialect) -> Plain | None:
    fields = sli.fields("events", "raw", "plugin")
    given = [name for name, part in fields.items() if part]
    if len(given) != 1:
        sli.fault("E211", f"{sli.path} has {len(given) or 'none'} of events, raw, plugin", "write exactly one")
        return {}
    if fields["plugin"]:
        fields["plugin"].fields("options", needs=("id",))
        fields["plugin"].lost("plug-ins of Sloth's do not run here", "write the queries that the plug-in gives")
        return None
    if fields["raw"]:
        query = fields["raw"].fields(needs=(dialect.ratio_query,))[dialect.ratio_query]
        return _of(query, ratio_in(_windowed(query), "bad"), _smoothed(query))
    events = fields["events"].fields(needs=(dialect.error_query, dialect.total_query))
    error, total = events[dialect.error_query], events[dialect.total_query]
    ratio = ratio_of(_windowed(error), _windowed(total), "bad")
    return _of(error, ratio, f"({_smoothed(error)})\n/\n({_smoothed(total)})", total)


def _of(query: Part, ratio: Ratio | None, smoothed: str, *others: Part) -> Plain:
    for part in (query, *others):
        keep_query(part)
        if "{{" in _PLACEHOLDER.sub("", part.written):
            part.changed("holds a template that stays as it is", "write what Sloth would have put there")
    if ratio is None:
        return kept_ratio(query, smoothed, "failure", "Sloth too averages such ratios over its period")
    mention(query, ratio)
    return counted(ratio)


def _windowed(query: Part) -> str:
    return _PLACEHOLDER.sub(WINDOW, query.written)


def _smoothed(query: Part) -> str:
    return _PLACEHOLDER.sub(SMOOTHED, query.written).strip()


def _alerting(part: Part, dialect: _Dialect, labels: dict[str, str], annotations: dict[str, str]) -> set[str]:
    """The severities that alert. Labels of the alerts become the SLO's, since its alerts carry those."""
    named: Why = ("alerts are not named here", "tell them by their labels slo, tier and severity")
    fields = part.fields("labels", "annotations", dialect.page_alert, dialect.ticket_alert, lost={"name": named})
    for key, label in fields["labels"].entries():
        keep_label(labels, key, label)
    keep_annotations(annotations, fields["annotations"])
    alerting = set()
    for severity, key in (("page", dialect.page_alert), ("ticket", dialect.ticket_alert)):
        alert = fields[key].fields(
            "disable",
            "labels",
            "annotations",
            lost={"for": ("alerts wait for nothing here", "both windows must burn, which is wait enough")},
        )
        for _, label in alert["labels"].entries():
            label.lost(f"alerts of one severity have no labels of their own here; these have severity {severity}",
                       "route by severity, or write a label of the SLO")  # fmt: skip
        for _, note in alert["annotations"].entries():
            note.lost("alerts of one severity have no annotations of their own here", "write one of the SLO")
        if not alert["disable"].truth(default=False):
            alerting.add(severity)
    return alerting


def _tiers_of(severities: set[str], target: Fraction, part: Part, file: str, bundle: Bundle) -> dict[str, str]:
    wanted = tuple(tier for tier in PRESET if tier.severity in severities)
    tiers = settled(wanted, target, _PERIOD_NS, part)
    return bundle.alerting(file, "-".join(("sloth", *sorted({tier.severity for tier in tiers}))), tiers)
