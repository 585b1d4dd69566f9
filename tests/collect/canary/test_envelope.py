from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.collect.canary import body, envelope
from slo_service.collect.canary.envelope import CanaryId, Envelope, region_hash
from slo_service.collect.canary.filter import is_canary

RUN = "0123456789abcdef0123456789abcdef"
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
IDS = st.builds(
    CanaryId, NAMES, st.binary(min_size=16, max_size=16).map(bytes.hex), st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1),
)  # fmt: skip
ONE = CanaryId("orders-canary", RUN, 3, 17, 1_700_000_000_000_000_000)


@given(IDS)
def test_the_text_of_a_canary_identifies_it_alone(who: CanaryId) -> None:
    assert CanaryId.from_text(who.text) == who


@pytest.mark.parametrize(
    "text", ["", "order-17", None, 5, ONE.text + "x", "." + ONE.text.partition(".")[2], "a.b.1.2.3"]
)
def test_other_texts_are_no_canaries(text: object) -> None:
    assert CanaryId.from_text(text) is None


@given(IDS, NAMES, st.integers(0, 2**16 - 1), st.integers(0, 2**63 - 1))
def test_headers_carry_the_whole_envelope(who: CanaryId, pipeline: str, attempt: int, mono_ns: int) -> None:
    sent = Envelope(who, pipeline, region_hash("eu"), attempt, mono_ns)
    assert envelope.read(sent.headers()) == sent
    assert is_canary(sent.headers())


def test_the_binary_part_fits_in_64_bytes() -> None:
    headers = dict(Envelope(ONE, "orders", region_hash("eu"), 0, 5).headers())
    assert len(headers["slo-canary-bin"]) <= 64
    assert headers["slo-canary"] == b"1"


def test_the_json_form_is_accepted() -> None:
    fields = {
        "slo-canary": 1, "pipeline": "orders", "canary": ONE.canary, "run": "01234567-89ab-cdef-0123-456789abcdef",
        "region": "eu", "partition": 3, "seq": 17, "attempt": 2, "sent_wall_ns": ONE.sent_ns, "sent_mono_ns": 9,
    }  # fmt: skip
    headers = [("slo-canary", b"1"), ("slo-canary-json", json.dumps(fields).encode())]
    assert envelope.read(headers) == Envelope(ONE, "orders", region_hash("eu"), 2, 9)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(None, id="no headers"),
        pytest.param([("trace", b"1")], id="others' headers"),
        pytest.param([("slo-canary", b"1")], id="the flag alone"),
        pytest.param([("slo-canary", b"1"), ("slo-canary-json", b"{")], id="broken JSON"),
        pytest.param([("slo-canary", b"1"), ("slo-canary-json", b"[1]")], id="JSON of another shape"),
        pytest.param([("slo-canary", b"1"), ("slo-canary-name", b"a/b"), ("slo-canary-bin", b"xx")], id="cut short"),
        pytest.param(
            [("slo-canary", b"2"), ("slo-canary-name", b"a/b"), ("slo-canary-bin", b"\x02" + bytes(55))], id="version 2"
        ),
    ],
)
def test_what_is_not_an_envelope_of_ours_is_left_alone(headers: list[tuple[str, bytes]] | None) -> None:
    assert envelope.read(headers) is None


@pytest.mark.parametrize(
    ("headers", "canary"),
    [
        pytest.param(None, False, id="none"),
        pytest.param([("trace", b"1")], False, id="others"),
        pytest.param([(b"slo-canary", b"1")], True, id="names in bytes"),
        pytest.param({"Slo-Canary": "1"}, True, id="a mapping as HTTP gives it"),
        pytest.param([("slo-canary-notes", b"1")], False, id="a longer name"),
    ],
)
def test_consumers_can_leave_canaries_out(headers: list[tuple[str, bytes]] | None, canary: bool) -> None:
    assert is_canary(headers) is canary


def test_the_body_is_the_template_with_the_canarys_own_fields() -> None:
    template = {
        "event_id": "${canary.id}", "n": "${canary.seq}", "note": "no ${canary.seq} of ${canary.partition}",
        "nested": {"at": "${canary.sent_at}", "runs": ["${canary.run}"]}, "amount": 0, "source_system": "web",
    }  # fmt: skip
    assert json.loads(body.render(template, "source_system", "slo-canary", ONE)) == {
        "event_id": ONE.text, "n": 17, "note": "no 17 of 3",
        "nested": {"at": "2023-11-14T22:13:20Z", "runs": [RUN]}, "amount": 0, "source_system": "slo-canary",
    }  # fmt: skip


def test_a_template_that_asks_for_what_no_canary_has_is_told() -> None:
    assert body.unknown_fields({"a": "${canary.id}", "b": ["${canary.sequence}"]}) == ("sequence",)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param(json.dumps({"event_id": ONE.text}).encode(), ONE, id="in the field that holds the id"),
        pytest.param(json.dumps({"parent": ONE.text}).encode(), None, id="in another field"),
        pytest.param(json.dumps([ONE.text]).encode(), None, id="not an object"),
        pytest.param(ONE.text.encode(), None, id="not JSON"),
        pytest.param(None, None, id="a tombstone"),
    ],
)
def test_a_body_without_headers_is_recognised_by_its_id(value: bytes | None, found: CanaryId | None) -> None:
    assert body.find(value, b"orders-canary.", ("event_id",)) == found
