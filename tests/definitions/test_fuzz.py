"""A hundred thousand damaged files a night: findings, never a traceback, never a hang, never much memory."""

from __future__ import annotations

import re
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slo_service.cli import main
from slo_service.definitions import Loaded, load_folder
from slo_service.definitions.kinds import KINDS as KNOWN
from slo_service.domain.instant import SECOND
from tests.definitions.damaging import FOREIGN, KINDS, OPENSLO, WAYS, damaged, said, seeds
from tests.definitions.made import changed
from tests.definitions.test_spec_types import specs
from tests.definitions.written import GOOD

BASE = Path(__file__).parent / "good" / "base.yaml"
NOW = 1_795_000_000 * SECOND
MIB = 1 << 20
SECONDS: Final = 2.0
GROWTH: Final = 400 * MIB
"""How much more memory the process may come to need while this module runs, with all that Hypothesis remembers."""

LASTING = re.compile(rb"(?<!before\": \")\b\d+[dw]|\d{2,}h|\d{5,}")
"""In a case: what may ask for days, which take minutes to run."""

UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
IMPORTS = ("sloth", "pyrra", "slo-generator", "openslo")
EXAMPLES = {tool: [path for path in FOREIGN if path.parent.name == tool] for tool in IMPORTS} | {"openslo": OPENSLO}
DAMAGED = {tool: [path.read_text() for path in paths] for tool, paths in EXAMPLES.items()}
TOOLS = {tool: [each for made in seeds(paths).values() for each in made] for tool, paths in EXAMPLES.items()}
TEXTS = [path.read_text() for path in [*GOOD, *OPENSLO]]
OTHERS = [each for made in KINDS.values() for each in made]
SETTINGS = {
    "ORDERS_DB_URL": "postgresql+asyncpg://u:planted-password@db/orders",
    "ORDERS_WEBHOOK_URL": "https://hooks.example.com/planted-path",
    "WEBHOOK_SECRET": "planted-secret",
}

USUAL = settings().max_examples
FUZZ = settings(
    max_examples=12 if USUAL <= 100 else USUAL * 2 // 3,  # 60 tests: 720 files with every change, 120,000 at night
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a seed shrinks to another seed, which tells nothing
)
SEEDS = st.integers(0, 2**63)


@pytest.fixture(autouse=True, scope="module")
def _memory_stays_bounded() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown << 10 < GROWTH, f"the process grew by {grown >> 10} MiB"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


class TooSlow(Exception):
    """An error of no kind that the program could expect, and so none that it catches."""


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Fails when what is within takes more time of the processor than this, also when it never ends."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"takes more than {seconds} s")

    former = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


def load(folder: Path, raw: bytes) -> Loaded:
    path = folder / "x.yaml"
    path.write_bytes(raw)
    with bounded():
        loaded = load_folder([BASE, path], SETTINGS, now_ns=NOW)
    assert (loaded.catalogue is None) == bool(loaded.errors)
    for finding in loaded.findings:
        assert finding.line >= 1
        assert finding.column >= 1
        assert len(str(finding)) < 2000
        assert not UNSEEN.search(str(finding))
        assert "planted" not in str(finding)
    return loaded


def slo(*arguments: str, seconds: float = SECONDS) -> str:
    """What the command says, on stdout and stderr; a traceback comes through."""
    with bounded(seconds):
        done = CliRunner(env=SETTINGS).invoke(main, list(arguments), catch_exceptions=False)
    assert done.exit_code in {0, 1, 2}
    assert "planted" not in done.output
    return done.output


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
@FUZZ
@given(data=st.data(), seed=SEEDS)
def test_any_structure_of_the_shape_of_a_kind(folder, kind, data, seed):
    random = Random(seed)
    spec = data.draw(specs(kind.name))
    for _ in range(random.choice((0, 0, 1, 3))):
        spec = data.draw(changed(spec))
    metadata = {"name": random.choice(("x", "orders")), "labels": {"pipeline": "orders", "importance": "1"}}
    made = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, "spec": spec}
    load(folder, said(random, [made]))


@pytest.mark.parametrize("kind", sorted(KINDS))
@FUZZ
@given(seed=SEEDS)
def test_any_damage_to_documents_of_a_kind(folder, kind, seed):
    random = Random(seed)
    made = [damaged(random, random.choice(KINDS[kind]), OTHERS) for _ in range(random.choice((1, 1, 3)))]
    load(folder, said(random, made))


@pytest.mark.parametrize("way", WAYS)
@FUZZ
@given(seed=SEEDS)
def test_any_damage_to_texts(folder, way, seed):
    random = Random(seed)
    load(folder, WAYS[way](random, random.choice(TEXTS)))


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
@FUZZ
@given(seed=SEEDS)
def test_check_in_every_form(folder, form, seed):
    random = Random(seed)
    (folder / "x.yaml").write_bytes(said(random, [damaged(random, random.choice(OTHERS), OTHERS)]))
    slo("check", "--format", form, str(BASE), str(folder / "x.yaml"))


@pytest.mark.parametrize("tool", IMPORTS)
@pytest.mark.parametrize("way", [*WAYS, "structure"])
@FUZZ
@given(seed=SEEDS)
def test_whatever_is_imported(folder, tool, way, seed):
    random = Random(seed)
    if way == "structure":
        raw = said(random, [damaged(random, random.choice(TOOLS[tool]), TOOLS[tool])])
    else:
        raw = WAYS[way](random, random.choice(DAMAGED[tool]))
    (folder / "x.yaml").write_bytes(raw)
    slo("import", tool, str(folder / "x.yaml"))


@FUZZ
@given(seed=SEEDS)
def test_whatever_a_case_says(folder, seed):
    random = Random(seed)
    path = folder / "x.yaml"
    raw = said(random, [damaged(random, random.choice(KINDS["Test"]), KINDS["Test"])])
    path.write_bytes(raw)
    slo("test", str(path), "--definitions", str(BASE), "-k", "read-only")
    if not LASTING.search(raw):
        slo("test", str(path), "--definitions", str(BASE), seconds=20)


@FUZZ
@given(seed=SEEDS)
def test_whatever_is_rendered_as_openslo(folder, seed):
    random = Random(seed)
    path = folder / "x.yaml"
    path.write_bytes(said(random, [damaged(random, random.choice(OTHERS), OTHERS)]))
    slo("render", "openslo", str(path), "--out", str(folder / "out"))
