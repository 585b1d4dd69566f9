"""One JSON shape for every error: what happened, and what to do instead. Nothing of the request's values is echoed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Coroutine, Iterable

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from slo_service.collect.ports import StoreUnavailable

_log = structlog.get_logger(__name__)


class Problem(Exception):
    """An answer that is an error. `code` is for programs, `message` and `remedy` for people."""

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.remedy = status, code, message, remedy

    def response(self) -> JSONResponse:
        body = {"error": {"code": self.code, "message": self.message, "remedy": self.remedy}}
        return JSONResponse(body, self.status, {"Cache-Control": "no-store"})


def unknown_name(kind: str, name: str, known: Iterable[str], where: str) -> Problem:
    """404 that names the nearest known one, or where all of them are listed."""
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"{where} lists those that exist"
    return Problem(404, "not_found", f"there is no {kind} of this name", remedy)


def invalid(error: RequestValidationError) -> Problem:
    said = "; ".join(f"{fault['loc'][0]} parameter {fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    return Problem(422, "invalid_request", said, "/api/docs lists the parameters and their ranges")


class AnsweringRoute(APIRoute):
    """A route whose every failure is answered in the one error shape, wherever the router is mounted."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                return problem.response()
            except RequestValidationError as error:
                return invalid(error).response()
            except HTTPException as error:
                remedy = "/api/docs lists what can be asked"
                return Problem(error.status_code, "http_error", str(error.detail), remedy).response()
            except StoreUnavailable:
                remedy = "live figures under /api/v1/slos need no store; try the history again when it is back"
                return Problem(503, "store_unavailable", "the store cannot be read now", remedy).response()
            except Exception:  # noqa: BLE001 - an API answers in its own shape also when the fault is ours
                _log.exception("request_failed", path=request.url.path)
                remedy = "the service's log has the details; nothing was changed"
                return Problem(500, "internal_error", "the service failed to answer", remedy).response()

        return answer
