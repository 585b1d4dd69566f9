"""The system's Chromium, driven by Playwright, with what the page complained of and whom it called."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Page, async_playwright

from tests.services.debian import required

# Without the last five it calls home at every start.
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check",
]  # fmt: skip
_AT_HOME = {"127.0.0.1", "localhost", "::1", None}  # None: about:, data: and blob: have no host


def chromium_path() -> Path:
    """The browser's program; Playwright's own builds are not used."""
    return required("Chromium", "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Visit:
    """One page and what it did; `complaints` and `foreign_requests` stay empty on a good one."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if urlsplit(url).hostname not in _AT_HOME:
            self.foreign_requests.append(url)


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser to visit pages with."""

    path: Path = field(default_factory=chromium_path)

    @asynccontextmanager
    async def visit(self, url: str | None = None) -> AsyncIterator[Visit]:
        """A new browser with an empty profile; closed at the end."""
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=self.path, args=ARGUMENTS)
            try:
                visit = Visit(await browser.new_page())
                visit.watch()
                if url:
                    await visit.page.goto(url)
                yield visit
            finally:
                await browser.close()
