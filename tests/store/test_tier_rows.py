"""Tiers as rows: exactly what they were, and those of earlier versions with the defaults of what came since."""

from dataclasses import replace
from fractions import Fraction

from slo_service.domain.instant import MINUTE
from slo_service.domain.slo import WORKBOOK
from slo_service.store.codec import decode_tier, encode_tier

OWN = replace(WORKBOOK[0], burn=Fraction(72, 5), inclusive=True, after_ns=5 * MINUTE)


def test_a_declared_factor_is_kept_exactly():
    assert decode_tier(encode_tier(OWN)) == OWN


def test_a_tier_of_an_earlier_version_has_no_declared_factor():
    row = encode_tier(WORKBOOK[0])
    earlier = {key: row[key] for key in ("name", "severity", "long_ns", "short_ns", "budget_share")}
    assert decode_tier(earlier) == WORKBOOK[0]
