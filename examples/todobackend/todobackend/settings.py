"""Settings come from the environment; secrets from files that it names, so that they show in no list of processes."""

import os
import sys
from pathlib import Path
from typing import Optional


def require(name: str) -> str:
    """The value of a variable; ends the program where it is missing."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set")
    return value


def secret(name: str) -> Optional[str]:
    """The content of the file that NAME_FILE names; None where it names none."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").rstrip("\n") if path else None
