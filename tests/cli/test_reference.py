"""The reference pages name what there is, and nothing else."""

import re
from pathlib import Path

from pydantic_settings import BaseSettings

from slo_service.runtime.settings import Settings, Smtp
from tests.show.api.asking import asking
from tests.show.fakes import World

REFERENCE = Path(__file__).parents[2] / "docs/reference"


def variables(settings: type[BaseSettings]) -> set[str]:
    prefix = settings.model_config["env_prefix"]
    return {f"{prefix}{name}".upper() for name in settings.model_fields}


def test_every_setting_is_described_and_every_described_one_exists() -> None:
    described = set(re.findall(r"^\| `(SLO_\w+)`", (REFERENCE / "settings.md").read_text(), re.MULTILINE))
    assert described == (variables(Settings) - {"SLO_SMTP"}) | variables(Smtp) | {"SLO_URL"}


async def test_every_address_of_the_api_is_described_and_every_described_one_exists() -> None:
    described = set(re.findall(r"^\| `(/\S+)`", (REFERENCE / "api.md").read_text(), re.MULTILINE))
    assert described == set((await asking(World(), "/api/openapi.json")).json()["paths"])
