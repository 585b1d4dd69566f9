"""Where the fast parser is used, it reads what the other one reads: the same values, places and findings."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slo_service.definitions.events import alike
from slo_service.definitions.tree import Scalar, by_libyaml, by_ruamel

REACTING = "abc:-?[]{}&*!|>'\"%@`# \n\\0~,<=./$\u00e9\U0001f600"
TOKENS = [
    *"abc:-?[]{}&*!|>'\"#%@\n ", "\n  ", "\n- ", ": ", "- ", " #", "? ", "&a ", "*a", "--- ", "\n---\n", "\n...\n",
    "|\n ", ">\n ", "|-\n  ", "|2+\n  ", "'it''s'", '"\\n\\x41"', '"\\\n"', "a: b", "a: b\n", "http://x", "<<", "=",
    "", "\n\n", "12", "~", "\t", "\r\n",
]  # fmt: skip
GOOD = sorted((Path(__file__).parent / "good").rglob("*.yaml"))
LINES = [line for path in GOOD for line in path.read_text().splitlines(keepends=True)]
WORDS = sorted(set(re.findall(r"[A-Za-z0-9.${}%-]+", "".join(LINES))))


def same_by_both(text: str) -> None:
    if not alike(text):
        return
    fast = by_libyaml("x.yaml", text)
    if fast is not None:
        assert fast == by_ruamel("x.yaml", text)


@given(st.text(alphabet=REACTING, max_size=60))
@example("&a:b x")
@example("a:\nb:\n- \n- {c: }\n")
@example("a: >\n  b\n  c\n\n  d\n")
@example("!!str &a c")
def test_texts_of_what_yaml_reacts_to(text):
    same_by_both(text)


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_texts_of_tokens(text):
    same_by_both(text)


@given(st.text(max_size=60))
def test_any_text(text):
    same_by_both(text)


@given(st.data())
def test_good_files_with_words_and_lines_changed(data):
    first = data.draw(st.integers(0, len(LINES) - 1))
    lines = LINES[first : first + data.draw(st.integers(1, 30))]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        parts = re.split(r"([A-Za-z0-9.${}%-]+)", lines[at])
        word = data.draw(st.sampled_from(WORDS) | st.sampled_from(TOKENS) | st.text(max_size=6))
        parts[data.draw(st.integers(0, len(parts) - 1))] = word
        lines[at] = data.draw(st.sampled_from(["".join(parts), "", lines[at] * 2]))
    same_by_both("".join(lines))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_are_read_fast(path):
    assert alike(path.read_text())
    assert by_libyaml("x.yaml", path.read_text()) == by_ruamel("x.yaml", path.read_text())


def test_a_folded_text_is_a_text():
    (source,) = by_ruamel("x.yaml", "--- >\n a\n b\n").sources
    assert source.root == Scalar(source.root.mark, "a b\n", plain=False)
