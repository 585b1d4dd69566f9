"""Columns of the kinds that the tables are made of."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Dialect, String, Text, TypeDecorator


def prose(words: str) -> str:
    """Words that may come from a remote: what no database stores (NUL, lone surrogates) becomes a replacement mark,
    because an attempt that cannot be recorded would be repeated for ever."""
    return words.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Prose(TypeDecorator[str]):
    """A column of such words."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else prose(value)


def key(name: str) -> Column[str]:
    return Column(name, String, primary_key=True)


def words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String, nullable=nullable)


def ns(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, primary_key=primary_key, autoincrement=False)


def count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def json(name: str) -> Column[object]:
    return Column(name, JSON, nullable=False)
