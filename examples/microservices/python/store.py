"""Transactions in MySQL (mysql://user@host:port/name) or, without a server, in SQLite (sqlite:/path)."""

import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import unquote, urlsplit

_url = urlsplit(os.environ.get("DATABASE_URL", ""))
dialect = _url.scheme


class Transaction:
    """Statements are written with `?` for both."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        self._cursor.execute(statement if dialect == "sqlite" else statement.replace("?", "%s"), values)
        return list(self._cursor.fetchall())

    @property
    def new_id(self) -> int:
        return int(self._cursor.lastrowid)


@contextmanager
def transaction() -> Iterator[Transaction]:
    """Committed at the end of the block, undone by an error in it. Each has a connection of its own: a server may go and come."""
    with closing(_connect()) as connection:
        yield Transaction(connection.cursor())
        connection.commit()


def is_duplicate(error: Exception) -> bool:
    """Whether a statement failed because a unique value is there already."""
    return isinstance(error, sqlite3.IntegrityError) or type(error).__name__ == "IntegrityError"


def _connect() -> Any:
    if dialect == "sqlite":
        return sqlite3.connect(_url.path, timeout=10)
    # Only here: what runs on SQLite needs nothing but the standard library.
    import pymysql

    return pymysql.connect(
        host=_url.hostname,
        port=_url.port or 3306,
        user=unquote(_url.username or ""),
        password=Path(os.environ["DATABASE_PASSWORD_FILE"]).read_text(encoding="utf-8").rstrip("\n"),
        database=_url.path.lstrip("/"),
        charset="utf8mb4",
        connect_timeout=3,
    )
