"""Settings, from `SLO_…` environment variables and the command line; secrets may come from files."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from slo_service.domain.instant import SECOND


class SettingsRefused(Exception):
    """Settings that cannot be used; the message says every one of them and what to set instead."""


class Smtp(BaseSettings):
    """Where e-mail goes. Without a host no e-mail is sent, and a message to one is refused with that reason."""

    model_config = SettingsConfigDict(env_prefix="SLO_SMTP_", extra="ignore")
    host: str = ""
    port: int = 25
    sender: str = "slo-service@localhost"
    username: str = ""
    password: SecretStr = SecretStr("")
    security: Literal["none", "starttls", "tls"] = "none"


class Settings(BaseSettings):
    """Everything that is not a definition."""

    model_config = SettingsConfigDict(env_prefix="SLO_", extra="ignore", secrets_dir=None)

    definitions: list[Path] = Field(default_factory=lambda: [Path("slo_definitions")])
    store: SecretStr = SecretStr("sqlite+aiosqlite:///slo.db")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""  # how people reach the pages; the address served when empty
    clusters: dict[str, dict[str, str]] = Field(default_factory=dict)  # librdkafka configuration by cluster name
    alertmanagers: list[str] = Field(default_factory=list)
    smtp: Smtp = Field(default_factory=Smtp)
    tick_seconds: float = Field(default=1.0, ge=0.1, le=60)
    seed: int | None = None  # of the canaries' random sending instants

    @field_validator("host")
    @classmethod
    def _loopback(cls, host: str) -> str:
        if not is_loopback(host):
            raise ValueError(
                f"{host} can be reached from other machines, and there is no sign-in yet; bind to 127.0.0.1 and put "
                "a proxy that authenticates in front"
            )
        return host

    @property
    def tick_ns(self) -> int:
        return int(self.tick_seconds * SECOND)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address. Names other than localhost may resolve to anything: no."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings(env: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings with the given ones on top; raises `SettingsRefused` with all complaints at once.

    `SLO_STORE_FILE`, `SLO_CLUSTERS_FILE` and `SLO_SMTP_PASSWORD_FILE` name files that hold the value."""
    env = os.environ if env is None else env
    try:
        from_files: dict[str, object] = {name: text for name in _FROM_FILES if (text := _file(env, name)) is not None}
        if "smtp_password" in from_files:
            from_files["smtp"] = Smtp(password=SecretStr(str(from_files.pop("smtp_password"))))
        if "clusters" in from_files:
            from_files["clusters"] = json.loads(str(from_files["clusters"]))
        chosen = {**from_files, **{name: value for name, value in given.items() if value is not None}}
        return Settings(**chosen)  # type: ignore[arg-type] # pydantic checks them
    except ValidationError as error:
        raise SettingsRefused("\n".join(_complaint(each) for each in error.errors(include_input=False))) from None
    except SettingsError as error:
        name = str(error).partition('"')[2].partition('"')[0].upper()
        raise SettingsRefused(f"SLO_{name}: this is not JSON; write it like {_LIKE.get(name, '[...]')}") from None
    except json.JSONDecodeError as error:
        raise SettingsRefused(f"SLO_CLUSTERS_FILE: line {error.lineno} is not JSON; {_LIKE['CLUSTERS']}") from None


_FROM_FILES = ("store", "clusters", "smtp_password")
_LIKE = {
    "CLUSTERS": '{"main": {"bootstrap.servers": "127.0.0.1:9092"}}',
    "ALERTMANAGERS": '["http://127.0.0.1:9093"]',
    "DEFINITIONS": '["slo_definitions"]',
}


def _file(env: Mapping[str, str], name: str) -> str | None:
    variable = f"SLO_{name.upper()}_FILE"
    path = env.get(variable)
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{variable}: the file cannot be read: {error}; correct the path") from None


def _complaint(error: ErrorDetails) -> str:
    """Names the variable; never shows its value, which may be a secret."""
    name = "_".join(str(part) for part in error["loc"]).upper()
    return f"SLO_{name}: {error['msg'].removeprefix('Value error, ')}"
