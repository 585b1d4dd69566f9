from dataclasses import replace
from fractions import Fraction

import orjson
from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.event import Change, Verdict, Witness
from slo_service.domain.indicator import Schedule
from slo_service.domain.slo import Kind, Severity, Tier
from slo_service.domain.status import Phase, Reading, State, StateChange, TierState
from slo_service.domain.tally import Tally
from slo_service.store import codec
from tests.store.build import decision, delivery, message, transition

numbers = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**45)
words = st.text(max_size=8)
maybe = st.none() | numbers
reals = st.floats(allow_nan=False)
tallies = st.builds(Tally, counts, counts)
readings = st.builds(
    Reading,
    numbers,
    tallies,
    st.fractions(),
    st.fractions(0, 1),
    st.none() | st.fractions(),
    st.none() | st.tuples(reals, reals),
)
tiers = st.builds(Tier, words, st.sampled_from(Severity), numbers, numbers, st.fractions(), kind=st.sampled_from(Kind))
tier_states = st.builds(
    TierState,
    words,
    tiers,
    st.fractions(),
    st.sampled_from(Phase),
    numbers,
    st.none() | st.booleans(),
    maybe,
    numbers,
    numbers,
    maybe,
    st.none() | words,
    readings,
    readings,
    words,
    held_back=words,
    sources=st.lists(words, max_size=3).map(tuple),
)
witnesses = st.builds(Witness, words, words, st.none() | st.booleans(), words, numbers)
facts = st.dictionaries(words, st.none() | st.booleans() | numbers | words)


def through_json(body: object) -> codec.Record:
    decoded: codec.Record = orjson.loads(orjson.dumps(body))
    return decoded


@given(tier_states)
def test_a_tier_state_survives_json_to_the_last_digit(state: TierState) -> None:
    assert codec.decode_tier_state(through_json(codec.encode_tier_state(state))) == state


@given(tier_states)
def test_a_tier_state_of_before_streams_were_kept_is_of_no_stream(state: TierState) -> None:
    body = codec.encode_tier_state(state)
    del body["stream"]
    assert codec.decode_tier_state(through_json(body)) == replace(state, stream="")


@given(tier_states)
def test_a_tier_state_of_an_earlier_version_has_the_defaults_of_what_came_since(state: TierState) -> None:
    body = through_json(codec.encode_tier_state(state))
    earlier = {key: value for key, value in body.items() if key not in ("held_back", "sources")}
    earlier["tier"] = {key: value for key, value in body["tier"].items() if key != "kind"}
    expected = replace(state, held_back="", sources=(), tier=replace(state.tier, kind=Kind.BURN))
    assert codec.decode_tier_state(earlier) == expected


@given(tier_states, st.sampled_from(Change), st.sampled_from(Severity), st.booleans())
def test_a_transition_survives(state: TierState, change: Change, severity: Severity, afterwards: bool) -> None:
    one = transition(tier=state, change=change, severity=severity, reconstructed=afterwards)
    row = codec.encode_transition(one)
    assert codec.decode_transition({**row, "tier": through_json(row["tier"])}) == one


@given(st.lists(witnesses, max_size=3), st.sampled_from(Verdict))
def test_a_decision_survives_with_its_witnesses(seen: list[Witness], verdict: Verdict) -> None:
    one = decision(witnesses=tuple(seen), verdict=verdict)
    row = codec.encode_decision(one)
    assert codec.decode_decision({**row, "witnesses": through_json(row["witnesses"])}) == one


@given(
    st.builds(
        StateChange,
        words,
        numbers,
        numbers,
        st.sampled_from(State),
        st.none() | st.fractions(),
        st.fractions(0, 1),
    )
)
def test_a_change_of_state_survives(change: StateChange) -> None:
    assert codec.decode_state_change(through_json(codec.encode_state_change(change))) == change


@given(facts)
def test_a_message_survives_with_its_facts(said: dict[str, object]) -> None:
    one = message(facts=said)
    row = codec.encode_message(one)
    assert codec.decode_message({**row, "facts": through_json(row["facts"])}) == one


def test_a_delivery_survives_though_its_columns_have_other_names() -> None:
    assert codec.decode_delivery(codec.encode_delivery(delivery())) == delivery()


@given(st.builds(Schedule, words, numbers, st.fractions(), numbers))
def test_a_schedule_survives(schedule: Schedule) -> None:
    assert codec.decode_schedule(codec.encode_schedule(schedule)) == schedule


def test_an_infinite_bound_is_not_lost() -> None:
    reading = Reading(1, Tally(0, 1), Fraction(0), Fraction(1), None, (0.1, float("inf")), unit=None)
    assert codec.decode_reading(through_json(codec.encode_reading(reading))) == reading
