"""The long timelines run side by side, once, when the first test asks for one; tests then read what was recorded."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.services.absence import Absent
from tests.services.alertmanager import Alertmanager
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres
from tests.stories.exactness import Measured, record_measured
from tests.stories.timelines import Stage, Survival, Whole, record_survival, record_whole

TIMELINES: Mapping[str, Callable[[Stage], object]] = {
    "whole": record_whole,
    "survival": record_survival,
    "measured": record_measured,
}
Recordings = Mapping[str, "Future[object]"]


@pytest.fixture(scope="session")
def recordings(
    request: pytest.FixtureRequest,
    kafka: Kafka,
    postgres: Postgres,
    alertmanager: Alertmanager,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Recordings]:
    """Only those that a picked test asks for, and all of them ended before the next test, which so has the machine."""
    asked = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    stage = Stage(kafka, postgres, alertmanager, tmp_path_factory.mktemp("stories"))
    with ThreadPoolExecutor(thread_name_prefix="story") as pool:
        yield {name: pool.submit(record, stage) for name, record in TIMELINES.items() if name in asked}


@pytest.fixture(scope="session")
def whole(recordings: Recordings) -> Whole:
    found = _recorded(recordings, "whole")
    assert isinstance(found, Whole)
    return found


@pytest.fixture(scope="session")
def survival(recordings: Recordings) -> Survival:
    found = _recorded(recordings, "survival")
    assert isinstance(found, Survival)
    return found


@pytest.fixture(scope="session")
def measured(recordings: Recordings) -> Measured:
    found = _recorded(recordings, "measured")
    assert isinstance(found, Measured)
    return found


def _recorded(recordings: Recordings, name: str) -> object:
    for other in recordings.values():
        other.exception()  # waits
    try:
        return recordings[name].result()
    except Absent as why:
        pytest.skip(f"not to be had: {why}")
    except AssertionError as broken:  # said once more in each test of the story, without the story's stack
        notes = getattr(broken, "__notes__", [])
        pytest.fail("\n".join([f"the story broke off: {broken}", *notes]), pytrace=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
