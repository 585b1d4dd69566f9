"""Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which tools for code
review show beside the lines they are about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from slo_service import __version__
from slo_service.definitions import CODES

if TYPE_CHECKING:
    from slo_service.definitions import Finding, Loaded

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"  # the name under which services for code review know the root of the checkout
PAGE = "docs/reference/findings.md"


def sarif(loaded: Loaded, here: Path) -> dict[str, object]:
    """One run. Files under `here`, the absolute folder the check ran in, are given relative to it."""
    codes = {finding.code for finding in loaded.findings} | {finding.code for finding, _ in loaded.suppressed}
    rules = sorted(codes)
    results = [_result(finding, rules, here) for finding in loaded.findings]
    for finding, reason in loaded.suppressed:
        suppressions = [{"kind": "inSource", "status": "accepted", "justification": reason}]
        results.append({**_result(finding, rules, here), "suppressions": suppressions})
    driver = {
        "name": "slo-service",
        "semanticVersion": __version__,
        "version": __version__,
        "rules": [_rule(code) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "slo-check/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that the check was run in."}}},
        "invocations": [{"executionSuccessful": True, "exitCode": 1 if loaded.errors else 0}],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Mapping[str, object]:
    what = CODES[code]
    anchor = f"{PAGE}#{code.lower()}-{re.sub('[^a-z0-9]+', '-', what.lower())}"
    return {
        "id": code,
        "shortDescription": {"text": what},
        "help": {"text": f"What it means and what to write instead: {anchor}", "markdown": f"[{what}]({anchor})"},
        "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
    }


def _result(finding: Finding, rules: list[str], here: Path) -> dict[str, object]:
    place = {
        "artifactLocation": _artifact(Path(finding.file), here),
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": rules.index(finding.code),
        "level": finding.severity,
        "message": {"text": f"{finding.message}; {finding.remedy}"},
        "locations": [{"physicalLocation": place}],
    }


def _artifact(file: Path, here: Path) -> dict[str, object]:
    whole = Path(here, file)
    if whole.is_relative_to(here) and ".." not in whole.parts:
        return {"uri": quote(whole.relative_to(here).as_posix()), "uriBaseId": ROOT}
    return {"uri": whole.resolve().as_uri()}
