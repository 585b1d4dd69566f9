"""Every command line in the documentation is one that its program takes."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from slo_service.cli import main
from tests.docs.pages import PAGES, ROOT, Block, blocks, without_blocks
from tests.show.api.asking import asking
from tests.show.fakes import World

SHELL = list(blocks("bash"))
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every simple command; pipes and lists are taken apart, comments left out."""
    lexer = shlex.shlex(text.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=";&|")
    lexer.commenters = ""
    words: list[str] = []
    for word in lexer:
        if set(word) <= set(";&|"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


def without_comments(text: str) -> str:
    return re.sub(r"(^|\s)# .*$", "", text, flags=re.MULTILINE)


BLOCK_COMMANDS = [(each, words) for each in SHELL for words in commands_in(without_comments(each.text)) if words]
SLO = [(each, words[1:]) for each, words in BLOCK_COMMANDS if words[0] == "slo"]
INLINE = [
    (page, found)
    for page in PAGES
    for found in re.findall(r"`slo ([a-z][^`|]*)`", without_blocks(page))
    if "\\" not in found
]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        assert rest[0] in command.commands, f"there is no command slo {' '.join(words)}"
        command = command.commands[rest.pop(0)]
    return command, rest


@pytest.mark.parametrize(("where", "words"), SLO, ids=[f"{each} slo {' '.join(words)}" for each, words in SLO])
def test_a_command_line_is_understood_as_it_stands(where: Block, words: list[str]) -> None:
    command, rest = command_of(words)
    command.make_context("slo", rest)


@pytest.mark.parametrize(("page", "text"), INLINE, ids=[f"{page.stem} slo {text}" for page, text in INLINE])
def test_a_command_named_in_passing_exists_with_its_options(page: object, text: str) -> None:
    command, rest = command_of([word for word in text.split() if re.match(r"-|[a-z-]+$", word)])
    known = {option for param in command.params for option in param.opts}
    assert [word for word in rest if word.startswith("-") and word not in known] == []


@pytest.mark.parametrize("words", [["stat"], ["check", "--jsn", "."], ["demo", "--scenario", "earthquake"]], ids=str)
def test_a_wrong_command_line_would_be_seen(words: list[str]) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        test_a_command_line_is_understood_as_it_stands(SLO[0][0], words)


def test_every_target_of_make_that_is_named_exists() -> None:
    named = {words[1] for _, words in BLOCK_COMMANDS if words[0] == "make"}
    named |= {target for page in PAGES for target in re.findall(r"`make ([a-z]+)", page.read_text())}
    assert named <= TARGETS
    assert {"demo", "test"} <= named


async def test_every_address_that_is_asked_for_exists() -> None:
    known = set((await asking(World(), "/api/openapi.json")).json()["paths"])
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in known]
    asked = {
        found for page in PAGES for found in re.findall(r"http://127\.0\.0\.1:8080(/api/[\w/.-]+)", page.read_text())
    }
    assert {path for path in asked if not any(pattern.fullmatch(path) for pattern in patterns)} == set()
    assert len(asked) >= 3
