"""Which parts of the evaluator a generated story touches. Each can be switched by itself, so that a disagreement names
the part it is in."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Features:
    """The plain engine is always on: rolling windows over events or slices, tiers, episodes, restarts."""

    clock_back: bool = False  # and with it marks and schedules from the future
    sources_added: bool = False  # that have not looked yet
    marks_back: bool = False  # a collector takes back how far it had looked
    policies: bool = False  # `unmeasured: bad` and `good`
    calendar: bool = False
    time_sliced: bool = False
    adjustments: bool = False
    gates: bool = False

    @property
    def name(self) -> str:
        return "+".join(field.name for field in fields(self) if getattr(self, field.name)) or "plain"


PLAIN = Features()
EVERYTHING = Features(*[True] * len(fields(Features)))
EACH = tuple(Features(**{field.name: True}) for field in fields(Features))

LANDED: tuple[str, ...] = (
    "clock_back",
    "sources_added",
    "marks_back",
    "policies",
    "calendar",
    "time_sliced",
    "adjustments",
    "gates",
)  # names of the features that the evaluator has; those that are not here are not generated
