"""What conditions of policy rules are made of."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.domain.policy import All, AnyOf, Condition, Not


def leaves(condition: Condition) -> Iterator[Condition]:
    """Its parts that do not only combine others."""
    match condition:
        case All(of) | AnyOf(of):
            for part in of:
                yield from leaves(part)
        case Not(of):
            yield from leaves(of)
        case _:
            yield condition
