"""The `service_level_indicator` of slo-generator, whose keys are those of its backend and method."""

from __future__ import annotations

from slo_service.definitions.importing.counting import SMOOTHED, Ratio, ratio_in, ratio_of
from slo_service.definitions.importing.indicator import counted, kept_ratio, mention
from slo_service.definitions.importing.labels import keep_query, mention_settings
from slo_service.definitions.importing.promql import WINDOW
from slo_service.definitions.importing.reader import NOTHING_TO_DO, Part
from slo_service.definitions.importing.writing import Plain, metric_source
from slo_service.definitions.scalar import nearest

PROMETHEUS = "Prometheus"
_TRIPLES = tuple(
    tuple(f"{stem}_{what}" for what in ("good", "bad", "valid")) for stem in ("filter", "query", "search_query")
)
_CUTS = {"distribution_cut", "exponential_distribution_cut", "threshold"}


def read_indicator(sli: Part, method: Part, kind: str, source: str) -> Plain:
    """What stands under the indicator's spec. `source` is the name of the DataSource, empty when there is none."""
    if kind == PROMETHEUS:
        reads = {"good_bad_ratio": _good_bad, "distribution_cut": _cut, "query_sli": _query}
        name = method.text()
        if name in reads:
            return reads[name](sli, source)
        method.fault("E208", f"Prometheus has no method {name}", nearest(name, reads))
        return {}
    return _foreign(sli, method.text(), kind, source)


# --- Prometheus -----------------------------------------------------------------------------------------------------


def _good_bad(sli: Part, source: str) -> Plain:
    """good ÷ (good + bad), or good ÷ valid; bad wins over valid."""
    fields = sli.fields("filter_bad", "filter_valid", "operators", needs=("filter_good",))
    operators = [operator.text() for operator in fields["operators"].items()] or ["increase", "sum"]
    good, other = fields["filter_good"], fields["filter_bad"] or fields["filter_valid"]
    if not other:
        sli.fault("E202", f"{sli.path} has neither filter_bad nor filter_valid", "add filter_valid: …")
    if fields["filter_bad"]:
        fields["filter_valid"].lost("filter_bad wins over it", NOTHING_TO_DO)
    texts = [_wrapped(_windowed(keep_query(part)), operators) for part in (good, other)]
    if fields["filter_bad"]:
        texts[1] = f"({texts[0]}) + ({texts[1]})"
    ratio = ratio_of(texts[0], texts[1], "good")
    return _settled(good, ratio, f"({texts[0]})\n/\n({texts[1]})", source)


def _cut(sli: Part, source: str) -> Plain:
    """Events in the bucket of a histogram ÷ all of it."""
    fields = sli.fields(needs=("expression", "threshold_bucket"))
    expression, bucket = fields["expression"], fields["threshold_bucket"].text()
    series = keep_query(expression).strip().partition("[window")[0].strip()
    head, brace, _ = series.rpartition("}")
    if not brace:
        what = "has no matchers, in which case slo-generator adds up all buckets; only that of the threshold counts"
        expression.changed(what, NOTHING_TO_DO)
        head = series + "{"
    comma = "" if head.rstrip().endswith(("{", ",")) else ","
    good, total = f'{head}{comma}le="{bucket}"}}', series.replace("_bucket", "_count")
    operators = ["increase", "sum"]
    texts = [_wrapped(f"{text}[{WINDOW}]", operators) for text in (good, total)]
    return _settled(expression, ratio_of(texts[0], texts[1], "good"), f"({texts[0]})\n/\n({texts[1]})", source)


def _query(sli: Part, source: str) -> Plain:
    """An expression that gives the share of good events."""
    expression = sli.fields(needs=("expression",))["expression"]
    text = _windowed(keep_query(expression))
    return _settled(expression, ratio_in(text, "good"), text, source)


def _settled(part: Part, ratio: Ratio | None, query: str, source: str) -> Plain:
    if ratio is None:
        return kept_ratio(part, query.replace(f"[{WINDOW}", f"[{SMOOTHED}"), "success", source=source)
    mention(part, ratio)
    return counted(ratio, source)


def _windowed(text: str) -> str:
    """With the range where slo-generator puts it: at `[window`, else at the end."""
    text = text.strip()
    return text.replace("[window", f"[{WINDOW}") if "[window" in text else f"{text}[{WINDOW}]"


def _wrapped(text: str, operators: list[str]) -> str:
    for operator in operators:
        text = f"{operator}({text})"
    return text


# --- others ---------------------------------------------------------------------------------------------------------


def _foreign(sli: Part, method: str, kind: str, source: str) -> Plain:
    """The keys as they are, each where OpenSLO has a place for what it says."""
    mention_settings(sli)
    keys = dict(sli.entries())
    good, bad, valid = next((names for names in _TRIPLES if keys.keys() & set(names)), ("", "", ""))
    if method == "good_bad_ratio" and good in keys and keys.keys() & {bad, valid}:
        if bad in keys:
            keys.pop(valid, sli.child("")).lost(f"{bad} wins over it", NOTHING_TO_DO)
            keys[bad].changed("the total is that of good and bad together", NOTHING_TO_DO)
        values = _values(keys)
        beside = {key: value for key, value in values.items() if key not in {good, bad, valid}}
        both = {key: value for key, value in values.items() if bad in keys or key != good}
        return _counts({good: values[good], **beside}, both, kind, source)
    values = _values(keys)
    if method in _CUTS and valid in keys:
        cuts = {"threshold_bucket", "threshold", "good_below_threshold"}
        return _counts(values, {key: value for key, value in values.items() if key not in cuts}, kind, source)
    spec: Plain = {"method": method, **values}
    return {"ratioMetric": {"raw": metric_source(spec, kind, source), "rawType": "success"}}


def _values(keys: dict[str, Part]) -> Plain:
    return {key: part.plain() for key, part in keys.items()}


def _counts(good: Plain, total: Plain, kind: str, source: str) -> Plain:
    sides = {"good": metric_source(good, kind, source), "total": metric_source(total, kind, source)}
    return {"ratioMetric": {"counter": False, **sides}}
