from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import pytest

from slo_service.definitions import diff, load_folder
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.grouping import Grouping
from slo_service.domain.instant import DAY, SECOND
from slo_service.domain.slo import Unjudged

BASE = Path(__file__).parent / "good" / "base.yaml"


@pytest.fixture
def load(tmp_path, env):
    def load_with(*changes, env=env):
        text = BASE.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "x.yaml").write_text(text)
        loaded = load_folder([tmp_path], env)
        assert loaded.catalogue is not None, loaded.findings
        return loaded.catalogue

    return load_with


def stream(catalogue):
    return catalogue.slos["base-freshness"].stream.id


def test_an_unchanged_folder_says_nothing(load):
    assert diff(load(), load()) == ()


def test_moving_a_definition_is_no_change(load):
    assert diff(load(), load(("# The surr", "#\n#\n# The surr"))) == ()


def test_a_new_target_keeps_the_history(load):
    old, new = load(), load(("target: 0.999", "target: 0.995"))
    assert stream(old) == stream(new)
    assert diff(old, new) == ("slo base-freshness target 99.9 % → 99.5 %; its history is kept",)


def test_a_changed_measurement_starts_a_new_stream(load):
    old, new = load(), load(("within: 30s", "within: 20s"))
    assert stream(old) != stream(new)
    (said,) = diff(old, new)
    assert said.startswith(
        "slo base-freshness measures something else: freshness canary orders-canary within 30s at sink on orders → "
        "freshness canary orders-canary within 20s at sink on orders; a new stream starts"
    )


def test_a_reverted_measurement_finds_its_old_stream(load):
    first = stream(load())
    load(("within: 30s", "within: 20s"))
    assert stream(load()) == first


def test_a_new_window_keeps_the_history(load):
    assert diff(load(), load(("duration: 30d", "duration: 28d"))) == (
        "slo base-freshness window 30d → 28d; its history is kept",
    )


def test_what_comes_and_goes_is_named(load):
    assert set(diff(load(), load(("{name: team}", "{name: crew}")))) == {"contact team removed", "contact crew added"}


def test_an_slo_that_goes_closes_its_episodes(load):
    catalogue = load()
    (said,) = diff(catalogue, replace(catalogue, slos={}))
    assert said.startswith("slo base-freshness removed; its open episodes close and their holds are released")


def test_a_changed_setting_is_a_change_but_its_value_is_not_said(load, env):
    changed = {**env, "ORDERS_DB_URL": "postgresql://another-planted-password@db"}
    assert diff(load(), load(env=changed)) == ("pipeline orders changed: sink",)


def test_every_part_of_a_catalogue_is_compared(load):
    whole = load()
    for part in fields(Catalogue):
        if part.compare and (there := getattr(whole, part.name)):
            assert diff(whole, replace(whole, **{part.name: {}})), part.name
            assert len(diff(replace(whole, **{part.name: {}}), whole)) == len(there)


def test_an_slo_that_is_declared_but_not_judged_is_said_to_be_so(load):
    judged = load()
    slo = judged.slos["base-freshness"]
    declared = replace(judged, slos={}, unjudged={slo.name: Unjudged(slo, "nothing reads Prometheus yet")})
    assert diff(judged, declared) == ("slo base-freshness is declared, but not judged: nothing reads Prometheus yet",)
    assert diff(declared, judged) == ("slo base-freshness is judged from now on",)


def test_another_way_of_budgeting_is_another_measurement(load):
    slo = load().slos["base-freshness"]
    sliced = replace(slo, budgeting=Timeslices(Fraction(9, 10), 60 * SECOND))
    (said,) = diff(load(), replace(load(), slos={slo.name: sliced}))
    assert "on orders → freshness canary orders-canary within 30s at sink on orders by Timeslices 9/10 1m" in said


def test_several_changes_are_several_sentences(load):
    slo = load().slos["base-freshness"]
    new = replace(load(), slos={slo.name: replace(slo, window_ns=7 * DAY, description="x", slice_width_ns=SECOND)})
    assert len(diff(load(), new)) == 3
    assert slo.objective.target == Fraction(999, 1000)


BOTH, TENANT = Grouping(("tenant", "region"), 50), Grouping(("tenant",))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, BOTH, "is grouped by tenant, region; it is the sum of its groups, and its history is kept"),
        (
            BOTH,
            None,
            "is not grouped any more; the objectives of its groups are gone, the history of their sum is kept",
        ),
        (BOTH, TENANT, "is grouped by tenant, no more by tenant, region; its groups start anew, it keeps its history"),
        (TENANT, Grouping(("tenant",), 5), "is grouped by tenant, into 5 groups at most; their history is kept"),
    ],
)
def test_other_groups_are_told_with_what_is_kept(load, before, after, said):
    catalogue = load()
    slo = catalogue.slos["base-freshness"]
    old, new = (replace(catalogue, slos={slo.name: replace(slo, grouping=each)}) for each in (before, after))
    assert diff(old, new) == (f"slo base-freshness {said}",)
