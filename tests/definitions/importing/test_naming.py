import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.definitions.importing.naming import Names, slug


@given(st.lists(st.text(max_size=90), max_size=30))
def test_every_text_gets_a_name_of_its_own(texts: list[str]) -> None:
    names = Names()
    given_away = [names.give(text) for text in texts]
    assert len(set(given_away)) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for name in given_away)


@pytest.mark.parametrize("name", ["orders", "orders-freshness-2", "x" * 63])
def test_a_name_stays_as_it_is(name: str) -> None:
    assert slug(name) == name


def test_long_names_that_begin_alike_differ() -> None:
    assert slug("x" * 70 + "a") != slug("x" * 70 + "b")
