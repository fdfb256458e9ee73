"""python course.py: the courses and their students. Reached by its pod-mate alone, on 127.0.0.1."""

from typing import Any

from store import is_duplicate, transaction
from web import Answer, Refused, serve, text_of


def all_courses() -> Answer:
    with transaction() as database:
        rows = database.run(
            "SELECT course.id, title, COUNT(name) FROM course LEFT JOIN student ON course = course.id"
            " GROUP BY course.id, title ORDER BY course.id"
        )
    return 200, [{"id": number, "title": title, "students": students} for number, title, students in rows]


def enrol(number: str, body: Any) -> Answer:
    name = text_of(body, "name")
    with transaction() as database:
        rows = database.run("SELECT title FROM course WHERE id = ?", int(number))
        if not rows:
            raise Refused(404, "there is no such course")
        try:
            database.run("INSERT INTO student (course, name) VALUES (?, ?)", int(number), name)
        except Exception as error:
            if not is_duplicate(error):
                raise
    return 200, {"course": rows[0][0], "student": name}


def leave(number: str, name: str) -> Answer:
    with transaction() as database:
        database.run("DELETE FROM student WHERE course = ? AND name = ?", int(number), name)
    return 204, None


def health() -> Answer:
    with transaction() as database:
        database.run("SELECT id FROM course LIMIT 1")
    return 200, {"status": "ok"}


routes = {
    ("GET", r"/healthz"): health,
    ("GET", r"/courses"): all_courses,
    ("POST", r"/courses/(\d{1,9})/students"): enrol,
    ("DELETE", r"/courses/(\d{1,9})/students/([^/]+)"): leave,
}

if __name__ == "__main__":
    serve(routes)
