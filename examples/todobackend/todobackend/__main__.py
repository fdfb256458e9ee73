"""python -m todobackend serve|migrate|collectstatic"""

import logging
import os
import sys

from .app import App
from .database import Database
from .migrations import migrate
from .repository import Todos
from .server import serve
from .settings import require, secret
from .static import collect


def run_serve() -> None:
    key = secret("SECRET_KEY")
    if key is None:
        sys.exit("SECRET_KEY_FILE is not set")
    app = App(Todos(database()), key.encode(), require("PUBLIC_ROOT"))
    serve(app, int(os.environ.get("PORT", "8000")))


def run_migrate() -> None:
    logging.info("schema is at version %d", migrate(database()))


def run_collectstatic() -> None:
    logging.info("collected %d files", collect(require("PUBLIC_ROOT")))


def database() -> Database:
    # Read at each connection: a password that was changed needs no restart.
    return Database(require("DATABASE_URL"), lambda: secret("DATABASE_PASSWORD"))


commands = {"serve": run_serve, "migrate": run_migrate, "collectstatic": run_collectstatic}


def main(words: list[str]) -> None:
    level = os.environ.get("LOG_LEVEL", "info").upper()
    logging.basicConfig(level=level, format="%(levelname)s %(message)s", stream=sys.stdout)
    command = commands.get(words[0]) if len(words) == 1 else None
    if command is None:
        sys.exit(__doc__)
    command()


if __name__ == "__main__":
    main(sys.argv[1:])
