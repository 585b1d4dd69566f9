"""What commands say: data as JSON or text on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import IO

import click

from slo_service.domain.instant import parse_duration


class Trouble(click.ClickException):
    """Misuse, or a service that does not answer: a sentence on stderr, exit 2."""

    exit_code = 2

    def show(self, file: IO[str] | None = None) -> None:
        click.echo(self.format_message(), err=file is None, file=file)


class Duration(click.ParamType[int]):
    """`30s`, `5m`, `1h30m` → nanoseconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def print_json(body: Mapping[str, object]) -> None:
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))


def log_to_stderr() -> None:
    """structlog prints to stdout unless told otherwise, and stdout is data."""
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
