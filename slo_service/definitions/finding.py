"""Findings: what is wrong in a definition, where, and what to write instead. Collected, never raised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]

CODES: dict[str, str] = {
    "E101": "file cannot be read",
    "E102": "file is not UTF-8",
    "E103": "file is not YAML",
    "E104": "key is there twice",
    "E105": "file is beyond a limit",
    "E106": "nothing is defined",
    "E107": "comment allows nothing",
    "E201": "unknown key",
    "E202": "missing key",
    "E203": "wrong type",
    "E204": "not a duration",
    "E205": "not a name",
    "E206": "not a label",
    "E207": "number out of range",
    "E208": "not one of the choices",
    "E209": "unknown kind or apiVersion",
    "E210": "not supported yet",
    "E211": "exactly one is needed",
    "E212": "not an address",
    "E213": "character that cannot be kept",
    "E215": "not in openslo/v1",
    "E301": "name is there twice",
    "E302": "refers to nothing",
    "E303": "setting is not set",
    "E304": "setting in the wrong place",
    "E305": "two alertings select one SLO",
    "E306": "pipeline is unclear",
    "E401": "objective leaves no budget or asks for nothing",
    "E402": "tier can never fire",
    "E403": "short window holds too few canaries",
    "E404": "freshness is tighter than the transit",
    "E405": "pauseJobs matches no job",
    "E406": "canary cannot be recognised in the sink",
    "E407": "release can never happen",
    "E408": "one slice spends more than half the budget",
    "E409": "more counts than can be added up",
    "E410": "not a time that comes",
    "E411": "cannot be grouped",
    "E412": "members have slices of several lengths",
    "W501": "no owner",
    "W502": "policy selects a critical job",
    "W503": "selector matches no SLO",
    "W504": "setting is not set here",
    "W506": "declared, not carried out yet",
    "W505": "no collector measures it",
    "W507": "nothing to allow",
    "W508": "a single canary may page",
    "W509": "a total outage pages within three canaries",
    "W510": "no runbook or review date",
    "W511": "groups near the cap",
    "W512": "beyond the range of fast arithmetic",
    "W513": "generated rules are too large",
    "W514": "duplicates cannot be seen",
    "W515": "connector without maxPause",
    "W516": "somebody else manages the job",
    "W517": "adjustments overlap",
    "W518": "adjustment is over",
    "W519": "pages are kept back",
    "W520": "nobody can be told",
    "W521": "witnesses are never enough",
    "W522": "review date has passed",
    "W524": "slices do not fit the rows that are kept",
    "W525": "recurrence counts from 1970",
    "W526": "older or newer OpenSLO",
    "W527": "secret written out",
}

_LONGEST_MESSAGE, _LONGEST_REMEDY = 2000, 2000
# controls, breaks of lines, what turns the direction of writing, and halves of characters
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """`message` says what is wrong, `remedy` what to write instead; neither ever holds the value of a setting."""

    file: str
    line: int
    column: int
    severity: Level
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{one_line(self.file)}:{self.line}:{self.column}"
        return f"{place}: {self.severity} {self.code}: {self.message}; {self.remedy}"


def found(mark: Mark, code: str, message: str, remedy: str) -> Finding:
    """A finding of a documented code; codes that begin with W are warnings."""
    assert code in CODES, code
    severity: Level = "warning" if code.startswith("W") else "error"
    what, instead = one_line(message, _LONGEST_MESSAGE), one_line(remedy, _LONGEST_REMEDY)
    return Finding(mark.file, mark.line, mark.column, severity, code, what, instead)


def one_line(text: str, longest: int | None = None) -> str:
    """Text in which what would not be seen, or would end the line, is escaped."""
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return _UNSEEN.sub(lambda hit: hit[0].encode("unicode_escape").decode(), text)


def quoted(text: str, longest: int = 60) -> str:
    """Text as written in the file, for a message: one line, shortened."""
    return repr(text if len(text) <= longest else text[: longest - 1] + "…")
