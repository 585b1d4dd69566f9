"""How the slices of time-sliced objectives follow from what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import structlog

from slo_service.domain.budgeting import Occurrences, SliceInput, Slicing, Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.slo import Slo

log = structlog.get_logger()

ALL = Fraction(1)  # ratios are not held against a target


def slicing_rules(catalogue: Catalogue) -> Mapping[str, Slicing]:
    """By the stream that each yields. Of two objectives that would make other slices of one stream the first counts."""
    rules: dict[str, Slicing] = {}
    for slo in catalogue.slos.values():
        rule = _rule(slo)
        if rule is not None and rules.setdefault(rule.stream, rule) != rule:
            log.warning("slices_disagree", slo=slo.name, stream=rule.stream)
    return rules


def _rule(slo: Slo) -> Slicing | None:
    method = slo.budgeting
    if isinstance(method, Occurrences):
        return None
    if isinstance(method, Timeslices):
        inputs = [SliceInput(slo.member_stream(m).id, m.asked, m.weight) for m in slo.members]
        return Slicing(slo.counted, method, tuple(inputs) or (SliceInput(slo.stream.id, method.target),))
    inputs = [SliceInput(slo.member_stream(m).id, ALL, m.weight) for m in slo.members]
    return Slicing(slo.counted, method, tuple(inputs) or (SliceInput(slo.stream.id, ALL),))
