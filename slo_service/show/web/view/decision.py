"""A decision with everything before and after it, as steps: the page of `slo explain`."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.event import Verdict, Wanted, WantedState
from slo_service.show.ports import Chain
from slo_service.show.web import words
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.timeline import asked, named, of_delivery, reading_words


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    text: str
    at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain; `tone` picks the shape. Of a link that does not exist `says` why."""

    title: str
    tone: str
    at_ns: int | None
    says: str
    facts: tuple[Fact, ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # (decision id, text)


_MEANING = {
    Verdict.ACT: "asked of the worker",
    Verdict.OBSERVED: "only recorded: the policy's mode is observe",
    Verdict.WITHHELD: "not done, for the reason given",
    Verdict.UNDO: "the release of an earlier act",
}


def _transition(chain: Chain) -> Step:
    found = chain.transition
    if found is None:
        return Step("Transition", "ok", None, "This decision follows no transition of a tier.")
    facts = [Fact("known at", "", found.recorded_ns), Fact("episode", found.episode or words.NONE)]
    if found.first_bad_ns is not None:
        facts.insert(0, Fact("first bad slice", "", found.first_bad_ns))
    if found.load:
        facts.append(Fact("definitions", f"load {found.load}"))
    tone = {"fired": "red" if found.severity == "page" else "amb", "froze": "grey"}.get(found.change, "ok")
    says = f"{named(found)} of {found.slo} {found.change}: {reading_words(found)}."
    return Step("Transition", tone, found.event_ns, says, tuple(facts))


def _decision(chain: Chain) -> Step:
    found = chain.decision
    facts = [
        Fact("rule", f"{found.rule} of policy {found.policy}"),
        Fact("verdict", f"{found.verdict}, {_MEANING[found.verdict]}"),
    ]
    facts += [Fact(f"witness, {seen.method}", seen.says, seen.at_ns) for seen in found.witnesses]
    if chain.rule_episode is not None:
        facts.append(Fact("rule active since", "", chain.rule_episode.entered_ns))
        if chain.rule_episode.left_ns is not None:
            facts.append(Fact("rule left", "", chain.rule_episode.left_ns))
    return Step("Decision", "act", found.at_ns, f"{title(chain)}: {found.reason}", tuple(facts))


def _hold(chain: Chain) -> Step | None:
    hold = chain.hold
    if hold is None:
        return None
    facts = (Fact("released", "", hold.released_ns),) if hold.released_ns is not None else ()
    says = (
        "Released." if facts else f"In force: {hold.target.partition(':')[2]} stays wanted paused while any hold lives."
    )
    return Step("Hold", "ok" if facts else "blue", hold.placed_ns, says, facts)


def _wanted(wanted: WantedState) -> Step:
    facts = [Fact("epoch", f"{wanted.epoch}")]
    if wanted.found is not None:
        facts.append(Fact("found", wanted.found))
    if wanted.done_ns is not None:
        facts.append(Fact("verified", wanted.outcome or "done", wanted.done_ns))
    pending = "" if wanted.done_ns is not None else ", not yet verified"
    tone = "blue" if wanted.wanted is Wanted.PAUSED else "ok"
    return Step(
        "Wanted state",
        tone,
        wanted.decided_ns,
        f"{wanted.target.partition(':')[2]} {wanted.wanted}{pending}.",
        tuple(facts),
    )


def title(chain: Chain) -> str:
    """`Pause orders-export`."""
    words_ = asked(chain.decision)
    return words_[:1].upper() + words_[1:]


def mark(chain: Chain) -> Mark:
    """Whether it was done, would have been, or was left."""
    match chain.decision.verdict:
        case Verdict.ACT:
            return Mark("blue" if chain.decision.action == "pauseJobs" else "msg", "Acted")
        case Verdict.OBSERVED:
            return Mark("ok", "Observed only")
        case Verdict.WITHHELD:
            return Mark("grey", "Withheld")
        case Verdict.UNDO:
            return Mark("ok", "Undone")


def steps(chain: Chain) -> tuple[Step, ...]:
    """Cause first."""
    found: list[Step | None] = [_transition(chain), _decision(chain), _hold(chain)]
    found += [_wanted(wanted) for wanted in sorted(chain.wanted, key=lambda state: state.epoch)]
    if chain.message is not None:
        message = chain.message
        found.append(
            Step(
                "Message",
                "msg",
                message.created_ns or None,
                message.subject,
                (Fact("contact", message.contact), Fact("template", message.template)),
            )
        )
    for delivery in sorted(chain.deliveries, key=lambda each: each.at_ns):
        entry = of_delivery(delivery, chain.decision)
        found.append(Step("Delivery", entry.mark.tone, delivery.at_ns, f"{entry.text}, {entry.sub}."))
    if chain.undo:
        links = tuple((undo.id, f"{asked(undo)}: {undo.reason}") for undo in chain.undo)
        found.append(Step("Undo", "ok", chain.undo[0].at_ns, "", (), links))
    elif chain.hold is not None and chain.hold.released_ns is None:
        found.append(Step("Undo", "ok", None, "Not yet: it follows by itself when the rule is left."))
    return tuple(step for step in found if step is not None)
