"""Envelope v1: who a canary is. It travels in headers, so that the body stays what the schema wants; its identity also
travels as text in a field of the body, so that a row of a table, or an event that lost its headers, can be recognised.

Headers written: `slo-canary` (`1`), `slo-canary-name` (`<pipeline>/<canary>`) and `slo-canary-bin` (56 bytes). Read as
well: `slo-canary-json` with the same fields by name instead of the last two."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

VERSION = 1
FLAG = "slo-canary"
NAME = "slo-canary-name"
BINARY = "slo-canary-bin"
JSON = "slo-canary-json"

_LAYOUT = struct.Struct("!BxHI16sQqq8s")  # version, attempt, partition, run, seq, sent wall, sent mono, region
_TEXT = re.compile(
    r"(?P<canary>.+)\.(?P<run>[0-9a-f]{32})\.(?P<partition>\d{1,10})\.(?P<seq>\d{1,19})\.(?P<sent>\d{1,19})"
)

Headers = Iterable[tuple[str, bytes | str | None]] | Mapping[str, bytes | str | None]


@dataclass(frozen=True, slots=True)
class CanaryId:
    """One canary: the sender's life (`run`, 32 hex digits), the source partition it was sent to, and its number there.

    `sent_ns` is the sender's wall clock. `text` carries everything, so that it alone identifies a row of a table."""

    canary: str
    run: str
    partition: int
    seq: int
    sent_ns: int

    @property
    def key(self) -> tuple[str, int, int]:
        return self.run, self.partition, self.seq

    @property
    def text(self) -> str:
        return f"{self.canary}.{self.run}.{self.partition}.{self.seq}.{self.sent_ns}"

    @classmethod
    def from_text(cls, text: object) -> CanaryId | None:
        """None for anything that is not the text of a canary."""
        found = _TEXT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        numbers = int(found["partition"]), int(found["seq"]), int(found["sent"])
        return cls(found["canary"], found["run"], *numbers)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A canary's identity and the circumstances of its sending. `region` is kept as a hash of eight bytes."""

    id: CanaryId
    pipeline: str
    region: bytes
    attempt: int
    sent_mono_ns: int

    def headers(self) -> list[tuple[str, bytes]]:
        who = self.id
        packed = _LAYOUT.pack(
            VERSION, self.attempt, who.partition, bytes.fromhex(who.run), who.seq, who.sent_ns, self.sent_mono_ns,
            self.region,
        )  # fmt: skip
        name = f"{self.pipeline}/{who.canary}".encode()
        return [(FLAG, str(VERSION).encode()), (NAME, name), (BINARY, packed)]


def region_hash(region: str) -> bytes:
    return hashlib.sha256(region.encode()).digest()[:8]


def read(headers: Headers | None) -> Envelope | None:
    """The envelope in the headers of a record; None when it is no canary, or of a version or form we do not know."""
    if not headers:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = {name: value for name, value in pairs if name.startswith(FLAG)}
    if FLAG not in found:
        return None
    try:
        return _from_json(found[JSON]) if JSON in found else _from_binary(found)
    except (KeyError, ValueError, TypeError, AttributeError, struct.error):
        return None  # anyone may write headers


def _from_binary(found: Mapping[str, bytes | str | None]) -> Envelope | None:
    name, packed = found[NAME], found[BINARY]
    if not isinstance(name, bytes) or not isinstance(packed, bytes):
        return None
    version, attempt, partition, run, seq, sent_ns, mono_ns, region = _LAYOUT.unpack(packed)
    if version != VERSION:
        return None
    pipeline, _, canary = name.decode().partition("/")
    return Envelope(CanaryId(canary, run.hex(), partition, seq, sent_ns), pipeline, region, attempt, mono_ns)


def _from_json(value: bytes | str | None) -> Envelope | None:
    fields = json.loads(value or "null")
    if int(fields["slo-canary"]) != VERSION:
        return None
    run = str(fields["run"]).replace("-", "").lower()
    bytes.fromhex(run)
    who = CanaryId(
        str(fields["canary"]), run, int(fields["partition"]), int(fields["seq"]), int(fields["sent_wall_ns"])
    )
    region = region_hash(str(fields.get("region", "")))
    mono_ns = int(fields.get("sent_mono_ns", 0))
    return Envelope(who, str(fields["pipeline"]), region, int(fields.get("attempt", 0)), mono_ns)
