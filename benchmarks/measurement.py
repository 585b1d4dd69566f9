"""The line every figure prints: our value, the load it was taken under, and a peer's value under the same load."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One figure; `peer_value` is in the same unit, None when there is no peer to measure here."""

    figure: str
    value: float
    unit: str
    load: str
    peer: str | None = None
    peer_value: float | None = None

    def line(self) -> str:
        """JSON with the ratio ours ÷ theirs."""
        ratio = self.value / self.peer_value if self.peer_value else None
        return json.dumps(
            {
                "figure": self.figure,
                "value": round(self.value, 6),
                "unit": self.unit,
                "load": self.load,
                "peer": self.peer,
                "peer_value": None if self.peer_value is None else round(self.peer_value, 6),
                "ratio": None if ratio is None else round(ratio, 3),
            }
        )
