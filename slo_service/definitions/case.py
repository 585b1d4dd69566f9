"""The vocabulary of a `Test`, for editors and the reference; `slo test` reads and plays cases by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from slo_service.definitions.document import OURS
from slo_service.definitions.kinds.kind import Kind
from slo_service.definitions.shape import Choice, Duration, Either, ExactlyOne, ListOf, MapOf, Matching, Text, Whole
from slo_service.definitions.shape.anything import Anything
from slo_service.domain.event import Verdict
from slo_service.domain.status import State

_SPAN = re.compile(r"\S+ *- *\S+")
_STANDING = Choice(("firing", "quiet", "frozen"))
_STRETCHES = Either(scalar=Text(), mapping=MapOf(Text()))


@dataclass(frozen=True, slots=True)
class ExpectationSpec:
    """What is expected to be seen at an instant, or all the time between two."""

    at: Annotated[int | None, Duration(zero=True), "The instant, counted from the start: `10m`."] = None
    during: Annotated[
        str, Matching(_SPAN, "a span", "write one like 10m-22m"), "Between two instants, with both: `10m-22m`."
    ] = ""
    slo: Annotated[str, "Of which SLO; that of the case unless given."] = ""
    state: Annotated[str | None, Choice(tuple(State)), "The SLO's state."] = None
    page: Annotated[str | None, _STANDING, "Whether anything of that severity fires."] = None
    ticket: Annotated[str | None, _STANDING, "Whether anything of that severity fires."] = None
    tiers: Annotated[Mapping[str, str], MapOf(_STANDING), "Of single tiers: `{page-1h: firing}`."] = field(
        default_factory=dict
    )
    budget_remaining: Annotated[
        object | None, Anything(), "A percentage, `93%`, to which it must round; or `{above: 90%, below: 95%}`."
    ] = None
    burn_rate: Annotated[
        Mapping[str, object], MapOf(Anything()), "By window, a number or `{above: 14.4}`: `{1h: 14.4}`."
    ] = field(default_factory=dict)
    jobs: Annotated[
        Mapping[str, str],
        MapOf(Choice(("running", "paused"))),
        "What jobs are wanted to be: `{orders-export: paused}`.",
    ] = field(default_factory=dict)
    told: Annotated[
        Mapping[str, tuple[str, ...]], MapOf(ListOf(Text())), "By contact, the messages so far: `{team: [burning]}`."
    ] = field(default_factory=dict)
    decisions: Annotated[tuple[DecisionSpec, ...], "Decisions that were made by then."] = ()

    RULES: ClassVar = (ExactlyOne(("at", "during")),)


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """A decision about a job or a contact."""

    verdict: Annotated[str, Choice(tuple(Verdict)), "What was decided."]
    job: Annotated[str, "The job it is about."] = ""
    contact: Annotated[str, "The contact it is about."] = ""
    because: Annotated[str, "Part of the reason."] = ""

    RULES: ClassVar = (ExactlyOne(("job", "contact")),)


@dataclass(frozen=True, slots=True)
class TestSpec:
    """A case for `slo test`: what is measured in the course of time, and what is expected to be seen of it. It may
    stand beside definitions; the service passes over it."""

    expect: Annotated[tuple[ExpectationSpec, ...], "What must be seen."]
    description: Annotated[str, "What happens in it."] = ""
    start: Annotated[str, "The instant it begins, such as `2026-11-02T10:00:00Z`; a Monday at ten unless given."] = ""
    before: Annotated[int | None, Duration(zero=True), "How long all was well before; a whole window unless given."] = (
        None
    )
    tick: Annotated[int | None, Duration(), "How often it is judged, from `1s`, the default, to `1m`."] = None
    partitions: Annotated[int, Whole(1, 1000), "Of the source; canaries go to each."] = 1
    rates: Annotated[Mapping[str, str], MapOf(Text()), "Events of an SLO that has no canary: `{payments: 2/s}`."] = (
        field(default_factory=dict)
    )
    slo: Annotated[str, "The SLO that expectations are about when they name none."] = ""
    series: Annotated[
        Mapping[str, object],
        MapOf(_STRETCHES),
        "By SLO, what is measured when: good, bad, `50% bad`, `3 of 60 bad`, idle or unmeasured.",
    ] = field(default_factory=dict)
    lag: Annotated[
        Mapping[str, object],
        MapOf(MapOf(_STRETCHES)),
        "By pipeline and stage, how far the consumer group is behind when: stalled, or `30s behind`.",
    ] = field(default_factory=dict)


def _never(_: object) -> tuple[object, object]:
    raise AssertionError("slo test reads cases by itself")


TEST = Kind(OURS, "Test", TestSpec, _never)
