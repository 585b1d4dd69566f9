"""The overview: one sentence, then every objective with its budget, burn and actions, most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from markupsafe import Markup

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Decision
from slo_service.domain.instant import HOUR
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import State, Status
from slo_service.show.ports import JobView
from slo_service.show.web import words
from slo_service.show.web.charts.small import budget_bar, burn_whisker, spark
from slo_service.show.web.view import marks
from slo_service.show.web.view.jobs import live_holds
from slo_service.show.web.view.lede import shortest
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.said import At, Said
from slo_service.show.web.view.tiers import measured_still_needed

PAGE = 50


@dataclass(frozen=True, slots=True)
class Query:
    """The filter of the page as it stands in its URL."""

    state: str = ""
    pipeline: str = ""
    q: str = ""
    page: int = 1

    def matches_text(self, slo: Slo) -> bool:
        """Every word is part of a name or text, or a label written `key=value`."""
        haystack = f"{slo.name} {slo.display_name} {slo.pipeline} {slo.service} {slo.description}".lower()
        labels = {f"{key}={value}".lower() for key, value in slo.labels.items()}
        return all(word in labels or word in haystack for word in self.q.lower().split())


@dataclass(frozen=True, slots=True)
class Action:
    text: str
    decision: str
    sub: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    pipeline: str
    service: str
    mark: Mark
    since_words: str
    since_ns: int | None
    target: str
    window: str
    bar: Markup
    left: str
    left_tone: str
    left_sub: str
    burn: str | None
    burn_span: str
    burn_chart: Markup
    spark: Markup
    coverage: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Facet:
    key: str
    mark: Mark
    number: int


@dataclass(frozen=True, slots=True)
class Overview:
    headline: str
    rest: Said
    aside: Said
    total: int
    facets: tuple[Facet, ...]
    pipelines: tuple[str, ...]
    rows: tuple[Row, ...]
    found: int
    pages: int
    query: Query
    first: int = field(default=0)


def state_of(name: str, statuses: Mapping[str, Status]) -> State | None:
    return statuses[name].state if name in statuses else None


def _since(status: Status | None) -> tuple[str, int | None]:
    if status is None:
        return "", None
    firing = status.firing()
    if firing:
        severity = Severity.PAGE if status.firing(Severity.PAGE) else Severity.TICKET
        return f"{severity} since", min(tier.since_ns for tier in status.firing(severity))
    return ("since", status.since_ns) if status.state in {State.FROZEN, State.WARN} else ("", None)


def budget_words(slo: Slo, status: Status) -> str:
    """`25 of 40 min left`, `39 min over 216 min`, in slices and events where minutes say nothing."""
    left = status.budget.minutes(slo.window_ns, slo.objective.budget)
    if left is None:
        return "not known yet"
    whole = float(slo.objective.budget * slo.window_ns) / 60e9
    if left < 0:
        return f"{words.outage(-left)} over {words.outage(whole)}"
    return f"{words.part_of(left, whole)} left"


def _row(slo: Slo, status: Status | None, days: Sequence[float | None], actions: tuple[Action, ...]) -> Row:
    mark = marks.of_status(status)
    since_words, since_ns = _since(status)
    hour = status.readings.get(HOUR) if status else None
    burn = hour.burn if hour else None
    remaining = status.budget.remaining if status else None
    provisional = status is not None and status.budget.provisional
    tone = mark.tone if mark.tone in {"red", "amb"} else ""
    sub = "not judged yet" if status is None else budget_words(slo, status)
    return Row(
        name=slo.name,
        pipeline=slo.pipeline,
        service=slo.service,
        mark=mark,
        since_words=since_words,
        since_ns=since_ns,
        target=f"{words.precise(slo.objective.target)} {words.target(slo.indicator)}",
        window=words.window(slo.window_ns),
        bar=budget_bar(remaining, status.budget.interval if status else None, provisional=provisional),
        left=words.NONE if remaining is None else words.share(remaining),
        left_tone="atext" if remaining is not None and remaining < 0 else "",
        left_sub="provisional" if provisional and remaining is not None else sub,
        burn=None if burn is None else words.times(burn),
        burn_span="" if hour is None or hour.interval is None else words.span(*hour.interval),
        burn_chart=Markup() if burn is None else burn_whisker(burn, hour.interval if hour else None, tone),
        spark=spark(days, tone),
        coverage=words.NONE if status is None else words.coverage(status.budget.reading.coverage),
        actions=actions,
    )


def actions_in_force(jobs: Mapping[str, JobView], reasons: Mapping[str, Decision]) -> dict[str, tuple[Action, ...]]:
    """By objective: the jobs its policies hold, one line for each rule."""
    groups: dict[tuple[str, str], list[Decision]] = {}
    for hold in live_holds(jobs):
        if hold.decision in reasons:
            decision = reasons[hold.decision]
            groups.setdefault((decision.slo, decision.rule), []).append(decision)
    found: dict[str, tuple[Action, ...]] = {}
    for (slo, _), decisions in sorted(groups.items()):
        names = sorted({decision.target.partition(":")[2] for decision in decisions})
        action = Action(f"{words.plural(len(names), 'job')} paused", decisions[0].id, words.listing(names, 2))
        found[slo] = (*found.get(slo, ()), action)
    return found


def _urgency(slo: Slo, statuses: Mapping[str, Status]) -> tuple[int, Fraction, str]:
    status = statuses.get(slo.name)
    if status is None:
        return len(marks.URGENCY), Fraction(0), slo.name
    remaining = status.budget.remaining
    return marks.URGENCY.index(status.state), Fraction(2) if remaining is None else remaining, slo.name


def selected(catalogue: Catalogue, statuses: Mapping[str, Status], query: Query) -> list[Slo]:
    """What the filter leaves, most urgent first; within a state the smallest budget first."""
    found = [
        slo
        for slo in catalogue.slos.values()
        if query.matches_text(slo)
        and query.pipeline in ("", slo.pipeline)
        and query.state in ("", state_of(slo.name, statuses))
    ]
    return sorted(found, key=lambda slo: _urgency(slo, statuses))


def headline(
    catalogue: Catalogue, statuses: Mapping[str, Status], jobs: Mapping[str, JobView]
) -> tuple[str, Said, Said]:
    """(what weighs most, the rest of the sentence, what cannot be told)."""
    total = len(catalogue.slos)
    by_state = Counter(state_of(name, statuses) for name in catalogue.slos)
    rest: list[str | At] = []
    if by_state[State.BURNING]:
        number = by_state[State.BURNING]
        head = f"{number} of {words.plural(total, 'objective')} {_are(number)} burning"
        rest += _burning(catalogue, statuses)
    elif by_state[State.WARN]:
        head = f"{by_state[State.WARN]} of {words.plural(total, 'objective')} {_are(by_state[State.WARN])} on warn"
        rest.append(", none is burning")
    else:
        healthy = by_state[State.HEALTHY]
        head = f"{healthy} of {words.plural(total, 'objective')} {_are(healthy)} healthy"
        if not healthy and total:
            head = f"None of {words.plural(total, 'objective')} can be judged yet"
        rest.append(", none is burning")
    held = {hold.target for hold in live_holds(jobs)}
    if held:
        rest.append(f"; {len(held)} of {words.plural(len(catalogue.jobs), 'job')} {_are(len(held))} paused")
    return head, (*rest, "."), _untold(catalogue, statuses)


def _burning(catalogue: Catalogue, statuses: Mapping[str, Status]) -> Said:
    """Where, since the first bad event, and whether it goes on."""
    found = [slo for slo in catalogue.slos.values() if state_of(slo.name, statuses) is State.BURNING]
    where = sorted({slo.pipeline or slo.service for slo in found})
    together = {1: "", 2: "both "}.get(len(found), "all ") if len(where) == 1 else ""
    first = [at for slo in found if (at := statuses[slo.name].first_bad_ns) is not None]
    since: Said = (" since ", At(min(first))) if first else ()
    latest = [shortest(slo, statuses[slo.name]) for slo in found]
    over = all(reading is not None and reading.tally.total and not reading.tally.bad for reading in latest)
    lately = max((reading.length_ns for reading in latest if reading is not None), default=0)
    good = f"; nothing was bad in the last {words.window(lately)}" if over else ""
    return (f", {together}on {words.listing(where)}", *since, good)


def _untold(catalogue: Catalogue, statuses: Mapping[str, Status]) -> Said:
    """What is not measured or not decided, and what comes next. Empty when there is no such thing."""
    known = [statuses[name] for name in catalogue.slos if name in statuses]
    frozen = [status for status in known if status.state is State.FROZEN]
    warming = [status for status in known if status.state is State.WARMING]
    said: list[str | At] = []
    bad: list[Status] = []
    if frozen:
        since = At(min(status.since_ns for status in frozen))
        never = all(status.watermark_ns is None for status in frozen)
        said.append(f"{len(frozen)} {_are(len(frozen))} frozen: not measured ")
        said += (
            ["yet. "] if never else ["since ", since, "; verdicts and jobs stay as they are until measuring goes on. "]
        )
    if warming:
        needs = [measured_still_needed(tier) for status in warming for tier in status.tiers]
        more = f" and can be called quiet after {words.duration(max(needs))} more" if any(needs) else ""
        said.append(f"{len(warming)} {_are(len(warming))} warming: measured for too short a time{more}. ")
        bad = [status for status in warming if any(reading.tally.bad for reading in status.readings.values())]
        if bad:
            said.append(f"{len(bad)} of them {'has' if len(bad) == 1 else 'have'} bad events, too few yet for a page. ")
    if len(known) < len(catalogue.slos):
        missing = len(catalogue.slos) - len(known)
        said += [f"{missing} {_are(missing)} not judged yet. "]
    if unjudged := len(catalogue.unjudged):
        said += [f"{unjudged} more {_are(unjudged)} declared and not judged by this version. "]
    return (*said, "That is neither good nor bad.") if said and not bad else tuple(said)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def overview(
    catalogue: Catalogue,
    statuses: Mapping[str, Status],
    jobs: Mapping[str, JobView],
    reasons: Mapping[str, Decision],
    days: Mapping[str, Sequence[float | None]],
    query: Query,
) -> Overview:
    """`days`: spend a day by objective, of those on the page."""
    head, rest, aside = headline(catalogue, statuses, jobs)
    found = selected(catalogue, statuses, query)
    pages = max(1, -(-len(found) // PAGE))
    start = (min(query.page, pages) - 1) * PAGE
    others = Query(pipeline=query.pipeline, q=query.q)
    numbers = Counter(state_of(slo.name, statuses) for slo in selected(catalogue, statuses, others))
    actions = actions_in_force(jobs, reasons)
    return Overview(
        headline=head,
        rest=rest,
        aside=aside,
        total=sum(numbers.values()),
        facets=tuple(Facet(state, marks.of_state(state), numbers[state]) for state in State),
        pipelines=tuple(sorted(catalogue.pipelines)),
        rows=tuple(
            _row(slo, statuses.get(slo.name), days.get(slo.name, ()), actions.get(slo.name, ()))
            for slo in found[start : start + PAGE]
        ),
        found=len(found),
        pages=pages,
        query=query,
        first=start + 1 if found else 0,
    )


def on_page(catalogue: Catalogue, statuses: Mapping[str, Status], query: Query) -> list[Slo]:
    """The objectives whose spend a day the page needs."""
    found = selected(catalogue, statuses, query)
    pages = max(1, -(-len(found) // PAGE))
    start = (min(query.page, pages) - 1) * PAGE
    return found[start : start + PAGE]
