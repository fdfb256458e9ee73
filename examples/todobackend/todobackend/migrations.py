"""The schema, step by step. A step may run twice: MariaDB cannot undo one that was interrupted."""

from .database import Database

_identity = {"mysql": "INTEGER PRIMARY KEY AUTO_INCREMENT", "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT"}

steps = [
    """CREATE TABLE IF NOT EXISTS todo (
        id {identity},
        title VARCHAR(255) NOT NULL,
        completed BOOLEAN NOT NULL DEFAULT FALSE,
        position INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS todo_position ON todo (position, id)",
]


def migrate(database: Database) -> int:
    """Brings the schema up to date; the result is its version."""
    with database.work() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)")
        done = cursor.execute("SELECT COALESCE(MAX(version), 0) FROM schema_version").rows()[0][0]
        for version, step in enumerate(steps[done:], start=done + 1):
            cursor.execute(step.format(identity=_identity[database.dialect]))
            cursor.execute("INSERT INTO schema_version (version) VALUES (?)", version)
    return len(steps)
