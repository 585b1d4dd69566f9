"""The catalogue with an objective for every group that is known of each grouped definition, beside that for the sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.grouping import KnownGroup, Labels, group_labels, group_name, group_title, is_rest
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Slo


def expand(catalogue: Catalogue, groups: Mapping[str, Sequence[KnownGroup]]) -> Catalogue:
    """`groups` by the stream of the sum. What names a grouped definition means its groups as well."""
    made: dict[str, Slo] = {}
    named: dict[str, tuple[str, ...]] = {}
    for slo in catalogue.slos.values():
        found = [group.labels for group in groups_of(slo, groups)]
        made[slo.name] = slo
        each = [of_group(slo, labels) for labels in found]
        made.update((group.name, group) for group in each)
        named[slo.name] = tuple(group.name for group in each)
    if len(made) == len(catalogue.slos):
        return catalogue
    policies = {
        name: replace(policy, selector=_widened(policy.selector, named)) for name, policy in catalogue.policies.items()
    }
    adjustments = {
        name: replace(each, selector=_widened(each.selector, named)) for name, each in catalogue.adjustments.items()
    }
    return replace(catalogue, slos=made, policies=policies, adjustments=adjustments)


def groups_of(slo: Slo, groups: Mapping[str, Sequence[KnownGroup]]) -> Sequence[KnownGroup]:
    """Those of a grouped definition; another one may tell groups of the same stream apart by other labels."""
    if slo.grouping is None:
        return ()
    return [group for group in groups.get(slo.stream.id, ()) if slo.grouping.has(group.labels)]


def of_group(slo: Slo, labels: Labels) -> Slo:
    """The objective of one group of a definition."""
    assert slo.grouping is not None
    shown = slo.grouping.ordered(labels)
    description = slo.description
    if is_rest(labels):
        description = f"Groups of {slo.name} beyond the cap of {slo.grouping.most}, together. {description}".strip()
    return replace(
        slo,
        name=group_name(slo.name, shown),
        display_name=f"{slo.display_name}: {group_title(shown)}",
        description=description,
        labels={**slo.labels, **group_labels(labels)},
        group=labels,
        grouping=None,
    )


def _widened(selector: Selector, named: Mapping[str, tuple[str, ...]]) -> Selector:
    if not any(named.get(name) for name in selector.names):
        return selector
    return replace(selector, names=tuple(n for name in selector.names for n in (name, *named.get(name, ()))))
