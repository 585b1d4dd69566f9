"""Warnings allowed where they stand, with a reason: `# slo: allow W501 because the team is being formed`, at the end
of the line or on a line of its own directly above it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from slo_service.definitions.finding import CODES, Finding, Mark, found, quoted
from slo_service.definitions.scalar import nearest
from slo_service.definitions.tree import Quote

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*slo:[ \t]*allow\b[ \t]*(.*)", re.IGNORECASE)
_BECAUSE = re.compile(r"(.*?)\bbecause\b[ \t]*(.*)", re.IGNORECASE)
_WRITE = "write # slo: allow W501 because, and the reason"
_DEPENDS_ON_THE_PLACE = {"W504"}  # says something in a review and nothing where the setting is set
_MOST_NAMED = 100  # in one comment
_MOST_SOUGHT = 200  # mistakes in one file, beyond which no code is offered instead
UNUSED = "W507"
_ALLOWABLE = tuple(code for code in CODES if code.startswith("W") and code != UNUSED)


@dataclass(frozen=True, slots=True)
class Allowance:
    """`line` is the one whose warnings are allowed; `mark` is the comment."""

    mark: Mark
    line: int
    codes: tuple[str, ...]
    reason: str
    first: int = 0  # of what the line only opens, as `spec:` does: the line it begins on


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings that stand, and those that are allowed, each with the reason."""

    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]


def read_allowances(file: str, text: str, quotes: Sequence[Quote], findings: list[Finding]) -> Iterator[Allowance]:
    """What the comments of a file allow. `quotes` are its quoted texts and blocks in order: what looks like a comment
    there is none."""
    if "slo:" not in text.lower():
        return
    lines = text.split("\n")
    below = _below(lines)
    starts = [quote.start for quote in quotes]
    for number, line in enumerate(lines, start=1):
        comment = _COMMENT.search(line)
        if comment is None or _within((number, comment.start() + 1), quotes, starts):
            continue
        mark = Mark(file, number, comment.start() + 1)
        codes, reason = _read(comment[1], mark, findings)
        before = line[: comment.start()].strip()
        if codes:
            first = below[number] if before.endswith(":") else 0
            yield Allowance(mark, number if before else below[number], codes, reason, first)


def _within(place: tuple[int, int], quotes: Sequence[Quote], starts: Sequence[tuple[int, int]]) -> bool:
    at = bisect_right(starts, place)
    return at > 0 and place < quotes[at - 1].end


def _below(lines: Sequence[str]) -> list[int]:
    """For each line, counted from 1, the first one below it that is no comment; at 0 that of the whole text."""
    below = [len(lines) + 1] * (len(lines) + 1)
    for number in range(len(lines) - 1, -1, -1):
        below[number] = below[number + 1] if lines[number].lstrip().startswith("#") else number + 1
    return below


def _read(said: str, mark: Mark, findings: list[Finding]) -> tuple[tuple[str, ...], str]:
    parts = _BECAUSE.fullmatch(said.strip())
    named, reason = (parts[1], parts[2].strip()) if parts else (said, "")
    codes = [word.upper() for word in re.split(r"[\s,]+|\band\b", named) if word][:_MOST_NAMED]
    soon = len(findings) <= _MOST_SOUGHT
    wrong = [complaint for code in codes if (complaint := _wrong(code, soon=soon))]
    if not codes:
        wrong.append(("nothing is named that is to be allowed", _WRITE))
    if not reason:
        wrong.append(("no reason is given why it is allowed", "add because, and the reason"))
    findings += [found(mark, "E107", what, remedy) for what, remedy in wrong]
    return ((), "") if wrong else (tuple(codes), reason)


def _wrong(code: str, *, soon: bool) -> tuple[str, str] | None:
    if code == UNUSED:
        return f"{UNUSED} cannot be allowed", "remove the comment that hides nothing"
    if code not in CODES:
        return f"there is no finding {quoted(code)}", nearest(code, _ALLOWABLE) if soon else _WRITE
    if not code.startswith("W"):
        return f"{code} is an error, and only warnings can be allowed", "correct what it says"
    return None


def judge(findings: Iterable[Finding], allowances: Sequence[Allowance]) -> Judged:
    """Takes what is allowed out. An allowance that hides nothing is a finding of its own, unless there are errors:
    then not everything was looked at."""
    at = {(a.mark.file, a.line, code): a for a in allowances for code in a.codes}
    opened = {(a.mark.file, a.first, code): a for a in allowances if a.first for code in a.codes}
    used: set[tuple[str, int, str]] = set()
    stands: list[Finding] = []
    suppressed: list[tuple[Finding, str]] = []
    for finding in findings:
        key = (finding.file, finding.line, finding.code)
        allowance = (at.get(key) or opened.get(key)) if finding.severity == "warning" else None
        if allowance is None:
            stands.append(finding)
        else:
            used.add((finding.file, allowance.line, finding.code))
            suppressed.append((finding, allowance.reason))
    if not any(finding.severity == "error" for finding in stands):
        for key, allowance in at.items():
            if key not in used and key[2] not in _DEPENDS_ON_THE_PLACE:
                stands.append(found(allowance.mark, UNUSED, f"there is no {key[2]} to allow here", "remove it"))
    return Judged(tuple(stands), tuple(suppressed))
