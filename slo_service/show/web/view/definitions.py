"""The definitions in force, and what the last load said."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.slo import Slo
from slo_service.show.obstacle import unmeasured
from slo_service.show.ports import LoadReport
from slo_service.show.web import words
from slo_service.show.web.view.objective import place


@dataclass(frozen=True, slots=True)
class Definition:
    """`href` is empty for what has no page of its own."""

    name: str
    href: str
    says: str
    defined_at: str

    @property
    def place(self) -> str:
        return place(self.defined_at)


@dataclass(frozen=True, slots=True)
class Kind:
    title: str
    items: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    load: LoadReport
    kinds: tuple[Kind, ...]

    @property
    def findings(self) -> tuple[str, ...]:
        """Those first that keep a load from coming into force."""
        return tuple(sorted(self.load.findings, key=lambda finding: ": error " not in finding))


def definitions(catalogue: Catalogue, load: LoadReport) -> Definitions:
    """Kinds without any definition are left out. Addresses and credentials are never shown."""
    kinds = (
        Kind(
            "Pipelines",
            tuple(
                Definition(each.name, "/pipelines/", each.description, each.defined_at)
                for each in catalogue.pipelines.values()
            ),
        ),
        *_objectives(catalogue),
        Kind(
            "Adjustments",
            tuple(
                Definition(each.name, "", f"{each.category} by {each.author}; not carried out yet", each.defined_at)
                for each in catalogue.adjustments.values()
            ),
        ),
        Kind(
            "Reports",
            tuple(
                Definition(each.name, "", f"{each.schedule} ({each.zone}); not sent yet", each.defined_at)
                for each in catalogue.reports.values()
            ),
        ),
        Kind(
            "Canaries",
            tuple(
                Definition(
                    each.name,
                    "",
                    f"on {each.pipeline}, every {words.duration(each.every_ns)} to each partition",
                    each.defined_at,
                )
                for each in catalogue.canaries.values()
            ),
        ),
        Kind(
            "Policies",
            tuple(
                Definition(each.name, "", f"{words.plural(len(each.rules), 'rule')}, mode {each.mode}", each.defined_at)
                for each in catalogue.policies.values()
            ),
        ),
        Kind(
            "Jobs",
            tuple(
                Definition(each.name, "", f"{each.criticality}, by {each.controller}", each.defined_at)
                for each in catalogue.jobs.values()
            ),
        ),
        Kind(
            "Contacts",
            tuple(
                Definition(each.name, "", words.listing([channel.kind for channel in each.channels]), each.defined_at)
                for each in catalogue.contacts.values()
            ),
        ),
    )
    return Definitions(load, tuple(kind for kind in kinds if kind.items))


def _not_measured(slo: Slo) -> str:
    why = unmeasured(slo.indicator)
    return f"; not measured: {why}" if why else ""


def _objectives(catalogue: Catalogue) -> tuple[Kind, ...]:
    judged = tuple(
        Definition(
            each.name,
            "/slos/",
            f"{words.precise(each.objective.target)} {words.target(each.indicator)}, "
            f"{words.window(each.window_ns)}{_not_measured(each)}",
            each.defined_at,
        )
        for each in catalogue.slos.values()
    )
    unjudged = tuple(
        Definition(each.slo.name, "/slos/", each.reason, each.slo.defined_at) for each in catalogue.unjudged.values()
    )
    sources = tuple(Definition(each.name, "", each.kind, each.defined_at) for each in catalogue.data_sources.values())
    return (
        Kind("Objectives", judged),
        Kind("Objectives that are not judged", unjudged),
        Kind("Data sources", sources),
    )
