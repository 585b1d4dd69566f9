"""What a scalar means: the YAML 1.2 core schema, in which `on`, `yes` and `1:30` are texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest

from slo_service.definitions.tree import Absent, Entries, Items, Scalar, Tree

DECIMAL = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?(0?[0-9]|[12][0-9]|30))?")
WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-f]+|[-+]?\.(inf|nan)", re.IGNORECASE
)
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NOTHING = {"", "~", "null", "Null", "NULL"}


_MOST_LISTED = 20
_MOST_COMPARED = 40  # letter by letter, which takes some 30 µs each
_LONGEST_WORD = 100  # what is longer is no slip of the pen


def nearest(word: str, known: Iterable[str]) -> str:
    """` did you mean …` in words, or the list of what is known."""
    options = sorted(known)
    if len(word) <= _LONGEST_WORD and (close := _closest(word, tuple(options))):
        return f"did you mean {close}?"
    more = len(options) - _MOST_LISTED
    listed = f"{', '.join(options[:_MOST_LISTED])} and {more} more" if more > 1 else ", ".join(options)
    return f"known are {listed}" if options else "none is declared"


@lru_cache(maxsize=1024)  # the same slip is often there in many files
def _closest(word: str, options: tuple[str, ...]) -> str | None:
    """Of many options only those are compared that share most pairs of letters with the word."""
    if len(options) > _MOST_COMPARED:
        pairs = _pairs(word)
        options = tuple(nlargest(_MOST_COMPARED, options, key=lambda option: len(pairs & _pairs(option))))
    return next(iter(difflib.get_close_matches(word, options, n=1, cutoff=0.6)), None)


@lru_cache(maxsize=1 << 14)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(map("".join, zip(f" {word}", word, strict=False)))


def type_of(tree: Tree) -> str:
    match tree:
        case Entries():
            return "a mapping"
        case Items():
            return "a list"
        case Absent():
            return "missing"
        case Scalar(plain=True, text=text) if text in NOTHING:
            return "empty"
        case Scalar(plain=True, text=text) if text in TRUTH:
            return "a truth value"
        case Scalar(plain=True, text=text) if NUMBER.fullmatch(text):
            return "a number"
        case Scalar():
            return "a text"


def value_of(tree: Scalar) -> object:
    if not tree.plain:
        return tree.text
    if tree.text in NOTHING:
        return None
    if tree.text in TRUTH:
        return TRUTH[tree.text]
    if WHOLE.fullmatch(tree.text):
        return int(tree.text)
    return float(tree.text) if DECIMAL.fullmatch(tree.text) else tree.text
