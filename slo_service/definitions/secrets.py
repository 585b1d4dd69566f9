"""Secrets written out where a setting belongs: warned of, and covered in the text that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slo_service.definitions.finding import found
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import type_of
from slo_service.definitions.tree import Entries, Items, Scalar, Source, Tree

COVER = "•••"
WITHHELD = "# not shown: a secret is written out in it\n"
_KEY = re.compile(
    r"(?:password|passwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|routingkey|integrationkey"
    r"|signingkey|authorization|credentials?)$"
)
_WITHIN = re.compile(
    r"://[^\s/@:]*:([^\s/@]+)@"
    r"|\b(?:bearer|basic)[ ]+(\S{8,})"
    r"|[?&](?:access_?token|api_?key|auth|key|password|secret|sig|signature|token)=([^&\s]+)"
    r"|hooks\.slack\.com/(?:services|workflows)/(\S+)"
    r"|\b((?:xox[abeprs]-|gh[oprsu]_|glpat-|AKIA)[\w-]{12,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----([\s\S]+)",
    re.IGNORECASE,
)
_NAMES_OF_PEOPLE = {"template", "labels", "matchLabels"}  # keys below are the user's own
_FILLED_IN = re.compile(r"\$\{|\$\w+$")


def cover_secrets(source: Source, notes: Notebook) -> str:
    """The document's text without the secrets in it, each of which is said."""
    secrets: set[str] = set()
    for path, scalar, secret in _secrets(source.root):
        what = f"{path} looks like a secret that is written out"
        remedy = "write ${NAME}, set NAME or NAME_FILE where the service runs, and let the secret be replaced"
        notes.findings.append(found(scalar.mark, "W527", what, remedy))
        secrets.add(secret)
    text = source.text
    for secret in sorted(secrets, key=len, reverse=True):
        text, covered = re.subn(rf"(?<!\w){re.escape(secret)}(?!\w)", COVER, text)
        if not covered:  # it is written with escapes, or over several lines
            return WITHHELD
    return text


def _secrets(root: Tree) -> Iterator[tuple[str, Scalar, str]]:
    """Each with its path, where it stands, and the part of it that is the secret."""
    seen: set[int] = set()
    left: list[tuple[str, str, Tree]] = [("", "", root)]
    while left:
        path, key, tree = left.pop()
        if id(tree) in seen:
            continue
        seen.add(id(tree))
        if isinstance(tree, Entries):
            left += [
                (f"{path}.{name}" if path else name, name, below)
                for name, (_, below) in tree.entries.items()
                if name not in _NAMES_OF_PEOPLE
            ]
        elif isinstance(tree, Items):
            left += [(f"{path}[{number}]", key, below) for number, below in enumerate(tree.items)]
        elif isinstance(tree, Scalar):
            yield from ((path, tree, secret) for secret in _in_text(key, tree))


def _in_text(key: str, scalar: Scalar) -> Iterator[str]:
    text = scalar.text.strip()
    if _means_secret(key):
        if text and type_of(scalar) in {"a text", "a number"} and not _FILLED_IN.search(text):
            yield text
        return
    for match in _WITHIN.finditer(text):
        secret = match[match.lastindex or 0]
        if not _FILLED_IN.search(secret):
            yield secret


def _means_secret(key: str) -> bool:
    """By its last word: a `tokenUrl` or a `passwordFile` is none."""
    return len(key) < 100 and _KEY.search(re.sub(r"[-_. ]", "", key.lower())) is not None
