"""Which files that are not Python may matter, by their names alone; asked of every file of a walk."""

from __future__ import annotations

import os
import re

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
DECLARING = ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py")
PYLOCK = re.compile(r"pylock\.[^.]+\.toml")
REQUIREMENTS = re.compile(r"(?:.*[-_.])?requirements.*\.(?:txt|in)|constraints.*\.txt", re.IGNORECASE)
ENVIRONMENT = re.compile(r"(?:conda-?|.*[-_.])?environment(?:[-_.].*)?\.ya?ml|conda-env.*\.ya?ml", re.IGNORECASE)
DEPLOYMENT = re.compile(r"(?:.*[-_.])?llama[-_]?deploy(?:ment)?(?:[-_.].*)?\.ya?ml", re.IGNORECASE)
"""A deployment of LlamaDeploy, which names what each of its services installs."""
IN_FOLDER = re.compile(r".*\.(?:txt|in)")
"""What counts in a folder that is called `requirements`."""
_FOLDER = "requirements"
DOCKERFILE = re.compile(r"(?:[^.]+\.)?(?:Dockerfile|Containerfile)(?:\..+)?", re.IGNORECASE)
PROCFILE = re.compile(r"Procfile(?:\..+)?", re.IGNORECASE)
COMPOSE = re.compile(r".*compose.*\.ya?ml(?:\.[a-z0-9]+)?", re.IGNORECASE)
"""What may be a file of Compose; its text tells."""
_DEPLOYING = re.compile(
    rf"{DOCKERFILE.pattern}"
    rf"|{PROCFILE.pattern}"
    r"|.*compose.*\.ya?ml(?:\.(?:template|tmpl|tpl|j2|jinja2?|erb|in|example|sample))?"
    r"|.*\.(?:conf|nginx|service|sh)(?:\.(?:template|tmpl|tpl|j2|jinja2?|erb|in|example|sample))?"
    r"|supervisor[^.]*\.ini"
    r"|.*entrypoint[^.]*|(?:start|run|serve)(?:[-_][^.]*)?"
    r"|gunicorn.*\.py"
    r"|app\.ya?ml|render\.ya?ml|heroku\.yml|railway\.(?:json|toml)|nixpacks\.toml|fly\.(?:.+\.)?toml",
    re.IGNORECASE,
)
"""Names of what says how a program is served."""
_DECLARING_RESOURCES = re.compile(
    r".*\.(?:tf|tfvars)"
    r"|.*\.ya?ml(?:\.(?:template|tmpl|tpl|j2|jinja2?|erb|in|example|sample))?"
    r"|vercel\.json|wrangler\.(?:toml|json)|.*\.template|(?:.*[-_.])?(?:template|cloudformation|cfn|stack|openapi|swagger)(?:[-_.].*)?\.json"
    r"|.*polic(?:y|ies)[^/]*\.xml"
    r"|(?:.*[-_.])?Caddyfile(?:[-_.].*)?|.*\.caddyfile"
    r"|.*haproxy.*\.cfg(?:\..+)?"
    r"|.*traefik.*\.toml",
    re.IGNORECASE,
)
"""Names of what may declare a balancer, a gateway or a function, or an object of Kubernetes; the text says whether it does."""
_SIGNS = re.compile(
    r"^[ \t]*[\"']?(?:apiVersion|services|Resources|static_resources|entryPoints|http|provider|runtime|swagger|openapi|tunnel)"
    r"[\"']?[ \t]*:"
    r"|AWSTemplateFormatVersion",
    re.MULTILINE,
)
"""What stands in a file of YAML or JSON that serves something."""
_BY_TEXT = (".yaml", ".yml", ".json", ".template")
STACKS = "aws_cdk"
"""The package with which Python declares resources."""
_DECLARING_IN_PYTHON = re.compile(rb"^[ \t]*(?:import|from)[ \t]+" + STACKS.encode() + rb"\b", re.MULTILINE)
_IN_PYTHON = re.compile(r"gunicorn|dockerfile|containerfile|procfile|caddyfile|haproxy", re.IGNORECASE)
"""What the names above ask of one that ends in `.py`: most files of a walk do."""
_BY_NAME = ("vercel.json", "wrangler.json")
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
    return name.endswith((".yml", ".yaml")) and bool(ENVIRONMENT.fullmatch(name) or DEPLOYMENT.fullmatch(name))


def tells_of_serving(path: str) -> bool:
    """Whether a file of this name says how the program is served."""
    folder, name = os.path.split(path)
    return bool(_DEPLOYING.fullmatch(name)) or os.path.basename(folder) in _SERVING_FOLDERS


def is_deployment_file(path: str) -> bool:
    """Whether a file of this name may say how the program is served, or what stands before it."""
    folder, name = os.path.split(path)
    if name.endswith(".py") and not _IN_PYTHON.search(name):
        return os.path.basename(folder) in _SERVING_FOLDERS
    return tells_of_serving(path) or bool(_DECLARING_RESOURCES.fullmatch(name))


def declares_resources(content: bytes) -> bool:
    """Whether a file of Python may declare a balancer, a gateway or a function, as far as a look at it tells."""
    return STACKS.encode() in content and _DECLARING_IN_PYTHON.search(content) is not None


def is_about_serving(path: str, text: str) -> bool:
    """Whether a file that may say so does, as far as a look at its text tells."""
    is_told_by_text = path.endswith(_BY_TEXT) and not path.endswith(_BY_NAME)
    return tells_of_serving(path) or not is_told_by_text or bool(_SIGNS.search(text))


def environment_folder(path: str) -> str:
    """The folder whose environment a dependency file describes: that around a folder of requirement files."""
    folder = os.path.dirname(path)
    return os.path.dirname(folder) if os.path.basename(folder) == _FOLDER else folder
