"""Nothing the documentation points to is missing."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from slo_service.domain.indicator import Indicator
from tests.docs.pages import PAGES, ROOT, without_blocks

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def missing(page: Path, text: str) -> list[str]:
    targets = [found["target"].partition("#")[0] for found in _LINK.finditer(text)]
    near = [target for target in targets if target and "://" not in target]
    return [target for target in near if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    assert missing(page, without_blocks(page)) == []


def test_a_link_that_leads_nowhere_would_be_seen() -> None:
    assert missing(PAGES[0], "[why](docs/why.md) ![gone](docs/gone.png)") == ["docs/gone.png"]


@pytest.mark.parametrize("folder", ["docs/how-to", "docs/runbooks", "docs/reference"])
def test_every_page_of_a_folder_is_in_its_index(folder: str) -> None:
    listed = re.findall(r"^([a-z-]+)$", (ROOT / folder / "index.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(page.stem for page in (ROOT / folder).glob("*.md") if page.stem != "index")


def test_every_kind_of_indicator_has_its_runbook() -> None:
    kinds = {field.default for kind in get_args(Indicator) for field in fields(kind) if field.name == "kind"}
    assert {page.stem for page in (ROOT / "docs/runbooks").glob("*.md")} - {"index"} == kinds
