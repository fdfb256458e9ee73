"""One interface to both databases: a connection for each unit of work, so that a server may go and come."""

import sqlite3
from contextlib import closing, contextmanager
from typing import Any, Callable, Iterator, Optional
from urllib.parse import unquote, urlsplit


class Unavailable(Exception):
    """The database, or what is asked for in it, is not there."""


class Database:
    """mysql://user@host:port/name or sqlite:/path; `password` is asked for at each connection."""

    def __init__(self, url: str, password: Callable[[], Optional[str]]) -> None:
        self._url = urlsplit(url)
        self._password = password
        if self._url.scheme not in ("mysql", "sqlite"):
            raise ValueError("DATABASE_URL begins with mysql:// or sqlite:")

    @property
    def dialect(self) -> str:
        return self._url.scheme

    @contextmanager
    def work(self) -> Iterator["Cursor"]:
        """A transaction: committed at the end of the block, undone by an error in it."""
        driver = self._driver()
        try:
            with closing(self._connect(driver)) as connection:
                yield Cursor(connection.cursor(), self.dialect)
                connection.commit()
        except driver.Error as error:
            raise Unavailable(str(error)) from error

    def _driver(self) -> Any:
        if self.dialect == "sqlite":
            return sqlite3
        # Only here: what runs on SQLite needs nothing but the standard library.
        import pymysql

        return pymysql

    def _connect(self, driver: Any) -> Any:
        url = self._url
        if self.dialect == "sqlite":
            return driver.connect(url.path, timeout=10)
        return driver.connect(
            host=url.hostname,
            port=url.port or 3306,
            user=unquote(url.username or ""),
            password=self._password() or "",
            database=url.path.lstrip("/"),
            charset="utf8mb4",
            connect_timeout=3,
        )


class Cursor:
    """Statements are written with `?` for both."""

    def __init__(self, cursor: Any, dialect: str) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def execute(self, statement: str, *values: Any) -> "Cursor":
        written = statement.replace("?", "%s") if self._dialect == "mysql" else statement
        self._cursor.execute(written, values)
        return self

    def rows(self) -> list[tuple[Any, ...]]:
        return list(self._cursor.fetchall())

    @property
    def new_id(self) -> int:
        return int(self._cursor.lastrowid)

    @property
    def count(self) -> int:
        """Rows that the last statement changed, or found where it changed nothing in them."""
        return int(self._cursor.rowcount)
