"""Both services over one database in a file: their routes, without sockets."""

import os
import unittest
from tempfile import TemporaryDirectory
from typing import Any

_folder = TemporaryDirectory()
os.environ["DATABASE_URL"] = f"sqlite:{_folder.name}/services.sqlite"

import course  # noqa: E402
import schema  # noqa: E402
import user  # noqa: E402
from web import answer  # noqa: E402


class ServicesTest(unittest.TestCase):
    def setUp(self) -> None:
        schema.make()

    def ask_user(self, method: str, path: str, body: Any = None) -> Any:
        return answer(user.routes, method, path, body)

    def ask_course(self, method: str, path: str, body: Any = None) -> Any:
        return answer(course.routes, method, path, body)

    def test_a_user_is_known_by_name_and_password(self) -> None:
        anna = {"name": "anna", "password": "long enough"}
        status, made = self.ask_user("POST", "/users", anna)
        self.assertEqual((status, made["name"]), (201, "anna"))
        self.assertEqual(self.ask_user("POST", "/users", anna), (409, {"error": "this name is taken"}))
        self.assertEqual(self.ask_user("POST", "/check", anna), (200, made))
        wrong = (401, {"error": "wrong name or password"})
        self.assertEqual(self.ask_user("POST", "/check", {**anna, "password": "another one"}), wrong)
        self.assertEqual(self.ask_user("POST", "/check", {**anna, "name": "nobody"}), wrong)
        self.assertEqual(self.ask_user("DELETE", f"/users/{made['id']}"), (204, None))
        self.assertEqual(self.ask_user("POST", "/check", anna), wrong)

    def test_weak_passwords_and_other_bodies_are_refused(self) -> None:
        for body in ({"name": "ben", "password": "short"}, {"name": "ben"}, {"name": " ", "password": "x"}, [], None):
            self.assertEqual(self.ask_user("POST", "/users", body)[0], 400)

    def test_enrolling_twice_counts_once(self) -> None:
        for _ in range(2):
            answered = self.ask_course("POST", "/courses/1/students", {"name": "anna"})
            self.assertEqual(answered, (200, {"course": schema.courses[0], "student": "anna"}))
        self.assertEqual([each["students"] for each in self.ask_course("GET", "/courses")[1]], [1, 0])
        self.assertEqual(self.ask_course("DELETE", "/courses/1/students/anna"), (204, None))
        self.assertEqual([each["students"] for each in self.ask_course("GET", "/courses")[1]], [0, 0])
        self.assertEqual(self.ask_course("POST", "/courses/9/students", {"name": "anna"})[0], 404)

    def test_making_the_schema_again_keeps_what_is_there(self) -> None:
        schema.make()
        self.assertEqual([each["title"] for each in self.ask_course("GET", "/courses")[1]], schema.courses)

    def test_health_asks_the_database(self) -> None:
        for ask in (self.ask_user, self.ask_course):
            self.assertEqual(ask("GET", "/healthz"), (200, {"status": "ok"}))
