"""python user.py: who there is, and whether a password is theirs. Reached by other services, through discovery."""

import hashlib
import hmac
import os
from typing import Any

from discovery import register
from store import is_duplicate, transaction
from web import Answer, Refused, serve, text_of


def create(body: Any) -> Answer:
    name, password = text_of(body, "name"), text_of(body, "password")
    if len(password) < 8:
        raise Refused(400, "a password has at least 8 characters")
    try:
        with transaction() as database:
            database.run("INSERT INTO user (name, password) VALUES (?, ?)", name, _hash(password, os.urandom(16)))
            return 201, {"id": database.new_id, "name": name}
    except Exception as error:
        if is_duplicate(error):
            raise Refused(409, "this name is taken") from None
        raise


def check(body: Any) -> Answer:
    """Answers the user whose name and password these are."""
    name, password = text_of(body, "name"), text_of(body, "password")
    with transaction() as database:
        rows = database.run("SELECT id, password FROM user WHERE name = ?", name)
    # An unknown name takes as long as a wrong password.
    number, kept = rows[0] if rows else (0, _hash("", bytes(16)))
    genuine = hmac.compare_digest(_hash(password, bytes.fromhex(kept.partition(":")[0])), kept)
    if not (rows and genuine):
        raise Refused(401, "wrong name or password")
    return 200, {"id": number, "name": name}


def delete(number: str) -> Answer:
    with transaction() as database:
        database.run("DELETE FROM user WHERE id = ?", int(number))
    return 204, None


def health() -> Answer:
    with transaction() as database:
        database.run("SELECT id FROM user LIMIT 1")
    return 200, {"status": "ok"}


def _hash(password: str, salt: bytes) -> str:
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


routes = {
    ("GET", r"/healthz"): health,
    ("POST", r"/users"): create,
    ("POST", r"/check"): check,
    ("DELETE", r"/users/(\d{1,9})"): delete,
}

if __name__ == "__main__":
    register("user")
    serve(routes)
