"""Asks the running service's API. A service that does not answer is a sentence on stderr and exit 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast
from urllib.parse import quote

import click

from slo_service.cli.talk import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
TIMEOUT_SECONDS = 10
_PAGE = 500


def url_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--url", envvar="SLO_URL", default=DEFAULT_URL, show_default=True, show_envvar=True, help="The running service."
    )(command)


class Unknown(Exception):
    """The service knows no such thing; the text is its remedy."""


class Service:
    """One command's conversation with the service."""

    def __init__(self, url: str) -> None:
        import httpx

        self._url = url.rstrip("/")
        try:
            host = httpx.URL(self._url).host
        except httpx.InvalidURL:
            raise Trouble(f"{url!r} is not an address; write it like {DEFAULT_URL}") from None
        outward = host not in {"localhost", "127.0.0.1", "::1"}  # a proxy cannot reach this machine's own loopback
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=outward)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, *path: str, **parameters: str | int) -> dict[str, object]:
        """The JSON object at `/api/v1/<path>`. Raises `Unknown` for 404, `Trouble` for everything else."""
        import httpx

        address = "/".join((self._url, "api/v1", *(quote(part, safe="") for part in path)))
        try:
            answer = self._client.get(address, params=parameters)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Trouble(
                f"the service at {self._url} does not answer ({type(error).__name__}); start it with `slo serve`, "
                "or name another one with --url or SLO_URL"
            ) from None
        return _body(answer, self._url)

    def slos(self) -> list[dict[str, object]]:
        """All objectives, the most urgent first, page by page."""
        found: list[dict[str, object]] = []
        while True:
            page = self.get("slos", limit=_PAGE, offset=len(found))
            rows = cast("list[dict[str, object]]", page["slos"])
            found += rows
            if not rows or len(found) >= cast("int", page["total"]):
                return found


def _body(answer: httpx.Response, url: str) -> dict[str, object]:
    try:
        body = answer.json()
    except ValueError:
        raise Trouble(f"what answers at {url} is not slo-service; name the service with --url or SLO_URL") from None
    if answer.is_success and isinstance(body, dict):
        return cast("dict[str, object]", body)
    fault = body.get("error") if isinstance(body, dict) else None
    if not isinstance(fault, dict) or "message" not in fault:
        raise Trouble(f"what answers at {url} is not slo-service; name the service with --url or SLO_URL")
    if answer.status_code == 404:
        raise Unknown(f"{fault['message']}; {fault.get('remedy', '')}")
    raise Trouble(f"{fault['message']}; {fault.get('remedy', '')}")
