"""The JSON API. One router under `/api/v1`, liveness and readiness beside it; pages and CLI read the same names."""

from slo_service.show.api.router import api

__all__ = ["api"]
