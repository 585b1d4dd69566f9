"""The share of good events that is promised, exactly as promised."""

from __future__ import annotations

from fractions import Fraction

from slo_service.definitions.importing.reader import Part
from slo_service.definitions.scalar import DECIMAL
from slo_service.definitions.shape.port import Exact


def read_target(part: Part, unit: Fraction) -> Fraction:
    """The number times `unit`, which is 1/100 for percent. One that leaves no budget is listed."""
    target = part.number(Fraction(1, 2)) * unit
    if part and not DECIMAL.fullmatch(decimal_text(target).text):
        part.fault("E207", f"{part.path} has more digits than are kept", "write at most 15 after the point")
    elif part and not 0 < target < 1:
        part.changed("leaves no budget, and `slo check` will refuse it", "write a target between 0 and 1")
    return target


def decimal_text(value: Fraction) -> Exact:
    """A finite decimal in digits: 99.9 % is 0.999."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
        assert digits < 40, f"{value} is no finite decimal"
    sign, (whole, rest) = "-" * (value < 0), divmod(abs(int(value * 10**digits)), 10**digits)
    return Exact(f"{sign}{whole}.{rest:0{digits}d}" if digits else f"{sign}{whole}")
