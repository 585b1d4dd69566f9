"""The catalogue with an objective for every group."""

from __future__ import annotations

from dataclasses import replace

from slo_service.domain.adjustment import Adjustment, Category
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.expansion import expand
from slo_service.domain.grouping import Grouping, KnownGroup, Labels, by_parent
from slo_service.domain.policy import BudgetPolicy, Selector
from tests.decide.situation import NOON, an_slo

TENANT, BOTH = Grouping(("tenant",)), Grouping(("tenant", "region"))
BY_TENANT, BY_BOTH = an_slo("by-tenant", grouping=TENANT), an_slo("by-both", grouping=BOTH)
PLAIN = an_slo("plain")


def known(*labels: Labels, parent: str = PLAIN.stream.id) -> dict[str, list[KnownGroup]]:
    return by_parent(KnownGroup(f"s{n}", parent, each, NOON) for n, each in enumerate(labels))


A, B = (("tenant", "a"),), (("tenant", "b"),)
A_EU = (("region", "eu"), ("tenant", "a"))
ALL = Catalogue(slos={slo.name: slo for slo in (BY_TENANT, BY_BOTH, PLAIN)})


def test_definitions_of_one_stream_have_the_groups_of_their_own_labels() -> None:
    found = expand(ALL, known(B, A_EU, A, TENANT.rest, BOTH.rest))
    assert list(found.slos) == [
        "by-tenant",
        'by-tenant{tenant="a"}',
        'by-tenant{tenant="b"}',
        "by-tenant{other}",
        "by-both",
        'by-both{tenant="a",region="eu"}',
        "by-both{other}",
        "plain",
    ]


def test_a_group_differs_from_its_definition_by_name_labels_and_stream() -> None:
    group = expand(ALL, known(A)).slos['by-tenant{tenant="a"}']
    assert group.stream == replace(BY_TENANT.stream, group=A)
    assert group.stream.id != BY_TENANT.stream.id == PLAIN.stream.id
    assert group.labels == {"importance": "1", "tenant": "a"}
    assert group.display_name == "Orders are fresh: a"
    same: dict[str, object] = {"name": "x", "display_name": "x", "labels": {}, "group": (), "grouping": None}
    assert replace(group, **same) == replace(BY_TENANT, **same)  # type: ignore[arg-type]  # fields of Slo


def test_without_groups_the_catalogue_is_the_one_it_was() -> None:
    assert expand(ALL, known(A, parent="another")) is ALL


def test_what_names_a_definition_means_its_groups_and_what_names_another_does_not() -> None:
    def named(*names: str) -> Catalogue:
        selector = Selector({"team": "x"}, names)
        adjustment = Adjustment("a", selector, Category.EXCLUSION, "me", "why")
        return replace(ALL, policies={"p": BudgetPolicy("p", selector, ())}, adjustments={"a": adjustment})

    found = expand(named("plain", "by-tenant"), known(A))
    meant = Selector({"team": "x"}, ("plain", "by-tenant", 'by-tenant{tenant="a"}'))
    assert [found.policies["p"].selector, found.adjustments["a"].selector] == [meant, meant]
    for names in ((), ("plain",)):
        assert expand(named(*names), known(A)).policies == named(*names).policies
