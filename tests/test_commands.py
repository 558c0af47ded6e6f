"""The commands and servers of a deployment, wherever they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.deployment import Deployment
from streamlint.deployment.servers import Server, Servers
from streamlint.knowledge import Knowledge
from streamlint.source import Source, Span
from tests.conftest import Write


@pytest.fixture
def deployed(write: Write, tmp_path: Path) -> Deployment:
    """What lies in the test's folder; its files are written before the first question."""
    return Deployment(tmp_path, Knowledge(), lambda: sorted(path for path in tmp_path.rglob("*") if path.is_file()))


def servers(deployment: Deployment) -> tuple[Server, ...]:
    return deployment.ask(Servers).rows


def told(deployment: Deployment, server: Server) -> str:
    """The text at the place of a server."""
    source = deployment.source(server.anchor.path)
    assert isinstance(source, Source)
    return source.slice(Span(server.anchor.span.start, server.anchor.span.end))


PLATFORMS = [
    ("app.yaml", "runtime: python312\nentrypoint: gunicorn -t 9 chat:app\nenv_variables:\n  A: b\n", ""),
    (".do/app.yaml", "services:\n- name: web\n  run_command: |\n    gunicorn -t 9 chat:app\n", "web"),
    ("fly.toml", 'app = "x"\n[env]\nA = "b"\n[processes]\nweb = "gunicorn -t 9 chat:app"\n', "web"),
    ("railway.json", '{"deploy": {"startCommand": "gunicorn -t 9 chat:app"}}', ""),
    ("railway.toml", '[deploy]\nstartCommand = "gunicorn -t 9 chat:app"\n', ""),
    ("render.yaml", 'services:\n  - type: web\n    name: api\n    startCommand: "gunicorn -t 9 chat:app"\n', "api"),
    ("heroku.yml", "run:\n  web: gunicorn -t 9 chat:app\n", "web"),
    ("nixpacks.toml", '[start]\ncmd = "gunicorn -t 9 chat:app"\n', ""),
]


@pytest.mark.parametrize(("path", "text", "name"), PLATFORMS, ids=[each[0] for each in PLATFORMS])
def test_the_files_of_platforms_hold_commands(
    path: str, text: str, name: str, write: Write, deployed: Deployment
) -> None:
    write(path, text)
    (server,) = servers(deployed)
    assert (server.program, server.target, server.unit.name) == ("gunicorn", "chat:app", name)
    assert told(deployed, server) == "gunicorn -t 9 chat:app"
    assert server.options["timeout"].seconds == 9
    assert {name: given.text for name, given in server.unit.environment.items()} in ({}, {"A": "b"})
