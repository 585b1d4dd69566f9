"""The audit log's chain: each entry's hash covers its content and the hash before it, so that a change, a removal or
an insertion breaks every later link. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when and why. `facts` is JSON. Entries are numbered from 1 without gaps."""

    seq: int
    at_ns: int
    who: str
    what: str
    why: str
    facts: Mapping[str, object] = field(default_factory=dict)
    previous: str = GENESIS
    hash: str = ""

    def digest(self) -> str:
        parts = [self.seq, self.at_ns, self.who, self.what, self.why, dict(self.facts), self.previous]
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first entry that is not what was written, in order from the first; None when all are."""
    seq, previous = 1, GENESIS
    for entry in entries:
        if (entry.seq, entry.previous, entry.hash) != (seq, previous, entry.digest()):
            return seq
        seq, previous = seq + 1, entry.hash
    return None
