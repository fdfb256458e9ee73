"""python schema.py: makes the tables of `user` and `course` where they are missing, and the courses there are."""

from store import dialect, transaction

_identity = "INTEGER PRIMARY KEY AUTOINCREMENT" if dialect == "sqlite" else "INTEGER PRIMARY KEY AUTO_INCREMENT"

tables = [
    f"CREATE TABLE IF NOT EXISTS user (id {_identity}, name VARCHAR(255) NOT NULL UNIQUE, password VARCHAR(255) NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS course (id {_identity}, title VARCHAR(255) NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS student (course INTEGER NOT NULL, name VARCHAR(255) NOT NULL, PRIMARY KEY (course, name))",
]
courses = ["Containers from scratch", "Kubernetes by example"]


def make() -> None:
    with transaction() as database:
        for statement in tables:
            database.run(statement)
        present = {title for (title,) in database.run("SELECT title FROM course")}
        for title in courses:
            if title not in present:
                database.run("INSERT INTO course (title) VALUES (?)", title)


if __name__ == "__main__":
    make()
    print(f"{len(tables)} tables, {len(courses)} courses")
