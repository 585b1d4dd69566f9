from slo_service.domain.tally import Tally
from slo_service.store.difference import Change
from slo_service.store.touched import pack, unpacked
from tests.store.build import NOW, sample

SERIES = {("s", "a"): 3, ("s", "b"): 4, ("t", "a"): 2**31 - 1}


def test_what_was_packed_is_unpacked_each_slice_of_a_stream_once() -> None:
    changes = [
        Change(sample(NOW, stream="s", source="a"), Tally(1), 0),
        Change(sample(NOW, stream="s", source="b"), Tally(0, -1), 0),
        Change(sample(NOW, stream="t", source="a"), Tally(), 1),
        Change(sample(NOW + 5, stream="s", source="b"), Tally(), 0),
    ]
    packed = pack(changes, SERIES)
    assert packed is not None
    series, starts = unpacked([packed])
    assert list(zip(series.tolist(), starts.tolist(), strict=True)) == [(3, NOW), (2**31 - 1, NOW)]


def test_an_ingest_that_moves_no_sum_touches_nothing() -> None:
    assert pack([Change(sample(stream="s", source="a"), Tally(), 0)], SERIES) is None
