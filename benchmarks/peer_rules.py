"""Recording and alerting rules as Sloth 0.11 generates them for an events SLI at default windows, over our counters.
The ratio of the budget window is an average of recorded five-minute ratios."""

import json
from collections.abc import Iterator, Mapping, Sequence

EVALUATED_EVERY = "30s"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
TIERS = {"page": (("5m", "1h", 14.4), ("30m", "6h", 6)), "ticket": (("2h", "1d", 3), ("6h", "3d", 1))}
TARGET = 0.999

Labels = Mapping[str, str]


def sloth_like(slos: Sequence[str], days: int) -> str:
    """A rule file for these objectives, each with a budget over so many days."""
    return json.dumps({"groups": [group for slo in slos for group in _groups(slo, days)]})


def ratio_series(slo: str, window: str) -> Labels:
    return {"__name__": f"slo:sli_error:ratio_rate{window}", **_identity(slo), "sloth_window": window}


def _identity(slo: str) -> Labels:
    return {"sloth_id": slo, "sloth_service": "orders", "sloth_slo": slo}


def _groups(slo: str, days: int) -> Iterator[Mapping[str, object]]:
    pick = ", ".join(f'{name}="{value}"' for name, value in _identity(slo).items())
    yield _group(
        f"sloth-slo-sli-recordings-{slo}",
        [
            {"record": f"slo:sli_error:ratio_rate{window}", "expr": expr, "labels": _labels(slo, window)}
            for window, expr in _ratios(slo, pick, f"{days}d").items()
        ],
    )
    yield _group(
        f"sloth-slo-meta-recordings-{slo}",
        [{"record": record, "expr": expr, "labels": _identity(slo)} for record, expr in _meta(pick, days).items()],
    )
    yield _group(
        f"sloth-slo-alerts-{slo}",
        [
            {
                "alert": "Burning",
                "expr": " or ".join(_pair(pick, *pair) for pair in pairs),
                "labels": {"severity": name},
            }
            for name, pairs in TIERS.items()
        ],
    )


def _group(name: str, rules: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    return {"name": name, "interval": EVALUATED_EVERY, "rules": rules}


def _labels(slo: str, window: str) -> Labels:
    return {**_identity(slo), "sloth_window": window}


def _ratios(slo: str, pick: str, budget: str) -> Mapping[str, str]:
    recent = f"slo:sli_error:ratio_rate5m{{{pick}}}"
    ratios = {
        window: f'(sum(rate(slo_events_total{{slo="{slo}",result="bad"}}[{window}])))\n/\n'
        f'(sum(rate(slo_events_total{{slo="{slo}"}}[{window}])))'
        for window in WINDOWS
    }
    averaged = f"sum_over_time({recent}[{budget}])\n/ ignoring (sloth_window)\ncount_over_time({recent}[{budget}])"
    return {**ratios, budget: averaged}


def _meta(pick: str, days: int) -> Mapping[str, str]:
    per_budget = "/ on(sloth_id, sloth_slo, sloth_service) group_left\nslo:error_budget:ratio"
    return {
        "slo:objective:ratio": f"vector({TARGET})",
        "slo:error_budget:ratio": f"vector(1-{TARGET})",
        "slo:time_period:days": f"vector({days})",
        "slo:current_burn_rate:ratio": f"slo:sli_error:ratio_rate5m{{{pick}}}\n{per_budget}{{{pick}}}",
        "slo:period_burn_rate:ratio": f"slo:sli_error:ratio_rate{days}d{{{pick}}}\n{per_budget}{{{pick}}}",
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{{{pick}}}",
        "sloth_slo_info": "vector(1)",
    }


def _pair(pick: str, short: str, long: str, factor: float) -> str:
    limit = f"({factor} * {1 - TARGET:.3f})"
    both = [f"max(slo:sli_error:ratio_rate{w}{{{pick}}} > {limit}) without (sloth_window)" for w in (short, long)]
    return f"({' and '.join(both)})"
