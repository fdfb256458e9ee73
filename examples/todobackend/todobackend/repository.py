"""Todos in the database."""

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from .database import Database


@dataclass(frozen=True)
class Todo:
    id: int
    title: str
    completed: bool
    position: Optional[int]


_columns = ("title", "completed", "position")


class Todos:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ping(self) -> None:
        """Fails where the database or its schema is not there."""
        with self._database.work() as cursor:
            cursor.execute("SELECT id FROM todo LIMIT 1").rows()

    def all(self) -> list[Todo]:
        with self._database.work() as cursor:
            found = cursor.execute(f"{_select} ORDER BY position IS NULL, position, id")
            return [_todo(row) for row in found.rows()]

    def get(self, number: int) -> Optional[Todo]:
        with self._database.work() as cursor:
            found = cursor.execute(f"{_select} WHERE id = ?", number).rows()
            return _todo(found[0]) if found else None

    def create(self, fields: Mapping[str, Any]) -> Todo:
        values = [fields["title"], fields.get("completed", False), fields.get("position")]
        with self._database.work() as cursor:
            cursor.execute("INSERT INTO todo (title, completed, position) VALUES (?, ?, ?)", *values)
            return Todo(cursor.new_id, *values)

    def update(self, number: int, fields: Mapping[str, Any]) -> Optional[Todo]:
        changed = [column for column in _columns if column in fields]
        if changed:
            with self._database.work() as cursor:
                assignments = ", ".join(f"{column} = ?" for column in changed)
                cursor.execute(
                    f"UPDATE todo SET {assignments} WHERE id = ?", *(fields[each] for each in changed), number
                )
        return self.get(number)

    def delete(self, number: int) -> bool:
        """Whether it was there."""
        with self._database.work() as cursor:
            return cursor.execute("DELETE FROM todo WHERE id = ?", number).count > 0

    def clear(self) -> None:
        with self._database.work() as cursor:
            cursor.execute("DELETE FROM todo")


_select = "SELECT id, title, completed, position FROM todo"


def _todo(row: tuple[Any, ...]) -> Todo:
    number, title, completed, position = row
    return Todo(number, title, bool(completed), position)
