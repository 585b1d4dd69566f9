"""`expect:` of a case: at which instant, of which SLO, what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fractions import Fraction

from slo_service.definitions.finding import Mark, quoted
from slo_service.definitions.node import Node
from slo_service.definitions.scalar import nearest
from slo_service.definitions.tree import Entries
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Verdict, Wanted
from slo_service.domain.instant import DAY, format_duration, parse_duration
from slo_service.domain.slo import Severity
from slo_service.domain.status import State
from slo_service.evaluate.counts.window import SHOWN_NS
from slo_service.rehearse.case import (
    Amount,
    BudgetIs,
    BurnIs,
    Claim,
    Decided,
    Expectation,
    JobIs,
    SeverityIs,
    Standing,
    StateIs,
    TierIs,
    Told,
)

CLAIMS = ("state", "page", "ticket", "tiers", "budgetRemaining", "burnRate", "jobs", "told", "decisions")
_NUMBER = re.compile(r"([+-]?[0-9]{1,9}(?:\.([0-9]{1,9}))?)(%?)")
_LONGEST_NS = 400 * DAY


def slo_named(node: Node, catalogue: Catalogue) -> str:
    name = node.text()
    return name if name in catalogue.slos else refuse_slo(node, node.mark, name, catalogue)


def refuse_slo(node: Node, mark: Mark, name: str, catalogue: Catalogue) -> str:
    """Says why the SLO cannot be spoken of; empty, to be returned in place of its name."""
    if unjudged := catalogue.unjudged.get(name):
        node.notes.add(mark, "E210", f"the SLO {name} is not judged: {unjudged.reason}", "test another one")
    elif name:
        node.notes.add(mark, "E302", f"there is no SLO {name}", nearest(name, catalogue.slos))
    return ""


def read_expectations(node: Node, chosen: str | None, catalogue: Catalogue) -> tuple[Expectation, ...]:
    """`chosen` is the SLO of those that name none; empty where each has to, None where a mistake hides it."""
    found = [_expectation(item, chosen, catalogue) for item in node.items(at_least=1)]
    return tuple(expectation for expectation in found if expectation is not None)


def _expectation(node: Node, chosen: str | None, catalogue: Catalogue) -> Expectation | None:
    fields = node.fields("at", "during", "slo", *CLAIMS)
    when = _when(node, fields["at"], fields["during"])
    slo = slo_named(fields["slo"], catalogue) if fields["slo"] else chosen or ""
    if not fields["slo"] and chosen == "" and isinstance(node.tree, Entries):
        node.fault("E202", f"{node.path} does not say which SLO it is about", "add slo: …, here or beside expect:")
    if isinstance(node.tree, Entries) and not any(fields[claim] for claim in CLAIMS):
        node.fault("E202", f"{node.path} expects nothing", f"add one of {', '.join(CLAIMS)}")
    claims = tuple(_claims(fields, slo, catalogue))
    return Expectation(node.mark, *when, slo, claims) if when and slo else None


def _when(node: Node, at: Node, during: Node) -> tuple[int, int] | None:
    if bool(at) == bool(during):
        if isinstance(node.tree, Entries):
            what = f"{node.path} has {'both' if at else 'neither'} at and during"
            node.fault("E211", what.replace("neither at and", "neither at nor"), "write at: 10m, or during: 10m-22m")
        return None
    if at:
        instant = at.duration(zero=True)
        if instant > _LONGEST_NS:
            at.fault("E207", "the expectation is too late", "write at most 400d")
        return instant, instant
    first, dash, last = during.written.partition("-")
    try:
        since, until = (parse_duration(part.strip()) for part in (first, last))
    except ValueError:
        during.fault("E204", f"{quoted(during.written)} is not a span of time", "write one like 10m-22m")
        return None
    if not dash or until <= since or until > _LONGEST_NS:
        during.fault("E207", f"the span {during.written} ends before it begins", "write the earlier instant first")
        return None
    return since, until


def _claims(fields: dict[str, Node], slo: str, catalogue: Catalogue) -> Iterator[Claim]:
    if state := fields["state"]:
        yield StateIs(state.mark, State(state.choice(*State)))
    for severity in (Severity.PAGE, Severity.TICKET):
        if standing := fields[severity.value]:
            yield SeverityIs(standing.mark, severity, Standing(standing.choice(*Standing)))
    tiers = [tier.name for tier in catalogue.slos[slo].alerting.tiers] if slo else None
    for name, value in _named(fields["tiers"], "tier", tiers):
        yield TierIs(value.mark, name, Standing(value.choice(*Standing)))
    if (budget := fields["budgetRemaining"]) and (amount := _amount(budget, Fraction(1, 100), "93%")):
        yield BudgetIs(budget.mark, amount)
    yield from _burns(fields["burnRate"], slo, catalogue)
    yield from _actions(fields, catalogue)


def _actions(fields: dict[str, Node], catalogue: Catalogue) -> Iterator[Claim]:
    for name, value in _named(fields["jobs"], "Job", catalogue.jobs):
        yield JobIs(value.mark, name, Wanted(value.choice("running", "paused")))
    for name, value in _named(fields["told"], "Contact", catalogue.contacts):
        yield Told(value.mark, name, tuple(item.text() for item in value.items()))
    for item in fields["decisions"].items(at_least=1):
        if decided := _decided(item, catalogue):
            yield decided


def _burns(node: Node, slo: str, catalogue: Catalogue) -> Iterator[BurnIs]:
    shown = {*SHOWN_NS}
    if slo:
        shown |= {catalogue.slos[slo].window_ns}
        shown |= {length for tier in catalogue.slos[slo].alerting.tiers for length in (tier.long_ns, tier.short_ns)}
    windows = {format_duration(length): length for length in sorted(shown)}
    for name, value in _named(node, "window", windows):
        if amount := _amount(value, None, "14.4"):
            yield BurnIs(value.mark, windows[name], amount)


def _decided(node: Node, catalogue: Catalogue) -> Decided | None:
    fields = node.fields("job", "contact", "because", needs=("verdict",))
    verdict = Verdict(fields["verdict"].choice(*Verdict))
    because = fields["because"].text()
    target = node.one_of("job", "contact", beside=("verdict", "because"))
    if target is None:
        return None
    name = fields[target].text()
    known = catalogue.jobs if target == "job" else catalogue.contacts
    if name not in known:
        fields[target].fault("E302", f"there is no {target.capitalize()} {name}", nearest(name, known))
        return None
    return Decided(node.mark, f"{target}:{name}", verdict, because)


def _named(node: Node, kind: str, known: Collection[str] | None) -> Iterator[tuple[str, Node]]:
    """Entries whose key is the name of something; with `known` None it cannot be told, which was said elsewhere."""
    for key, (mark, tree) in node.entries().items():
        if known is not None and key not in known:
            node.notes.add(mark, "E302", f"there is no {kind} {key}", nearest(key, known))
        elif known is not None:
            yield key, Node(tree, node.subpath(key), node.notes)


def _amount(node: Node, percent: Fraction | None, like: str) -> Amount | None:
    """A number, which what is seen must round to, or `{above: …, below: …}`, one or both."""
    if isinstance(node.tree, Entries):
        return _between(node, percent, like)
    figure = _figure(node, percent, like)
    return Amount(node.written, exactly=figure[0], step=figure[1]) if figure else None


def _between(node: Node, percent: Fraction | None, like: str) -> Amount | None:
    fields = node.fields("above", "below")
    given = {key: _figure(field, percent, like) for key, field in fields.items() if field}
    if isinstance(node.tree, Entries) and not node.tree.entries:
        node.fault("E202", f"{node.path} has neither above nor below", f"write {{above: {like}}}")
    limits = {key: figure[0] for key, figure in given.items() if figure}
    if not limits or len(limits) < len(given):
        return None
    above, below = limits.get("above"), limits.get("below")
    if above is not None and below is not None and above >= below:
        what = f"nothing is above {fields['above'].written} and below {fields['below'].written}"
        node.fault("E207", what, "write the lower one as above")
        return None
    return Amount(" and ".join(f"{key} {fields[key].written}" for key in limits), above, below)


def _figure(node: Node, percent: Fraction | None, like: str) -> tuple[Fraction, Fraction] | None:
    """(the number, the worth of its last digit)."""
    words = _NUMBER.fullmatch(node.written)
    if words is None or bool(words[3]) != (percent is not None):
        what = "a percentage" if percent is not None else "a number"
        node.fault("E203", f"{quoted(node.written)} is not {what}", f"write {like}, or {{above: …, below: …}}")
        return None
    unit = percent or Fraction(1)
    return Fraction(words[1]) * unit, unit / 10 ** len(words[2] or "")
