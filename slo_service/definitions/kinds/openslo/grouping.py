"""What an SLO's annotations say of groups: the labels by which its counts are told apart, and how many groups at most.

OpenSLO has no word for it, and annotations are what its documents may hold besides."""

from __future__ import annotations

import re

from slo_service.definitions.document import Document
from slo_service.definitions.finding import quoted
from slo_service.definitions.freeform import RESERVED_LABELS
from slo_service.domain.grouping import HIGHEST_MOST, MOST_GROUPS, Grouping
from slo_service.domain.indicator import Indicator, Ratio, Threshold

GROUP_BY, MAX_GROUPS = "slo-service/groupBy", "slo-service/maxGroups"
MOST_KEYS = 8
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")  # a label of a metric
_MEANT = RESERVED_LABELS | {"pipeline", "importance"}  # these have a meaning of their own


def grouping(document: Document) -> Grouping | None:
    """None where there is none, or it has mistakes, which are said."""
    text = document.annotations.get(GROUP_BY)
    most = _most(document)
    if text is None:
        if MAX_GROUPS in document.annotations:
            _say(document, MAX_GROUPS, "E202", f"{MAX_GROUPS} says nothing without {GROUP_BY}", f"add {GROUP_BY}")
        return None
    keys = [key.strip() for key in text.split(",")]
    before = document.notes.errors
    for at, key in enumerate(keys):
        if not _KEY.fullmatch(key):
            remedy = f"write the labels of the metric with commas between them, such as {GROUP_BY}: tenant,region"
            _say(document, GROUP_BY, "E206", f"{quoted(key)} is not a metric's label", remedy)
        elif key in _MEANT:
            _say(document, GROUP_BY, "E206", f"the label {key} has a meaning of its own", "group by another label")
        elif key in document.labels:
            what = f"the SLO has a label {key} of its own, so that its groups cannot"
            _say(document, GROUP_BY, "E206", what, "remove it from metadata.labels, or group by something else")
        elif key in keys[:at]:
            _say(document, GROUP_BY, "E206", f"the label {key} is there twice", "write it once")
    if len(keys) > MOST_KEYS:
        what = f"{len(keys)} labels tell groups apart, more than {MOST_KEYS}"
        _say(document, GROUP_BY, "E207", what, "write those that somebody would look at")
    return Grouping(tuple(keys), most) if document.notes.errors == before else None


def check_grouped(document: Document, indicators: list[Indicator]) -> None:
    """Only what another system counts comes with labels."""
    if GROUP_BY not in document.annotations:
        return
    for indicator in indicators:
        if not isinstance(indicator, Ratio | Threshold):
            why = "each of its members has labels of its own" if indicator.kind == "composite" else "it has no labels"
            what = f"{indicator.kind} cannot be grouped: {why}"
            remedy = "group an SLO of a ratioMetric or thresholdMetric of another system, or remove the annotation"
            _say(document, GROUP_BY, "E411", what, remedy)
            return


def _most(document: Document) -> int:
    text = document.annotations.get(MAX_GROUPS)
    if text is None:
        return MOST_GROUPS
    most = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= most <= HIGHEST_MOST:
        what = f"{quoted(text)} is not a number of groups"
        _say(document, MAX_GROUPS, "E207", what, f"write a whole number from 1 to {HIGHEST_MOST}, in quotes")
        return MOST_GROUPS
    if most > MOST_GROUPS:
        what = f"{most} groups are above the usual cap of {MOST_GROUPS}"
        remedy = "each is judged like an objective of its own; group by fewer labels, or live with it"
        _say(document, MAX_GROUPS, "W511", what, remedy)
    return most


def _say(document: Document, key: str, code: str, what: str, remedy: str) -> None:
    document.notes.add(document.metadata.at("annotations", key), code, what, remedy)
