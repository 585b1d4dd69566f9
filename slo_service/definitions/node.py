"""A value in a definition, with accessors that check it. A wrong value becomes a finding and the accessor goes on with
its default, so that one run finds every mistake; what was built from such values is marked broken by the reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.finding import Mark, quoted
from slo_service.definitions.notebook import Notebook, Reference
from slo_service.definitions.scalar import DECIMAL, NOTHING, TRUTH, WHOLE, type_of
from slo_service.definitions.tree import Absent, Entries, Items, Scalar, Tree
from slo_service.domain.instant import SECOND, parse_duration

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NAME_REMEDY = "use at most 63 lower-case letters, digits and -, starting and ending with a letter or digit"


@dataclass(frozen=True, slots=True)
class Node:
    """`path` is for messages: `spec.every`."""

    tree: Tree
    path: str
    notes: Notebook

    def __bool__(self) -> bool:
        """Whether it is there at all."""
        return not isinstance(self.tree, Absent)

    @property
    def mark(self) -> Mark:
        return self.tree.mark

    @property
    def written(self) -> str:
        """The text of a scalar as written in the file; empty for anything else."""
        return self.tree.text if isinstance(self.tree, Scalar) else ""

    def fault(self, code: str, message: str, remedy: str) -> None:
        self.notes.add(self.mark, code, message, remedy)

    def wrong_type(self, wanted: str, remedy: str) -> None:
        is_ = type_of(self.tree)
        if is_ == "a number" and wanted in {"a number", "a share", "a whole number"}:
            is_ = quoted(self.written)
        self.fault("E203", f"{self.path} is {is_}, not {wanted}", remedy)

    # --- containers -----------------------------------------------------------------------------------------------

    def fields(self, *known: str, needs: Sequence[str] = (), later: Mapping[str, str] | None = None) -> dict[str, Node]:
        """One node a known key; a key that is not there gives a node that is false. `later` maps keys that are known
        but not supported yet to what to write instead."""
        entries = self.entries()
        names = (*needs, *(key for key in known if key not in needs))
        for key, (mark, _) in entries.items():
            if later and key in later:
                self.notes.add(mark, "E210", f"{self.subpath(key)} is not supported yet", later[key])
            elif key not in names:
                remedy = self.notes.nearest(mark, key, names)
                self.notes.add(mark, "E201", f"unknown key {quoted(key)} in {self.path or 'the document'}", remedy)
        if self:
            for key in needs:
                if key not in entries:
                    what = f"{self.path or 'the document'} has no {key}"
                    self.notes.add(self.mark, "E202", what, f"add {key}: …")
        return {
            name: Node(entries[name][1] if name in entries else Absent(self.mark), self.subpath(name), self.notes)
            for name in names
        }

    def entries(self) -> dict[str, tuple[Mark, Tree]]:
        if isinstance(self.tree, Entries):
            return self.tree.entries
        if self:
            self.wrong_type("a mapping", "write keys and values")
        return {}

    def items(self, *, at_least: int = 0) -> list[Node]:
        if isinstance(self.tree, Items):
            if len(self.tree.items) < at_least:
                self.fault("E202", f"{self.path} is empty", f"list at least {at_least}")
            return [Node(item, f"{self.path}[{i}]", self.notes) for i, item in enumerate(self.tree.items)]
        if self:
            self.wrong_type("a list", "write a list, with [ ] or with lines that begin with -")
        return []

    def one_of(self, *options: str, later: Mapping[str, str] | None = None, beside: Sequence[str] = ()) -> str | None:
        """The one key of a mapping that says which variant it is; `beside` are keys allowed next to it."""
        keys = [key for key in self.entries() if key not in beside]
        known = [key for key in keys if key in options]
        if len(keys) == len(known) == 1:
            return known[0]
        for key in keys:
            mark = self.entries()[key][0]
            if later and key in later:
                self.notes.add(mark, "E210", f"{self.subpath(key)} is not supported yet", later[key])
            elif key not in options:
                remedy = self.notes.nearest(mark, key, options)
                self.notes.add(mark, "E201", f"unknown key {quoted(key)} in {self.path}", remedy)
        if isinstance(self.tree, Entries) and (len(known) > 1 or not keys):
            what = f"{self.path} has {len(known) or 'none'} of {', '.join(options)}"
            self.fault("E211", what, "write exactly one of them")
        return None

    def at(self, *path: str | int) -> Mark:
        """Where a part was written; the nearest part that is there, else."""
        tree = self.tree
        for step in path:
            if isinstance(step, int) and isinstance(tree, Items) and step < len(tree.items):
                tree = tree.items[step]
            elif isinstance(step, str) and isinstance(tree, Entries) and step in tree.entries:
                tree = tree.entries[step][1]
            else:
                break
        return tree.mark

    def child(self, key: str) -> Node:
        entries = self.tree.entries if isinstance(self.tree, Entries) else {}
        return Node(entries[key][1] if key in entries else Absent(self.mark), self.subpath(key), self.notes)

    def subpath(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    # --- text -----------------------------------------------------------------------------------------------------

    def text(self, default: str = "") -> str:
        """A text without settings; numbers and truth values need quotes."""
        raw = self._raw(default)
        if "${" in raw:
            self.fault("E304", f"{self.path} takes no setting", "settings go into addresses, controllers and channels")
            return default
        return raw

    def _raw(self, default: str) -> str:
        if not self:
            return default
        tree = self.tree
        if not isinstance(tree, Scalar) or (tree.plain and type_of(tree) != "a text"):
            hint = f'write "{tree.text}" in quotes' if isinstance(tree, Scalar) and tree.text else "write a text"
            self.wrong_type("a text", hint)
            return default
        if not tree.text:
            self.fault("E202", f"{self.path} is empty", "write something, or remove the key")
            return default
        return tree.text

    def setting_text(self, default: str = "", fields: AbstractSet[str] = frozenset()) -> str:
        """A text in which `${NAME}` is replaced. Neither it nor what is written is ever quoted in a finding."""
        if not self:
            return default
        if not isinstance(self.tree, Scalar) or (self.tree.plain and type_of(self.tree) != "a text"):
            self.wrong_type("a text", "write it in quotes")
            return default
        return self.filled(self.tree.text, default, fields)

    def filled(self, text: str, default: str, fields: AbstractSet[str] = frozenset()) -> str:
        """`fields` are names with a dot that stay as they are, such as `${canary.id}`."""
        value, missing = self.notes.settings.fill(text, kept=fields)
        for name in missing:
            names = name if name.endswith("_FILE") else f"{name} or {name}_FILE"
            what, remedy = f"the setting {quoted(name)} is not set", f"set {names} in the environment"
            if "." in name and fields:
                self.fault("E302", f"there is no field {quoted(name)}", self.notes.nearest(self.mark, name, fields))
                continue
            if not name.isidentifier():
                what, remedy = f"{quoted(name)} is not the name of a setting", "write ${NAME}, of letters, digits and _"
            self.fault("E303" if self.notes.settings.needed or not name.isidentifier() else "W504", what, remedy)
        unfit = self.notes.settings.unfit(text)
        for name in unfit:
            what = f"the value of the setting {quoted(name)} holds a control character or half a surrogate pair"
            self.fault("E213", what, "remove it from the value")
        return default if missing or unfit else value

    def url(self, *schemes: str, fields: AbstractSet[str] = frozenset()) -> str:
        """An address, of one of the schemes if any are given; may hold settings and is never quoted."""
        value = self.setting_text(fields=fields)
        scheme, separator, rest = value.partition("://")
        if value and (not separator or not rest or (schemes and scheme not in schemes)):
            like = f"{schemes[0]}://…" if schemes else "scheme://…"
            self.fault("E212", f"{self.path} is not an address", f"write one like {like}")
        return value

    def name(self) -> str:
        value = self.text()
        if value and not NAME.fullmatch(value):
            self.fault("E205", f"{quoted(value)} is not a name", NAME_REMEDY)
        return value

    def matching(self, pattern: re.Pattern[str], what: str, remedy: str) -> str:
        value = self.text()
        if value and not pattern.fullmatch(value):
            self.fault("E205", f"{quoted(value)} is not {what}", remedy)
        return value

    def reference(self, kind: str) -> str:
        """The name of another object, to be resolved when everything has been read."""
        name = self.text()
        if name:
            self.notes.references.append(Reference(kind, name, self.mark))
        return name

    def choice(self, *options: str, default: str = "", later: Mapping[str, str] | None = None) -> str:
        value = self.text(default or options[0])
        if later and value in later:
            self.fault("E210", f"{self.path}: {value} is not supported yet", later[value])
        elif value not in options:
            remedy = self.notes.nearest(self.mark, value, options)
            self.fault("E208", f"{quoted(value)} is not a choice for {self.path}", remedy)
        else:
            return value
        return default or options[0]

    # --- numbers --------------------------------------------------------------------------------------------------

    def duration(self, default: int = SECOND, *, zero: bool = False) -> int:
        """Nanoseconds, above zero unless `zero`."""
        if not self:
            return default
        if not isinstance(self.tree, Scalar) or self.tree.text in NOTHING:
            self.wrong_type("a duration", "write a number and a unit, like 30s, 5m, 1h30m or 28d")
            return default
        text = self.tree.text
        if len(text) > 40 or not text.isascii():
            self.fault("E204", f"{quoted(text)} is not a duration", "write a number and a unit, like 30s, 5m or 28d")
            return default
        try:
            value = parse_duration(text)
        except ValueError as error:
            what, _, remedy = str(error).partition("; ")
            self.fault("E204", what, remedy or "write one like 30s, 5m, 1h30m or 28d")
            return default
        if value == 0 and not zero:
            self.fault("E207", f"{self.path} is zero", "write a duration above 0s")
            return default
        return value

    def share(self, default: Fraction = Fraction(1, 2)) -> Fraction:
        """`10%` or `0.1`, exactly as written; never by way of a float."""
        if not self:
            return default
        text = self.tree.text if isinstance(self.tree, Scalar) else ""
        number, percent = (text[:-1].rstrip(), True) if text.endswith("%") else (text, False)
        if not DECIMAL.fullmatch(number) or (percent and "e" in number.lower()):
            self.wrong_type("a share", "write one like 10% or 0.1")
            return default
        return Fraction(number) / (100 if percent else 1)

    def whole(self, default: int, lowest: int, highest: int) -> int:
        if not self:
            return default
        if not isinstance(self.tree, Scalar) or not self.tree.plain or not WHOLE.fullmatch(self.tree.text):
            self.wrong_type("a whole number", f"write a number from {lowest} to {highest}, in decimal digits")
            return default
        if not lowest <= int(self.tree.text) <= highest:
            message, remedy = f"{self.path} is {self.tree.text}", f"write a number from {lowest} to {highest}"
            self.fault("E207", message, remedy)
            return default
        return int(self.tree.text)

    def truth(self, default: bool) -> bool:
        if not self:
            return default
        if not isinstance(self.tree, Scalar) or not self.tree.plain or self.tree.text not in TRUTH:
            self.wrong_type("a truth value", "write true or false")
            return default
        return TRUTH[self.tree.text]
