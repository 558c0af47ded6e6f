"""Which files that are not Python may matter, by their names alone; asked of every file of a walk."""

from __future__ import annotations

import os
import re

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
DECLARING = ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py")
PYLOCK = re.compile(r"pylock\.[^.]+\.toml")
REQUIREMENTS = re.compile(r"(?:.*[-_.])?requirements.*\.(?:txt|in)|constraints.*\.txt", re.IGNORECASE)
ENVIRONMENT = re.compile(r"(?:conda-?|.*[-_.])?environment(?:[-_.].*)?\.ya?ml|conda-env.*\.ya?ml", re.IGNORECASE)
IN_FOLDER = re.compile(r".*\.(?:txt|in)")
"""What counts in a folder that is called `requirements`."""
_FOLDER = "requirements"
_DEPLOYING = re.compile(
    r"(?:[^.]+\.)?(?:Dockerfile|Containerfile)(?:\..+)?"
    r"|Procfile(?:\..+)?"
    r"|.*compose.*\.ya?ml"
    r"|.*\.(?:conf|nginx|service|sh)(?:\.(?:template|tmpl|tpl|j2|jinja2?|erb|in|example|sample))?"
    r"|supervisor[^.]*\.ini"
    r"|.*entrypoint[^.]*"
    r"|gunicorn.*\.py",
    re.IGNORECASE,
)
"""Names of what says how a program is served."""
LARGEST = 300_000
"""Bytes; a larger file around the code was written by a program."""
LARGEST_DECLARING = 20_000_000
"""Bytes; a lock file may have a few megabytes."""
_SERVING_FOLDERS = ("conf.d", "sites-available", "sites-enabled")
"""Folders in which every file says so."""


def is_lock(name: str) -> bool:
    return name in LOCKS or bool(PYLOCK.fullmatch(name))


def is_dependency_file(path: str) -> bool:
    """Whether a file of this name says which packages are needed; `setup.py` does, and is Python."""
    folder, name = os.path.split(path)
    if name in DECLARING or is_lock(name):
        return True
    if name.endswith((".txt", ".in")):
        return bool(REQUIREMENTS.fullmatch(name)) or os.path.basename(folder) == _FOLDER
    return name.endswith((".yml", ".yaml")) and bool(ENVIRONMENT.fullmatch(name))


def is_deployment_file(path: str) -> bool:
    """Whether a file of this name may say how the program is served."""
    folder, name = os.path.split(path)
    return bool(_DEPLOYING.fullmatch(name)) or os.path.basename(folder) in _SERVING_FOLDERS


def environment_folder(path: str) -> str:
    """The folder whose environment a dependency file describes: that around a folder of requirement files."""
    folder = os.path.dirname(path)
    return os.path.dirname(folder) if os.path.basename(folder) == _FOLDER else folder
