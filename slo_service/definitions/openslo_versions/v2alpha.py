"""`openslo.com/v2alpha` as `openslo/v1`. Its measurements name their data source themselves, without `metricSource`, or
have one inside, which v1 declares on its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from slo_service.definitions.document import OPENSLO
from slo_service.definitions.literal import literal
from slo_service.definitions.openslo_versions.rewriting import (
    Changes,
    Rewriting,
    mapping,
    quoted_text,
    rewrite,
)
from slo_service.definitions.openslo_versions.splitting import MOST, split_objectives
from slo_service.definitions.tree import Entries, Items, Tree

VERSION = "openslo.com/v2alpha"
_METRICS = ("good", "bad", "total", "raw")
_INLINE = ("dataSourceSpec", "dataSource")  # one thing, which different editions of the text call differently
_LONGEST = 63


def upgrade(root: Entries, changes: Changes) -> tuple[Entries, ...]:
    """Besides the document those that v1 needs: an SLO for each objective of a threshold, and data sources."""
    top = rewrite(root)
    kind, spec, meta = top.text("kind"), top.get("spec"), top.get("metadata")
    if not isinstance(spec, Entries) or kind not in {"SLI", "SLO"}:
        return (root,)
    work = _Upgrade(rewrite(meta).text("name") if isinstance(meta, Entries) else "", changes)
    inside = work.sli(spec) if kind == "SLI" else work.slo(spec)
    top.entries["spec"] = (top.entries["spec"][0], inside.tree)
    objectives = inside.get("objectives")
    if _measures_a_threshold(inside) and isinstance(objectives, Items) and 1 < len(objectives.items) <= MOST:
        return (*split_objectives(top, inside, changes), *work.sources.values())
    return (top.tree, *work.sources.values())


def _measures_a_threshold(slo: Rewriting) -> bool:
    indicator = slo.get("indicator")
    spec = rewrite(indicator).get("spec") if isinstance(indicator, Entries) else None
    return isinstance(spec, Entries) and "thresholdMetric" in spec.entries


@dataclass(slots=True)
class _Upgrade:
    """Of the document of this name; `sources` are the data sources found inside, by the names they get."""

    name: str
    changes: Changes
    sources: dict[str, Entries] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)

    def slo(self, tree: Entries) -> Rewriting:
        spec = rewrite(tree)
        self._indicator(spec)
        spec.each("objectives", self._objective)
        return spec

    def sli(self, tree: Entries) -> Rewriting:
        spec = rewrite(tree)
        spec.each("thresholdMetric", self._metric)
        spec.each("ratioMetric", self._ratio)
        return spec

    def _objective(self, tree: Entries) -> Tree:
        objective = rewrite(tree)
        self._indicator(objective)
        if (labels := objective.take("labels")) is not None:
            self.changes.say(labels[0], "objectives.labels", "are left out, as openslo/v1 has none", kept=False)
        return objective.tree

    def _indicator(self, holder: Rewriting) -> None:
        if mark := holder.rename("sliRef", "indicatorRef"):
            self.changes.say(mark, "sliRef", "is indicatorRef")
        if mark := holder.rename("sli", "indicator"):
            self.changes.say(mark, "sli", "is indicator")
            holder.each("indicator", self._inline)

    def _inline(self, tree: Entries) -> Tree:
        indicator = rewrite(tree)
        indicator.each("spec", lambda spec: self.sli(spec).tree)
        return indicator.tree

    def _ratio(self, tree: Entries) -> Tree:
        ratio = rewrite(tree)
        for key in _METRICS:
            ratio.each(key, self._metric)
        return ratio.tree

    def _metric(self, tree: Entries) -> Tree:
        """`{dataSourceRef | dataSourceSpec, spec}` → `{metricSource: {metricSourceRef | type, spec}}`."""
        if "metricSource" in tree.entries:
            return tree
        source = rewrite(tree)
        if mark := source.rename("dataSourceRef", "metricSourceRef"):
            self.changes.say(mark, "dataSourceRef", "is metricSource.metricSourceRef")
        for key in _INLINE:
            given = source.get(key)
            if isinstance(given, Entries) and not {"metricSourceRef", "type"} & source.entries.keys():
                self._unfold(source, key, given)
        return mapping(tree.mark, metricSource=source.tree)

    def _unfold(self, source: Rewriting, key: str, given: Entries) -> None:
        """A data source inside: nothing but a type stands beside the query in v1, more in a document of its own."""
        mark, _ = source.entries.pop(key)
        if given.entries.keys() == {"type"}:
            source.put("type", given.entries["type"][1], given.entries["type"][0], before="spec")
            self.changes.say(mark, key, "is metricSource.type")
            return
        name = self._source(given)
        source.put("metricSourceRef", quoted_text(given.mark, name), mark, before="spec")
        self.changes.say(mark, key, f"is a DataSource of its own: {name}")

    def _source(self, spec: Entries) -> str:
        """The name of the data source of this spec, which is made once."""
        same = repr(literal(spec))
        if same in self._names:
            return self._names[same]
        kind = re.sub(r"[^a-z0-9]+", "-", rewrite(spec).text("type").lower()).strip("-") or "source"
        first = f"{self.name}-{kind}"[: _LONGEST - 5].strip("-")
        taken = self._taken[first] = self._taken.get(first, 0) + 1
        name = self._names[same] = first if taken == 1 else f"{first}-{taken}"
        self.sources[name] = mapping(
            spec.mark,
            apiVersion=quoted_text(spec.mark, OPENSLO),
            kind=quoted_text(spec.mark, "DataSource"),
            metadata=mapping(spec.mark, name=quoted_text(spec.mark, name)),
            spec=spec,
        )
        return name
