"""Every set of definitions that was ever in force, as text, under the number that transitions carry as their load."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson
from sqlalchemy import insert, select

from slo_service.store.sql import schema
from slo_service.store.sql.database import Database

_TABLE = schema.definition_versions


class SqlDefinitionVersions:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, files: Mapping[str, str], at_ns: int) -> int:
        """The number of this set: the newest one's if it is the same, else one more. Raises `Deposed` too.

        `files` holds the text by name, as written, so that secrets stay references."""
        digest = hashlib.sha256(orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)).hexdigest()
        async with self._database.write() as connection:
            query = select(_TABLE.c.number, _TABLE.c.digest).order_by(_TABLE.c.number.desc()).limit(1)
            newest = (await connection.execute(query)).one_or_none()
            if newest is not None and newest.digest == digest:
                return int(newest.number)
            number = 1 if newest is None else int(newest.number) + 1
            row = {"number": number, "at_ns": at_ns, "digest": digest, "files": dict(files)}
            await connection.execute(insert(_TABLE), [row])
        return number

    async def files(self, number: int) -> Mapping[str, str] | None:
        async with self._database.read() as connection:
            files: Mapping[str, str] | None = await connection.scalar(
                select(_TABLE.c.files).where(_TABLE.c.number == number)
            )
        return files
