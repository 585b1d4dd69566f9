"""Counted ratios → the `spec` of an OpenSLO indicator, and what is to be said of them."""

from __future__ import annotations

from slo_service.definitions.importing.counting import SLICE, SMOOTHED, Ratio
from slo_service.definitions.importing.reader import Part
from slo_service.definitions.importing.writing import Plain, metric_source


def counted(ratio: Ratio, source: str = "") -> Plain:
    """Counters, or counts of a slice."""
    return {
        "ratioMetric": {
            "counter": ratio.counter,
            ratio.side: metric_source({"query": ratio.part}, source=source),
            "total": metric_source({"query": ratio.total}, source=source),
        }
    }


def mention(part: Part, ratio: Ratio) -> None:
    """Lists where the counts are not those of the tool."""
    if ratio.grouped:
        part.changed(f"all groups ({ratio.grouped}) count together", "write an SLO for each group that matters")
    elif ratio.first:
        part.changed("all series count together, where the tool would keep them apart", "select the one you mean")
    if not ratio.counter:
        what = f"samples are counted in slices of {SLICE}, and a slice without a sample is unmeasured"
        part.changed(what, f"scrape at least every {SLICE}")


def kept_ratio(part: Part, query: str, kind: str, beside: str = "", source: str = "") -> Plain:
    """A ratio that cannot be taken apart into counts. `kind` is success or failure."""
    what = (
        f"a ratio that is no quotient of counts is looked at over {SMOOTHED} and averaged, each moment weighing alike"
    )
    part.changed(f"{what}; {beside}" if beside else what, "write queries that count, or expect other burn rates")
    return {"ratioMetric": {"raw": metric_source({"query": query}, source=source), "rawType": kind}}
