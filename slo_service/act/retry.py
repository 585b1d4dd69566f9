"""When to try again: doubling waits with jitter, the remote's own wish respected, and a limit."""

from __future__ import annotations

import random
from dataclasses import dataclass

from slo_service.domain.instant import HOUR, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Backoff:
    first_ns: int = SECOND
    longest_ns: int = 5 * MINUTE
    attempts: int = 12  # about 20 minutes in all
    longest_wish_ns: int = HOUR  # a Retry-After beyond this is cut

    def wait_ns(self, key: str, attempt: int, wish_ns: int | None = None) -> int:
        """Wait after the given failed attempt (from 1). The jitter follows from the key: half to all of the doubled
        wait, so that many failures at once do not come back at once."""
        doubled = min(self.longest_ns, self.first_ns << min(attempt - 1, 40))
        seeded = random.Random(f"{key}:{attempt}")  # noqa: S311 -- spreads load, guards nothing
        return max(seeded.randint(doubled // 2, doubled), min(wish_ns or 0, self.longest_wish_ns))

    def over(self, attempt: int) -> bool:
        return attempt >= self.attempts
