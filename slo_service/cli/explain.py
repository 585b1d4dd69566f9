"""`slo explain`: why a number or an action is what it is."""

from __future__ import annotations

import click

from slo_service.cli.example import Example
from slo_service.cli.service import Service, Unknown, url_option
from slo_service.cli.talk import Trouble, print_json

_DECISIONS = 20


@click.command(cls=Example, epilog="slo explain orders-freshness\nslo explain d-0123456789ab --json")
@click.argument("name", metavar="SLO|DECISION")
@url_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(name: str, *, url: str, as_json: bool) -> None:
    """Explain an objective (every number, and why its state is what it is) or a decision (all that led to it and
    followed from it)."""
    with Service(url) as service:
        try:
            _explain_slo(service, name, as_json=as_json)
        except Unknown as no_slo:
            try:
                _explain_decision(service, name, as_json=as_json)
            except Unknown:
                raise Trouble(f"there is neither an SLO nor a decision {name!r}; {no_slo}") from None


def _explain_slo(service: Service, name: str, *, as_json: bool) -> None:
    from slo_service.cli.slo_story import slo_story
    from slo_service.show.api.event_models import DecisionPage
    from slo_service.show.api.models import SloDetail
    from slo_service.show.api.past_models import SloHistory

    slo = service.get("slos", name)
    try:
        journal = service.get("decisions", slo=name, limit=_DECISIONS)
    except Trouble as trouble:
        journal = {"decisions": []}
        click.echo(f"what was done about it cannot be told: {trouble.message}", err=True)
    past = _past(service, name)
    if as_json:
        print_json({**slo, "decisions": journal["decisions"], "history": past})
        return
    told = None if past is None else SloHistory.model_validate(past)
    page = DecisionPage.model_validate(journal | {"next_before": None})
    for line in slo_story(SloDetail.model_validate(slo), page, told):
        click.echo(line)


def _past(service: Service, name: str) -> dict[str, object] | None:
    """None where it cannot be told, which is said."""
    try:
        return service.get("slos", name, "history")
    except Trouble as trouble:
        click.echo(f"what happened in the window cannot be told: {trouble.message}", err=True)
        return None


def _explain_decision(service: Service, name: str, *, as_json: bool) -> None:
    from slo_service.cli.decision_story import decision_story
    from slo_service.show.api.event_models import ChainDetail

    chain = service.get("decisions", name)
    if as_json:
        print_json(chain)
        return
    for line in decision_story(ChainDetail.model_validate(chain)):
        click.echo(line)
