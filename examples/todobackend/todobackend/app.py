"""The HTTP interface, as a WSGI application."""

import json
import logging
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping
from urllib.parse import quote

from . import shares, static
from .database import Unavailable
from .repository import Todo, Todos

_largest_body = 64 * 1024


@dataclass(frozen=True)
class Answer:
    status: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that cannot be met; the message is for whoever sent it."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


Environment = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class App:
    """`key` signs links; `public` is the folder with the collected files."""

    def __init__(self, todos: Todos, key: bytes, public: str) -> None:
        self._todos = todos
        self._key = key
        self._public = public

    def __call__(self, environment: Environment, start: StartResponse) -> Iterable[bytes]:
        try:
            answer = self._answer(environment)
        except Refused as refused:
            answer = _json(refused.status, {"error": str(refused)})
        except Unavailable as unavailable:
            logging.warning("the database is away: %s", unavailable)
            answer = _json("503 Service Unavailable", {"error": "the database is away"})
        except Exception:  # A fault of ours: the log says which, the answer does not.
            logging.exception("%s %s", environment["REQUEST_METHOD"], environment["PATH_INFO"])
            answer = _json("500 Internal Server Error", {"error": "internal error"})
        start(answer.status, [*answer.headers.items(), ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def _answer(self, environment: Environment) -> Answer:
        path = environment["PATH_INFO"]
        method = environment["REQUEST_METHOD"]
        todo = re.fullmatch(r"/todos/(\d{1,18})", path)
        shared = re.fullmatch(r"/shared/([^/]+)", path)
        if path == "/healthz":
            self._todos.ping()
            return _json("200 OK", {"status": "ok"})
        if path == "/todos":
            return self._collection(method, environment)
        if todo:
            return self._one(method, int(todo[1]), environment)
        if shared and method == "GET":
            return self._shared(shared[1])
        return self._file(path) if method == "GET" else _missing()

    def _collection(self, method: str, environment: Environment) -> Answer:
        if method == "GET":
            return _json("200 OK", [self._shown(each, environment) for each in self._todos.all()])
        if method == "POST":
            fields = _fields(environment)
            if "title" not in fields:
                raise Refused("400 Bad Request", "title is missing")
            return _json("201 Created", self._shown(self._todos.create(fields), environment))
        if method == "DELETE":
            self._todos.clear()
            return Answer("204 No Content")
        raise Refused("405 Method Not Allowed", f"{method} is not for all todos")

    def _one(self, method: str, number: int, environment: Environment) -> Answer:
        if method == "DELETE":
            return Answer("204 No Content") if self._todos.delete(number) else _missing()
        if method not in ("GET", "PATCH"):
            raise Refused("405 Method Not Allowed", f"{method} is not for one todo")
        found = self._todos.get(number)
        if found is not None and method == "PATCH":
            found = self._todos.update(number, _fields(environment))
        return _missing() if found is None else _json("200 OK", self._shown(found, environment))

    def _shared(self, token: str) -> Answer:
        number = shares.read(self._key, token)
        found = None if number is None else self._todos.get(number)
        if found is None:
            return _missing()
        return _json("200 OK", {"title": found.title, "completed": found.completed})

    def _file(self, path: str) -> Answer:
        found = static.find(self._public, "index.html" if path == "/" else path)
        if found is None:
            return _missing()
        kind, content = found
        return Answer("200 OK", content, {"Content-Type": kind})

    def _shown(self, todo: Todo, environment: Environment) -> Mapping[str, Any]:
        origin = f"{environment['wsgi.url_scheme']}://{environment.get('HTTP_HOST', 'localhost')}"
        return {
            "id": todo.id,
            "title": todo.title,
            "completed": todo.completed,
            "order": todo.position,
            "url": f"{origin}/todos/{todo.id}",
            "share": f"{origin}/shared/{quote(shares.sign(self._key, todo.id))}",
        }


def _fields(environment: Environment) -> Mapping[str, Any]:
    """What a request wants to set, by column; all that is wrong with it is said at once."""
    body = _body(environment)
    title, completed, order = body.get("title"), body.get("completed"), body.get("order")
    problems = [
        *(["title is a text of 1 to 255 characters"] if "title" in body and not _is_title(title) else []),
        *(["completed is true or false"] if "completed" in body and not isinstance(completed, bool) else []),
        *(["order is a whole number"] if order is not None and not _is_order(order) else []),
    ]
    if problems:
        raise Refused("400 Bad Request", "; ".join(problems))
    names = {"title": "title", "completed": "completed", "order": "position"}
    return {column: body[name] for name, column in names.items() if name in body}


def _is_title(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 255 and len(value) <= 255


def _is_order(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def _body(environment: Environment) -> Mapping[str, Any]:
    length = int(environment.get("CONTENT_LENGTH") or 0)
    if length > _largest_body:
        raise Refused("413 Content Too Large", f"more than {_largest_body} bytes")
    try:
        value = json.loads(environment["wsgi.input"].read(length))
    except ValueError:
        raise Refused("400 Bad Request", "the body is no JSON") from None
    if not isinstance(value, dict):
        raise Refused("400 Bad Request", "the body is no JSON object")
    return value


def _json(status: str, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _missing() -> Answer:
    return _json("404 Not Found", {"error": "not found"})
