"""What a user of the service at $URL may rely on. It adds todos of its own and removes them; those of others stay."""

import json
import os
import unittest
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

url = os.environ["URL"].rstrip("/")


def ask(method: str, path: str, value: Any = None) -> tuple[int, Any]:
    body = None if value is None else json.dumps(value).encode()
    request = Request(url + path, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, read(response)
    except HTTPError as error:
        with error:
            return error.code, read(error)


def read(response: Any) -> Any:
    content = response.read().decode()
    is_json = response.headers.get("Content-Type") == "application/json"
    return json.loads(content) if is_json else content


class TodosTest(unittest.TestCase):
    def create(self, **fields: Any) -> Any:
        status, todo = ask("POST", "/todos", fields)
        self.assertEqual(status, 201)
        self.addCleanup(ask, "DELETE", f"/todos/{todo['id']}")
        return todo

    def test_a_created_todo_is_in_the_list(self) -> None:
        todo = self.create(title="a todo of the acceptance tests")
        self.assertIn(todo["id"], [each["id"] for each in ask("GET", "/todos")[1]])

    def test_characters_of_every_script_come_back(self) -> None:
        todo = self.create(title="Käse, 豆腐 und 🥛")
        self.assertEqual(ask("GET", f"/todos/{todo['id']}")[1]["title"], "Käse, 豆腐 und 🥛")

    def test_a_todo_can_be_completed_and_renamed(self) -> None:
        path = f"/todos/{self.create(title='before')['id']}"
        self.assertEqual(ask("PATCH", path, {"title": "after", "completed": True})[0], 200)
        todo = ask("GET", path)[1]
        self.assertEqual((todo["title"], todo["completed"]), ("after", True))

    def test_a_deleted_todo_is_gone(self) -> None:
        path = f"/todos/{self.create(title='soon gone')['id']}"
        self.assertEqual(ask("DELETE", path)[0], 204)
        self.assertEqual(ask("GET", path)[0], 404)

    def test_a_shared_link_is_for_reading(self) -> None:
        todo = self.create(title="for everybody")
        path = "/shared/" + todo["share"].rpartition("/")[2]
        self.assertEqual(ask("GET", path), (200, {"title": "for everybody", "completed": False}))
        self.assertEqual(ask("DELETE", path)[0], 404)

    def test_the_page_and_its_files_are_served(self) -> None:
        status, page = ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("/static/todos.js", page)
        self.assertEqual(ask("GET", "/static/todos.js")[0], 200)

    def test_nonsense_is_refused(self) -> None:
        self.assertEqual(ask("POST", "/todos", {"title": ""})[0], 400)
        self.assertEqual(ask("GET", "/todos/0")[0], 404)
