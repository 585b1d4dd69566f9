"""Numbers as people read them in a terminal. Rounded last, and never so far that a comparison looks wrong."""

from __future__ import annotations

NOT_KNOWN = "–"


def percent(share: float | None, decimals: int = 2) -> str:
    return NOT_KNOWN if share is None else f"{trimmed(share * 100, decimals)} %"


def trimmed(value: float, decimals: int) -> str:
    """`14.40` → `14.4`, `21600` → `21,600`."""
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def burn(rate: float | None) -> str:
    return NOT_KNOWN if rate is None else f"{trimmed(rate, 2)}×"


def versus(rate: float, factor: float, *, over: bool) -> str:
    """`14.44 > 14.4`: as many decimals as it takes to see what the exact comparison said. `2 ≥ 2`: the limit counts."""
    left, right = trimmed(rate, 2), trimmed(factor, 2)
    for decimals in range(3, 13):
        if left != right:
            break
        left, right = trimmed(rate, decimals), trimmed(factor, decimals)
    sign = ("≥" if left == right else ">") if over else "=" if left == right else "<"
    return f"{left} {sign} {right}"


def duration(seconds: float | None) -> str:
    """Two units at most: `2m`, `1h5m`, `28d`."""
    if seconds is None:
        return NOT_KNOWN
    if 0 < seconds < 1:
        return "<1s"
    rest, parts = int(seconds), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"


def counted(number: int, one: str) -> str:
    """`1 error`, `2 errors`, `1,200 losses`."""
    many = f"{one}es" if one.endswith("s") else f"{one}s"
    return f"{number:,} {one if number == 1 else many}"


def clock(instant: str | None) -> str:
    """`2026-11-20T09:40:00Z` → `2026-11-20 09:40:00Z`."""
    return "never" if instant is None else instant.replace("T", " ")
