"""What a scalar means: the YAML 1.2 core schema, in which `on`, `yes` and `1:30` are texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from slo_service.definitions.tree import Absent, Entries, Items, Scalar, Tree

DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)(e[-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-f]+|[-+]?\.(inf|nan)", re.IGNORECASE
)
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NOTHING = {"", "~", "null", "Null", "NULL"}


def nearest(word: str, known: Iterable[str]) -> str:
    """` did you mean …` in words, or the list of what is known."""
    options = sorted(known)
    if close := difflib.get_close_matches(word, options, n=1, cutoff=0.6):
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(options)}" if options else "none is declared"


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
