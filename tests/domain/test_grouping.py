"""How groups are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.grouping import (
    LONGEST_VALUE,
    Grouping,
    definition_of,
    group_labels,
    group_name,
    group_title,
    tidy,
)

BOTH = Grouping(("tenant", "region"))


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"region": "eu", "tenant": "a", "pod": "7"}, 'errors{tenant="a",region="eu"}'),
        ({"tenant": "a"}, 'errors{tenant="a",region=""}'),
        ({"tenant": 'a"b\\c', "region": "{x}"}, 'errors{tenant="a\\"b\\\\c",region="{x}"}'),
        ({"tenant": "a/b", "region": "eu"}, 'errors{tenant="a\\x2fb",region="eu"}'),
    ],
)
def test_a_group_is_called_by_its_labels_in_the_order_of_the_definition(labels: dict[str, str], name: str) -> None:
    assert group_name("errors", BOTH.labels(labels)) == name


def test_those_beyond_the_cap_are_called_other_and_no_tenant_is() -> None:
    assert group_name("errors", BOTH.rest) == "errors{other}"
    assert group_title(BOTH.rest) == "others"
    assert group_labels(BOTH.rest) == {}
    assert group_name("errors", Grouping(("tenant",)).labels({"tenant": "other"})) == 'errors{tenant="other"}'


def test_definitions_that_group_by_other_labels_count_their_others_apart() -> None:
    assert BOTH.rest != Grouping(("tenant",)).rest
    assert BOTH.rest == Grouping(("region", "tenant")).rest


def test_labels_are_shown_in_the_order_of_the_definition_however_they_were_kept() -> None:
    kept = (("region", "eu"), ("tenant", "a"))
    assert BOTH.has(kept)
    assert BOTH.ordered(kept) == BOTH.labels(dict(kept))
    assert not BOTH.has(kept[:1])


def test_a_comma_in_a_value_does_not_make_it_match_two_selectors() -> None:
    assert group_labels((("tenant", "a,b"),)) == {"tenant": "a\N{FULLWIDTH COMMA}b"}


def test_a_plain_value_stays_as_it_is_and_a_long_one_is_told_apart_by_its_hash() -> None:
    assert tidy("x" * LONGEST_VALUE) == "x" * LONGEST_VALUE
    one, other = tidy("x" * 10_000), tidy("x" * 9_999)
    assert one != other
    assert one.startswith("x" * 96 + "…")


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=300), st.text(max_size=300))
def test_two_values_are_two_names_and_every_name_can_be_shown(one: str, other: str) -> None:
    names = [group_name("errors", (("tenant", tidy(value)),)) for value in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    for name in names:
        assert name.isprintable()
        assert len(tidy(one)) <= LONGEST_VALUE
        assert "/" not in name
        assert definition_of(name) == "errors"
        assert name.encode()
