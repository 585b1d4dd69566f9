"""The rules of the OpenSLO specification for v1, of its text and of its JSON Schema, read from YAML by another parser.
Names may have capitals, as in the text's own examples; composites are those of its library."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from ruamel.yaml import YAML

Plain: TypeAlias = Mapping[str, object]
KINDS = {"DataSource", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "Service"}
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.|/\\-]{0,253}[A-Za-z0-9])?")
KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
SHORTHAND = re.compile(r"[1-9][0-9]*[mhdwMQY]")
START = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
OPERATORS = {"lte", "gte", "lt", "gt"}


def violations(text: str) -> list[str]:
    """A line for each rule that a file breaks."""
    return [
        f"{document['kind']} {part(document, 'metadata').get('name')}: {what}"
        for document in YAML(typ="safe").load_all(text)
        for what in broken(document)
    ]


def part(holder: Plain, key: str) -> Plain:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def listed(holder: Plain, key: str) -> list[Plain]:
    value = holder.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def broken(document: Plain) -> Iterator[str]:
    if set(document) != {"apiVersion", "kind", "metadata", "spec"} or document["apiVersion"] != "openslo/v1":
        yield "a document has apiVersion, kind, metadata and spec"
    if document["kind"] not in KINDS:
        yield "the kind is none of OpenSLO's"
    yield from broken_metadata(part(document, "metadata"))
    spec = part(document, "spec")
    if len(str(spec.get("description", ""))) > 1050:
        yield "a description has at most 1050 characters"
    match document["kind"]:
        case "DataSource":
            if not isinstance(spec.get("type"), str) or not isinstance(spec.get("connectionDetails"), dict | list):
                yield "a DataSource has a type and connectionDetails"
        case "SLI":
            yield from broken_sli(spec)
        case "SLO":
            yield from broken_slo(spec)
        case "AlertPolicy":
            yield from broken_policy(spec)
        case "AlertCondition":
            yield from broken_condition(spec)
        case "AlertNotificationTarget":
            if not isinstance(spec.get("target"), str):
                yield "a target is a text"
        case _:
            pass


def broken_metadata(meta: Plain) -> Iterator[str]:
    if set(meta) - {"name", "displayName", "labels", "annotations"}:
        yield "metadata has an unknown key"
    if not isinstance(meta.get("name"), str) or not NAME.fullmatch(str(meta["name"])):
        yield "a name has at most 255 letters, digits and -"
    if not isinstance(meta.get("displayName", "x"), str):
        yield "a displayName is a text"
    for key, value in part(meta, "labels").items():
        if not KEY.fullmatch(key) and not KEY.fullmatch(key.rpartition("/")[2]):
            yield f"{key} is no key of a label"
        if not all(isinstance(each, str) for each in (value if isinstance(value, list) else [value])):
            yield f"the label {key} is no text"
    if not all(isinstance(value, str) for value in part(meta, "annotations").values()):
        yield "an annotation is a text"


def broken_sli(spec: Plain) -> Iterator[str]:
    threshold, ratio = part(spec, "thresholdMetric"), part(spec, "ratioMetric")
    if bool(threshold) == bool(ratio):
        yield "either ratioMetric or thresholdMetric"
    if ratio and ("raw" in ratio) == ("total" in ratio):
        yield "either raw or total"
    if "total" in ratio and ("good" in ratio) == ("bad" in ratio):
        yield "good or bad with total"
    if "raw" in ratio and ({"good", "bad"} & set(ratio) or ratio.get("rawType") not in {"success", "failure"}):
        yield "raw with rawType alone"
    for metric in [threshold, *(part(ratio, key) for key in ("good", "bad", "total", "raw"))]:
        source = part(metric, "metricSource")
        if metric and (not part(source, "spec") or not {"type", "metricSourceRef"} & set(source)):
            yield "a metricSource has a spec, and a type or a reference"


def broken_slo(spec: Plain) -> Iterator[str]:
    objectives = listed(spec, "objectives")
    composite = any({"indicator", "indicatorRef"} & set(objective) for objective in objectives)
    for holder in objectives if composite else [spec]:
        if ("indicator" in holder) == ("indicatorRef" in holder):
            yield "either indicator or indicatorRef"
        if inline := part(holder, "indicator"):
            yield from broken_metadata(part(inline, "metadata"))
            yield from broken_sli(part(inline, "spec"))
    method = spec.get("budgetingMethod")
    if not isinstance(spec.get("service"), str) or not objectives:
        yield "an SLO has a service and objectives"
    if method not in {"Occurrences", "Timeslices", "RatioTimeslices"}:
        yield "the budgetingMethod is unknown"
    windows = listed(spec, "timeWindow")
    if "timeWindow" in spec and len(windows) != 1:
        yield "one timeWindow"
    for window in windows:
        yield from broken_window(window)
    for objective in objectives:
        yield from broken_objective(objective, str(method))
    for policy in listed(spec, "alertPolicies"):
        if "alertPolicyRef" not in policy:
            yield from broken_policy(part(policy, "spec"))


def broken_window(window: Plain) -> Iterator[str]:
    if not SHORTHAND.fullmatch(str(window.get("duration"))):
        yield f"duration: {window.get('duration')} is written as it is; OpenSLO knows whole minutes only"
    calendar = part(window, "calendar")
    if bool(calendar) == bool(window.get("isRolling")):
        yield "a window either rolls or has a calendar"
    if calendar and (not START.fullmatch(str(calendar.get("startTime"))) or "timeZone" not in calendar):
        yield "a calendar has a startTime and a timeZone"


def broken_objective(objective: Plain, method: str) -> Iterator[str]:
    given = [objective[key] for key in ("target", "targetPercent") if key in objective]
    highest = 1 if "target" in objective else 100
    if len(given) != 1 or not isinstance(given[0], int | float) or not 0 <= given[0] < highest:
        yield "either target or targetPercent, a number below the whole"
    if objective.get("op", "lt") not in OPERATORS or not isinstance(objective.get("value", 1), int | float):
        yield "op is an operator, value a number"
    needed = {"Timeslices": {"timeSliceTarget", "timeSliceWindow"}, "RatioTimeslices": {"timeSliceWindow"}}
    if needed.get(method, set()) - set(objective):
        yield f"{method} needs more in its objectives"
    width = objective.get("timeSliceWindow", 1)
    if not isinstance(width, int | float) and not SHORTHAND.fullmatch(str(width)):
        yield f"timeSliceWindow: {width} is written as it is; OpenSLO knows whole minutes only"


def broken_policy(spec: Plain) -> Iterator[str]:
    conditions, targets = listed(spec, "conditions"), listed(spec, "notificationTargets")
    if len(conditions) != 1 or not targets:
        yield "one condition and at least one target"
    for reference, kind, items in (
        ("conditionRef", "AlertCondition", conditions),
        ("targetRef", "AlertNotificationTarget", targets),
    ):
        for item in items:
            if set(item) != {reference} and (set(item) != {"kind", "metadata", "spec"} or item["kind"] != kind):
                yield f"either {reference}, or kind: {kind} with metadata and spec"
    for condition in conditions:
        if "conditionRef" not in condition:
            yield from broken_condition(part(condition, "spec"))


def broken_condition(spec: Plain) -> Iterator[str]:
    condition = part(spec, "condition")
    if not isinstance(spec.get("severity"), str) or condition.get("kind", "burnrate") != "burnrate":
        yield "a condition has a severity, and is a burnrate"
    if not isinstance(condition.get("threshold"), int | float) or condition.get("op", "gt") not in OPERATORS:
        yield "a threshold is a number, op an operator"
    for key in ("lookbackWindow", "alertAfter"):
        if not SHORTHAND.fullmatch(str(condition.get(key))) and condition.get(key) != "0m":
            yield f"{key} is a duration"
