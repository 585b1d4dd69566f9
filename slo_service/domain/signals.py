"""What tells of trouble beside the tiers that are declared."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.instant import MINUTE

PARTITION = "page-partition"  # the name of its tier


@dataclass(frozen=True, slots=True)
class PartitionTier:
    """One partition's own canaries fail for at least so long and so many, by chance less likely than the significance
    shared among the partitions."""

    after_ns: int = 5 * MINUTE
    canaries: int = 10
    significance: Fraction = Fraction(1, 10**5)
    severity: str = "page"


@dataclass(frozen=True, slots=True)
class EarlyDetector:
    quiet_after_ns: int = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class NoDataAlert:
    """None: as the importance and the collector's period say."""

    ticket_after_ns: int | None = None
    page_after_ns: int | None = None
    coverage_below: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """None is switched off. `significance`: the highest p-value at which a page tier fires."""

    significance: Fraction = Fraction(2, 10**6)
    partition_tier: PartitionTier | None = PartitionTier()
    early: EarlyDetector | None = EarlyDetector()
    no_data: NoDataAlert | None = NoDataAlert()
