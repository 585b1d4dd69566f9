"""Any interleaving of samples, corrections, duplicates, gaps, restarts and reloads gives exactly the counts, verdicts
and transitions of the reference."""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from slo_service.evaluate.evaluator import FEW
from tests.evaluate.reference.features import EACH, EVERYTHING, LANDED, PLAIN, Features
from tests.evaluate.reference.play import play
from tests.evaluate.reference.stories import stories

pytestmark = pytest.mark.lengthy

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
PLAYED = (PLAIN, *(feature for feature in EACH if feature.name in LANDED), EVERYTHING)
EXAMPLES = -(-(20_000 if NIGHTLY else 500) // len(PLAYED))  # over all of them


def _named(features: Features) -> str:
    return "everything" if features == EVERYTHING else features.name


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("features", PLAYED, ids=_named)
@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink])
@given(st.data())
def test_any_story_gives_the_same_figures_and_states_as_the_raw_cells(features: Features, data: st.DataObject) -> None:
    plot, into_seconds, steps = data.draw(stories(features))
    play(features, plot, into_seconds, steps, data.draw(st.sampled_from([FEW, 0])))
