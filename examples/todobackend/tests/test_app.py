"""The interface over a database in a file: requests in, answers out, no sockets."""

import io
import json
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Optional

from todobackend import static
from todobackend.app import App
from todobackend.database import Database
from todobackend.migrations import migrate, steps
from todobackend.repository import Todos


class AppTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.database = Database(f"sqlite:{self.folder}/todos.sqlite", lambda: None)
        migrate(self.database)
        static.collect(str(self.folder / "public"))
        self.app = App(Todos(self.database), b"key", str(self.folder / "public"))

    def ask(self, method: str, path: str, value: Any = None, body: Optional[bytes] = None) -> tuple[int, Any]:
        sent = body if body is not None else b"" if value is None else json.dumps(value).encode()
        seen: list[Any] = []
        environment = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(sent)),
            "HTTP_HOST": "todo.test",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.url_scheme": "http",
        }
        content = b"".join(self.app(environment, lambda status, headers: seen.extend([status, dict(headers)])))
        status, headers = seen
        is_json = headers.get("Content-Type") == "application/json"
        return int(status[:3]), json.loads(content) if is_json else content

    def test_a_todo_from_its_creation_to_its_end(self) -> None:
        status, todo = self.ask("POST", "/todos", {"title": "buy milk", "order": 3})
        self.assertEqual(status, 201)
        self.assertEqual(
            {key: todo[key] for key in ("id", "title", "completed", "order", "url")},
            {"id": 1, "title": "buy milk", "completed": False, "order": 3, "url": "http://todo.test/todos/1"},
        )
        self.assertEqual(self.ask("PATCH", "/todos/1", {"completed": True})[1], {**todo, "completed": True})
        self.assertEqual(self.ask("GET", "/todos"), (200, [{**todo, "completed": True}]))
        self.assertEqual(self.ask("DELETE", "/todos/1"), (204, b""))
        self.assertEqual(self.ask("DELETE", "/todos/1")[0], 404)
        self.assertEqual(self.ask("GET", "/todos/1")[0], 404)

    def test_the_order_counts_before_the_age(self) -> None:
        for title, order in [("last", None), ("second", 2), ("first", 1)]:
            self.ask("POST", "/todos", {"title": title, "order": order})
        self.assertEqual([todo["title"] for todo in self.ask("GET", "/todos")[1]], ["first", "second", "last"])
        self.assertEqual(self.ask("DELETE", "/todos"), (204, b""))
        self.assertEqual(self.ask("GET", "/todos"), (200, []))

    def test_a_bad_request_says_all_that_is_wrong(self) -> None:
        answer = self.ask("POST", "/todos", {"title": " ", "completed": 1, "order": "x"})
        error = "title is a text of 1 to 255 characters; completed is true or false; order is a whole number"
        self.assertEqual(answer, (400, {"error": error}))
        self.assertEqual(self.ask("POST", "/todos", {}), (400, {"error": "title is missing"}))
        self.assertEqual(self.ask("POST", "/todos", body=b"{"), (400, {"error": "the body is no JSON"}))
        self.assertEqual(self.ask("POST", "/todos", body=b"x" * 70_000)[0], 413)
        self.assertEqual(self.ask("PUT", "/todos")[0], 405)

    def test_a_shared_link_shows_one_todo_and_cannot_be_guessed(self) -> None:
        _, todo = self.ask("POST", "/todos", {"title": "shared"})
        path = todo["share"].removeprefix("http://todo.test")
        self.assertEqual(self.ask("GET", path), (200, {"title": "shared", "completed": False}))
        for guess in (path[:-1], path.replace("/1.", "/2."), "/shared/1.ü"):
            self.assertEqual(self.ask("GET", guess)[0], 404)

    def test_collected_files_are_served_and_nothing_beside_them(self) -> None:
        self.assertIn(b"<title>Todos</title>", self.ask("GET", "/")[1])
        self.assertIn(b"fetch", self.ask("GET", "/static/todos.js")[1])
        self.assertEqual(self.ask("GET", "/../todos.sqlite")[0], 404)

    def test_health_is_that_of_the_database(self) -> None:
        self.assertEqual(self.ask("GET", "/healthz"), (200, {"status": "ok"}))
        with self.database.work() as cursor:
            cursor.execute("DROP TABLE todo")
        with self.assertLogs(level="WARNING"):
            self.assertEqual(self.ask("GET", "/healthz"), (503, {"error": "the database is away"}))

    def test_a_second_migration_changes_nothing(self) -> None:
        self.ask("POST", "/todos", {"title": "kept"})
        self.assertEqual(migrate(self.database), len(steps))
        self.assertEqual(len(self.ask("GET", "/todos")[1]), 1)
