"""Files of the page: collected into one folder when a replica starts, served from there."""

import mimetypes
import shutil
from pathlib import Path
from typing import Optional

_source = Path(__file__).parent / "assets"


def collect(folder: str) -> int:
    """Copies them to a folder, which belongs to root in a cluster: what is in it is ours, its own mode and times are not."""
    files = [path for path in _source.rglob("*") if path.is_file()]
    for file in files:
        copy = Path(folder) / file.relative_to(_source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return len(files)


def find(folder: str, path: str) -> Optional[tuple[str, bytes]]:
    """Type and content of a file below a folder; None where there is none."""
    root = Path(folder).resolve()
    file = (root / path.lstrip("/")).resolve()
    if root not in file.parents or not file.is_file():
        return None
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()
