"""Reading a foreign document so that nothing of it is lost in silence: whoever reads a value takes it, and what was
neither taken nor listed when the reading ends is listed then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from slo_service.definitions.finding import Finding, Mark, found, quoted
from slo_service.definitions.importing.imported import Loss, SourceFile
from slo_service.definitions.scalar import DECIMAL, NOTHING, NUMBER, TRUTH, nearest, type_of
from slo_service.definitions.shape.port import Exact
from slo_service.definitions.tree import Absent, Entries, Items, Scalar, Tree, parse

Why = tuple[str, str]
"""What becomes of a value, and what to do instead."""
NOTHING_TO_DO = "nothing is to be done"
UNREAD: Why = ("is not carried over", "nothing here takes it")


@dataclass(slots=True)
class Ledger:
    """What has been taken and listed of all documents, and the mistakes found in them."""

    findings: list[Finding] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    _roots: list[Part] = field(default_factory=list)
    _done: set[tuple[int, str]] = field(default_factory=set)

    def documents(self, files: list[SourceFile]) -> Iterator[Part]:
        """The documents of all files, in order. One that holds a list of objects gives each of them."""
        for source in files:
            parsed = parse(source.file, source.text)
            self.findings += parsed.findings
            for document in parsed.sources:
                root = Part(document.root, "", len(self._roots), self)
                self._roots.append(root)
                yield from self._objects(root)

    def _objects(self, root: Part) -> Iterator[Part]:
        kind = root.child("kind")
        if isinstance(kind.tree, Scalar) and kind.tree.text.endswith("List") and root.child("items"):
            kind.take()
            root.child("apiVersion").take()
            yield from root.child("items").items()
        else:
            yield root

    def settle(self, part: Part) -> None:
        self._done.add((part.document, part.path))

    def is_settled(self, part: Part) -> bool:
        return (part.document, part.path) in self._done

    def close(self) -> tuple[Loss, ...]:
        """Lists every value that nobody took, and gives all losses in the order of the files."""
        for root in self._roots:
            for leaf in self._unsettled(root):
                leaf.lost(*UNREAD)
        order = {root.tree.mark.file: number for number, root in enumerate(self._roots)}
        return tuple(sorted(set(self.losses), key=lambda loss: (order.get(loss.file, 0), loss.line, loss.column)))

    def _unsettled(self, part: Part) -> Iterator[Part]:
        if self.is_settled(part):
            return
        match part.tree:
            case Entries(entries=entries):
                for key in entries:
                    yield from self._unsettled(part.child(key))
            case Items(items=items):
                for number in range(len(items)):
                    yield from self._unsettled(part.item(number))
            case Scalar() if part:
                yield part


@dataclass(frozen=True, slots=True)
class Part:
    """A value of a foreign document. False when it is not there, or null."""

    tree: Tree
    path: str
    document: int
    ledger: Ledger
    key_mark: Mark | None = None

    def __bool__(self) -> bool:
        if isinstance(self.tree, Scalar):
            return not (self.tree.plain and self.tree.text in NOTHING)
        return not isinstance(self.tree, Absent)

    @property
    def mark(self) -> Mark:
        return self.key_mark or self.tree.mark

    def child(self, key: str) -> Part:
        entries = self.tree.entries if isinstance(self.tree, Entries) else {}
        mark, tree = entries.get(key, (None, Absent(self.tree.mark)))
        return Part(tree, f"{self.path}.{key}" if self.path else key, self.document, self.ledger, mark)

    def item(self, number: int) -> Part:
        assert isinstance(self.tree, Items)
        return Part(self.tree.items[number], f"{self.path}[{number}]", self.document, self.ledger)

    # --- what becomes of it -----------------------------------------------------------------------------------------

    def take(self) -> None:
        """It is in the output."""
        self.ledger.settle(self)

    def lost(self, what: str, instead: str) -> None:
        """It is listed, with all below it. Nothing happens when it is not there."""
        if self:
            self.ledger.settle(self)
            self._list(what, instead, kept=False)

    def changed(self, what: str, instead: str) -> None:
        """It is in the output, but says something else there."""
        self._list(what, instead, kept=True)

    def _list(self, what: str, instead: str, *, kept: bool) -> None:
        where = self.mark
        self.ledger.losses.append(Loss(where.file, where.line, where.column, self.path or ".", what, instead, kept))

    def fault(self, code: str, message: str, remedy: str) -> None:
        self.ledger.findings.append(found(self.tree.mark, code, message, remedy))

    # --- containers -------------------------------------------------------------------------------------------------

    def fields(
        self, *known: str, needs: tuple[str, ...] = (), lost: Mapping[str, Why] | None = None
    ) -> dict[str, Part]:
        """One part a known key. `lost` are known keys that nothing takes, with what to say of them."""
        lost = lost or {}
        names = (*needs, *known)
        for key, part in self.entries():
            if key in lost:
                part.lost(*lost[key])
            elif key not in names:
                where = f"{self.path}: " if self.path else ""
                what = f"{where}unknown key {quoted(key)}"
                self.ledger.findings.append(found(part.mark, "E201", what, nearest(key, (*names, *lost))))
        for key in needs:
            if self and not self.child(key):
                self.fault("E202", f"{self.path or 'the document'} has no {key}", f"add {key}: …")
        return {name: self.child(name) for name in names}

    def entries(self) -> list[tuple[str, Part]]:
        """Pairs of a mapping, whatever its keys."""
        if isinstance(self.tree, Entries):
            return [(key, self.child(key)) for key in self.tree.entries]
        if self:
            self._wrong_type("a mapping", "write keys and values")
        return []

    def items(self) -> list[Part]:
        if isinstance(self.tree, Items):
            return [self.item(number) for number in range(len(self.tree.items))]
        if self:
            self._wrong_type("a list", "write a list")
        return []

    def _wrong_type(self, wanted: str, remedy: str) -> None:
        self.fault("E203", f"{self.path or 'the document'} is {type_of(self.tree)}, not {wanted}", remedy)

    # --- single values ----------------------------------------------------------------------------------------------

    @property
    def written(self) -> str:
        """The text of a scalar, without taking it."""
        return self.tree.text if self and isinstance(self.tree, Scalar) else ""

    def text(self, default: str = "") -> str:
        if not self:
            return default
        if not isinstance(self.tree, Scalar):
            self._wrong_type("a text", "write a text")
            return default
        self.take()
        return self.tree.text

    def number(self, default: Fraction = Fraction(0)) -> Fraction:
        """Exactly as written, in quotes or not; never by way of a float."""
        if not self:
            return default
        text = self.tree.text.strip() if isinstance(self.tree, Scalar) else ""
        if not DECIMAL.fullmatch(text):
            self._wrong_type("a number", "write one like 99.9")
            return default
        self.take()
        return Fraction(text)

    def truth(self, *, default: bool) -> bool:
        if not self:
            return default
        if not isinstance(self.tree, Scalar) or not self.tree.plain or self.tree.text not in TRUTH:
            self._wrong_type("a truth value", "write true or false")
            return default
        self.take()
        return TRUTH[self.tree.text]

    def plain(self) -> object:
        """The value with all below it, numbers as written."""
        match self.tree:
            case Entries():
                return {key: part.plain() for key, part in self.entries()}
            case Items():
                return [part.plain() for part in self.items()]
            case Scalar() as scalar if self:
                self.take()
                if scalar.plain and scalar.text in TRUTH:
                    return TRUTH[scalar.text]
                if scalar.plain and DECIMAL.fullmatch(scalar.text):
                    return Exact(scalar.text)
                if scalar.plain and NUMBER.fullmatch(scalar.text):
                    self.changed("a number in this form is written as a text", "write it in digits")
                return scalar.text
        return None

    def scalars(self) -> Iterator[Part]:
        """Every single value in it."""
        match self.tree:
            case Entries():
                for _, part in self.entries():
                    yield from part.scalars()
            case Items():
                for part in self.items():
                    yield from part.scalars()
            case Scalar() if self:
                yield self
