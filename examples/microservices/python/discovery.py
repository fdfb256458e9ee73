"""Tells the discovery service where this one is, again and again: what is not heard of for a while is forgotten."""

import json
import logging
import os
import threading
from urllib.request import Request, urlopen

#: Seconds; a third of what the discovery service waits.
_pause = 3


def register(name: str) -> None:
    """Goes on in the background until the process ends."""
    threading.Thread(target=_repeat, args=(name,), daemon=True).start()


def _repeat(name: str) -> None:
    body = json.dumps({"address": os.environ["ADDRESS"]}).encode()
    request = Request(f"{os.environ['DISCOVERY_URL']}/services/{name}", body, method="PUT")
    while True:
        try:
            urlopen(request, timeout=_pause).close()
        except OSError as error:
            logging.warning("discovery: %s", error)
        threading.Event().wait(_pause)
