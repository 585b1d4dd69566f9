"""Which readers a pipeline needs, and how its canaries are recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from slo_service.collect.canary import body
from slo_service.collect.canary.inbox import Inbox
from slo_service.collect.canary.judge import limit
from slo_service.collect.canary.kafka_tap import KafkaTap
from slo_service.collect.canary.report import Moment
from slo_service.collect.canary.sql_tap import SqlTap
from slo_service.domain.indicator import SINK, Freshness, Indicator
from slo_service.domain.instant import MILLISECOND
from slo_service.domain.pipeline import Canary, KafkaTopic, Pipeline, SqlTable

Clusters = Mapping[str, Mapping[str, str]]
_FASTEST_NS, _SLOWEST_NS = 50 * MILLISECOND, 250 * MILLISECOND
_FASTEST_POLL_NS = 100 * MILLISECOND
_MARKS_A_LIMIT = 40  # twice as fine as the doubt that a late sighting may have


def limits(pipeline: Pipeline, canary: Canary, indicators: Sequence[Indicator]) -> dict[str, list[int]]:
    """By hop: within which times a canary is wanted there. At the sink the canary's own deadline is always asked."""
    found = {hop: [ns for i in indicators if (ns := limit(i, hop)) is not None] for hop in pipeline.hops}
    found[SINK] += [canary.deadline_ns, threshold(canary, indicators)]
    return found


def threshold(canary: Canary, indicators: Sequence[Indicator]) -> int:
    """Against which a canary is called late: the strictest freshness at the sink, else its deadline."""
    wanted = [i.within_ns for i in indicators if isinstance(i, Freshness) and i.at == SINK]
    return min(wanted, default=canary.deadline_ns)


def check(pipeline: Pipeline, clusters: Clusters) -> None:
    """ValueError for a place that nobody could read, with what to do about it."""
    for hop in pipeline.hops:
        place = pipeline.place(hop)
        if isinstance(place, KafkaTopic) and place.cluster not in clusters:
            known = ", ".join(sorted(clusters)) or "none"
            raise ValueError(
                f"{hop} of pipeline {pipeline.name} is on the Kafka cluster {place.cluster}, whose address is not "
                f"known (known: {known}); name it in the settings"
            )


def kafka_taps(
    pipeline: Pipeline,
    canary: Canary,
    clusters: Clusters,
    wanted: Mapping[str, Sequence[int]],
    *,
    stored: Mapping[str, Mapping[str, str]],
    clock: Callable[[], Moment],
    inbox: Inbox,
) -> list[KafkaTap]:
    """One a hop that is a topic; `stored` by hop."""
    strictest_ns = min(chain.from_iterable(wanted.values()))
    interval_ns = min(max(strictest_ns // _MARKS_A_LIMIT, _FASTEST_NS), _SLOWEST_NS)
    fields = body.id_fields(canary.template)
    if isinstance(pipeline.sink, SqlTable):
        fields = tuple(dict.fromkeys((*fields, pipeline.sink.id_column)))
    return [
        KafkaTap(
            hop,
            place.topic,
            clusters[place.cluster],
            cluster=place.cluster,
            canary=canary.name,
            id_fields=fields,
            stored=stored[hop],
            clock=clock,
            inbox=inbox,
            interval_ns=interval_ns,
        )
        for hop in pipeline.hops
        if isinstance(place := pipeline.place(hop), KafkaTopic)
    ]


def poll_ns(pipeline: Pipeline, canary: Canary, indicators: Sequence[Indicator]) -> int:
    """How often a table is asked: as declared, or more often where a limit is so tight that a late sighting would
    otherwise stay in doubt."""
    strictest_ns = min(limits(pipeline, canary, indicators)[SINK])
    return min(canary.poll_ns, max(strictest_ns // _MARKS_A_LIMIT, _FASTEST_POLL_NS))


def sql_tap(
    pipeline: Pipeline, canary: Canary, indicators: Sequence[Indicator], clock: Callable[[], Moment]
) -> SqlTap | None:
    """Of the sink, when that is a table."""
    if not isinstance(pipeline.sink, SqlTable):
        return None
    every_ns = poll_ns(pipeline, canary, indicators)
    return SqlTap(SINK, pipeline.sink, canary=canary.name, marker=canary.marker_value, poll_ns=every_ns, clock=clock)
