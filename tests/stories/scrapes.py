"""What Prometheus kept of one objective, scrape by scrape."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import httpx


@dataclass(frozen=True, slots=True)
class Scrape:
    """Series of one scrape that share its instant; None where there was no series."""

    watermark: float
    burn: float | None
    remaining: float | None
    firing: bool


def scrapes(url: str, slo: str) -> list[Scrape]:
    """Every scrape of the last ten minutes that held a watermark."""
    kept: dict[float, dict[str, float]] = defaultdict(dict)
    for name, at, value in _samples(url, f'{{slo="{slo}"}}[10m]'):
        kept[at][name] = value
    return [
        Scrape(
            watermark=found["slo_watermark_timestamp_seconds"],
            burn=found.get("slo_burn_rate 1h"),
            remaining=found.get("slo_error_budget_remaining_ratio"),
            firing=found["slo_tier_firing page-1h"] == 1,
        )
        for found in kept.values()
        if "slo_watermark_timestamp_seconds" in found
    ]


def _samples(url: str, promql: str) -> Iterator[tuple[str, float, float]]:
    """Name (with the window, or the tier, where there is one), instant and value."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": promql}, trust_env=False, timeout=20).raise_for_status()
    for series in cast(list[dict[str, object]], answer.json()["data"]["result"]):
        labels = cast(dict[str, str], series["metric"])
        name = " ".join(filter(None, (labels["__name__"], labels.get("window"), labels.get("tier"))))
        for at, value in cast(list[tuple[float, str]], series["values"]):
            yield name, at, float(value)
