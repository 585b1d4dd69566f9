"""Tiers of an `Alerting`: of one's own, or a change to those of a preset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar

from slo_service.definitions.finding import Mark
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest
from slo_service.definitions.shape import AtMostOne, Choice, Decimal, Duration, Name, Share
from slo_service.domain.policy import MEANT
from slo_service.domain.slo import Severity, Tier, tier_name

_NEEDED = ("severity", "long", "short")


@dataclass(frozen=True, slots=True)
class TierSpec:
    """A pair of windows that burns when both burn faster than the factor. With the name of a tier of the preset it
    changes that one, and only what is given."""

    name: Annotated[str, Name(), "The severity and the long window, such as page-1h, unless given."] = ""
    severity: Annotated[
        str | None, Choice(("page", "ticket")), "A page wakes somebody, a ticket waits for the morning."
    ] = None
    long: Annotated[int | None, Duration(), "The window that says that it matters."] = None
    short: Annotated[int | None, Duration(), "The window that says that it still goes on; about long ÷ 12."] = None
    budget_share: Annotated[Fraction | None, Share(), "The share of the budget a steady burn spends within long."] = (
        None
    )
    factor: Annotated[Fraction | None, Decimal(), "The burn rate itself, instead of a share."] = None
    enabled: Annotated[bool, "Whether it is judged at all."] = True

    RULES: ClassVar = (AtMostOne(("budgetShare", "factor")),)
    ALSO: ClassVar = (
        {
            "if": {"not": {"required": ["name"]}},
            "then": {
                "required": ["severity", "long", "short"],
                "anyOf": [{"required": ["budgetShare"]}, {"required": ["factor"]}],
            },
        },
    )


def tiers_of(node: Node, specs: tuple[TierSpec, ...], preset: tuple[Tier, ...], marks: dict[str, Mark]) -> list[Tier]:
    """Those of the preset as changed, then those of one's own. `marks` takes where their short windows are written."""
    ready = {tier.name: tier for tier in preset}
    own: dict[str, Tier | None] = {}
    for item, spec in zip(node.items(), specs, strict=False):
        before = ready.get(spec.name)
        if before is None and ready and spec.name and not any(item.child(key) for key in _NEEDED):
            what = f"the preset has no tier {spec.name}"
            item.notes.add(item.at("name"), "E302", what, nearest(spec.name, ready))
            continue
        tier = _changed(item, spec, before) if before else _own(item, spec)
        if tier is None:
            continue
        if tier.name in MEANT:
            what = f"burning: {tier.name} means something else already"
            item.notes.add(item.at("name"), "E301", what, "give the tier another name")
        if tier.name in own:
            what = f"the tier {tier.name} is there twice"
            item.notes.add(item.at("name"), "E301", what, "give one of them a name: of its own")
        own[tier.name] = tier if spec.enabled else None
        marks[tier.name] = item.at("short")
    return list(_enabled({**ready, **own}))


def _enabled(tiers: dict[str, Tier | None]) -> Iterator[Tier]:
    yield from (tier for tier in tiers.values() if tier is not None)


def _own(item: Node, spec: TierSpec) -> Tier | None:
    """None when parts are missing, which is said here."""
    missing = [key for key in _NEEDED if not item.child(key)]
    for key in missing:
        item.fault("E202", f"{item.path} has no {key}", f"add {key}: …")
    if not item.child("budgetShare") and not item.child("factor"):
        missing.append("budgetShare")
        item.fault("E202", f"{item.path} has no budgetShare", "add budgetShare: …, or factor: …")
    if missing or spec.severity is None or spec.long is None or spec.short is None:
        return None
    severity = Severity(spec.severity)
    name = spec.name or tier_name(severity, spec.long)
    return _sound(item, Tier(name, severity, spec.long, spec.short, *_pace(item, spec, Fraction(1, 50), None)))


def _changed(item: Node, spec: TierSpec, before: Tier) -> Tier:
    share, burn = _pace(item, spec, before.budget_share, before.burn)
    severity = Severity(spec.severity) if spec.severity else before.severity
    return _sound(
        item, Tier(before.name, severity, spec.long or before.long_ns, spec.short or before.short_ns, share, burn)
    )


def _sound(item: Node, tier: Tier) -> Tier:
    if tier.short_ns >= tier.long_ns:
        what = "the short window is not shorter than the long one"
        item.notes.add(item.at("short"), "E207", what, "write about long ÷ 12")
    return tier


def _pace(item: Node, spec: TierSpec, share: Fraction, burn: Fraction | None) -> tuple[Fraction, Fraction | None]:
    """The share and the factor; a factor has no share before the budget window is known."""
    if spec.factor is not None:
        if spec.factor < 1:
            node = item.child("factor")
            what = f"a factor of {node.written} would fire while the objective is met"
            node.fault("E207", what, "write at least 1")
        return share, spec.factor
    if spec.budget_share is None:
        return share, burn
    if not 0 < spec.budget_share <= 1:
        node = item.child("budgetShare")
        node.fault("E207", f"{node.written} of a budget", "write above 0% up to 100%")
    return spec.budget_share, None
