"""What grows too large: the rules generated for all SLOs together, and the groups that one SLO is split into."""

from __future__ import annotations

from collections.abc import Iterable

from slo_service.definitions.kinds.kind import Linked
from slo_service.definitions.notebook import Notebook
from slo_service.domain.grouping import MOST_GROUPS
from slo_service.domain.instant import MINUTE
from slo_service.domain.pipeline import Pipeline
from slo_service.domain.slo import Slo

LARGEST_RULES = 512 << 10  # bytes; etcd refuses a Kubernetes object of 1 MiB, and copies of it are kept in its notes
_NEAR = 900
_CURRENT_NS = 5 * MINUTE


def rules_size(slos: Iterable[Slo]) -> int:
    """About how many bytes `slo render prometheus` writes; a test holds it to what it does write."""
    return sum(_size(slo) for slo in slos)


def _size(slo: Slo) -> int:
    tiers = slo.alerting.tiers
    windows = {_CURRENT_NS, *(t.long_ns for t in tiers), *(t.short_ns for t in tiers)} - {slo.window_ns}
    ratios, alerts = len(windows) + 1, len(tiers)
    told = len((slo.display_name + (slo.description or slo.display_name)).encode())
    return (
        2040
        + ratios * 303
        + alerts * (880 + told)
        + len(slo.name) * (5 * ratios + 26 + 3 * alerts)
        + len(slo.service) * (5 * ratios + 12 + alerts)
        + len(slo.pipeline) * (3 * ratios + 6 + alerts)
    )


def check_rules(linked: Linked, notes: Notebook) -> None:
    """One finding, at the first SLO."""
    slos = [slo for slo in linked.measured.values() if slo.alerting.tiers]
    size = rules_size(slos)
    if size <= LARGEST_RULES:
        return
    first = next(draft.document for draft in linked.drafts.drafts if draft.document.kind == "SLO")
    what = f"the Prometheus rules of all {len(slos)} SLOs take about {size >> 10} KiB, more than {LARGEST_RULES >> 10}"
    notes.add(first.mark, "W513", what, "render folders of fewer SLOs one by one, into a rule object each")


def check_groups(linked: Linked, notes: Notebook) -> None:
    """Every partition of a source is a group of its own."""
    for draft in linked.drafts.every(Pipeline):
        count = draft.value.source.partitions
        if count is not None and count >= _NEAR:
            mark = draft.document.spec.at("source", "kafka", "partitions")
            what = (
                f"{count} partitions are {'near' if count <= MOST_GROUPS else 'above'} the cap of {MOST_GROUPS} groups"
            )
            notes.add(
                mark, "W511", what, "those above it are shown together as other; split the topic, or live with it"
            )
