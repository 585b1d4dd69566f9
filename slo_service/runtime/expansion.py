"""The definitions in force with an objective for every group that was seen, kept up with what collectors tell of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import structlog

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.expansion import expand, groups_of
from slo_service.domain.grouping import NEAR, REFRESH_NS, KnownGroup, by_parent, group_name, is_rest
from slo_service.domain.instant import DAY, MILLISECOND, SECOND
from slo_service.domain.slo import Slo

log = structlog.get_logger()

EVERY_NS = 5 * SECOND  # new groups wait so long at most, so that those that come one by one are taken together;
EACH_NS = 2 * MILLISECOND  # or so long for each objective, since all are looked through: a tenth of that, measured
UNDECLARED_NS = 400 * DAY  # groups of definitions that are gone are kept for as long as their counts


class Expansion:
    """`catalogue` is what is judged and shown, `declared` what the definitions say."""

    def __init__(self, declared: Catalogue, known: Iterable[KnownGroup] = ()) -> None:
        self.declared = declared
        self._known = {group.stream: group for group in known}
        self._new = False
        self._expanded_ns: int | None = None
        self._told: set[str] = set()  # what was logged
        self.catalogue = declared
        self._expand()

    def declare(self, declared: Catalogue) -> Catalogue:
        """Takes a new set of definitions."""
        self.declared = declared
        return self._expand()

    def note(self, groups: Iterable[KnownGroup]) -> None:
        """What a batch told of, after it was committed."""
        for group in groups:
            self._new |= group.stream not in self._known
            self._known[group.stream] = group

    def due(self, now_ns: int) -> Catalogue | None:
        """The catalogue with what is new, where there is any and the last time was not just now."""
        every = max(EVERY_NS, EACH_NS * len(self.catalogue.slos))
        waited = self._expanded_ns is None or not 0 <= now_ns - self._expanded_ns < every
        if not self._new or not waited:
            return None
        self._expanded_ns = now_ns
        return self._expand()

    def expired(self, now_ns: int) -> Sequence[str]:
        """Streams of groups that were not seen within the longest budget window of their definitions."""
        windows: dict[str, int] = {}
        for slo in self._grouped():
            windows[slo.stream.id] = max(windows.get(slo.stream.id, 0), slo.window_ns)
        return [
            group.stream
            for group in self._known.values()
            if now_ns - group.seen_ns > windows.get(group.parent, UNDECLARED_NS) + REFRESH_NS
        ]

    def forget(self, streams: Iterable[str]) -> Catalogue:
        for stream in streams:
            self._known.pop(stream, None)
        return self._expand()

    def warnings(self) -> tuple[str, ...]:
        """A finding for each definition whose groups are near the cap, or beyond it."""
        remedy = "group by fewer labels, or raise slo-service/maxGroups"
        return tuple(f"{slo.defined_at}: warning W511: {what}; {remedy}" for slo, what in self._crowded())

    def _crowded(self) -> Iterator[tuple[Slo, str]]:
        found = by_parent(self._known.values())
        for slo in self._grouped():
            assert slo.grouping is not None
            groups, most = groups_of(slo, found), slo.grouping.most
            own = sum(not is_rest(group.labels) for group in groups)
            if len(groups) > own:
                others = group_name(slo.name, slo.grouping.rest)
                yield slo, f"{slo.name} has more than {most} groups; the others are counted together, as {others}"
            elif own >= NEAR * most:
                yield slo, f"{slo.name} has groups near the cap of {most}; others would be counted together"

    def _grouped(self) -> Iterator[Slo]:
        return (slo for slo in self.declared.slos.values() if slo.grouping is not None)

    def _expand(self) -> Catalogue:
        self._new = False
        self.catalogue = expand(self.declared, by_parent(self._known.values()))
        for slo, what in self._crowded():
            if what not in self._told:
                self._told.add(what)
                log.warning("groups_near_cap", slo=slo.name, warning=what)
        return self.catalogue
