"""The commands and servers of a deployment, wherever they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.deployment import Deployment
from streamlint.deployment.servers import Server, Servers
from streamlint.knowledge import Knowledge
from streamlint.project import Project
from streamlint.source import Source, Span
from tests.conftest import Write


@pytest.fixture
def deployed(write: Write, tmp_path: Path) -> Deployment:
    """What lies in the test's folder; its files are written before the first question."""

    def files() -> list[Path]:
        return sorted(path for path in tmp_path.rglob("*") if path.is_file())

    def projects() -> list[Project]:
        return [Project(tmp_path, [path for path in files() if path.suffix == ".py"])]

    return Deployment(tmp_path, Knowledge(), files, projects)


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


def code(call: str) -> str:
    return f"""
import asyncio, os
import hypercorn.asyncio, uvicorn, waitress
from flask import Flask
from uvicorn import run as start

app = Flask(__name__)


def main(port=1):
    {call}


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('uvicorn.run("web.app:app", port=9, timeout_graceful_shutdown=5)', "uvicorn web.app:app 9 5"),
        ("start(app, port=9)", "uvicorn run.py:app 9 "),
        ('uvicorn.Server(uvicorn.Config(app, port=int(os.environ["PORT"])))', "uvicorn run.py:app ? "),
        ("uvicorn.run(app, port=port)", "uvicorn run.py:app ? "),
        ("uvicorn.run(app, **settings)", "uvicorn run.py:app ? ?"),
        ("asyncio.run(hypercorn.asyncio.serve(app, config))", "hypercorn run.py:app - 3"),
        ("config.graceful_timeout = 9\n    hypercorn.asyncio.serve(app, config)", "hypercorn run.py:app - ?"),
        ("waitress.serve(app, port=9)", "waitress run.py:app 9 -"),
        ("app.run(port=9)", "flask run.py:app 9 -"),
        (
            "uvicorn.run(app, port=9)\n    uvicorn.run(app, port=9, timeout_graceful_shutdown=5)",
            "uvicorn run.py:app 9 ?",
        ),
        ("uvicorn.run(app)\n    app.run()", ""),
        ("print(uvicorn)", ""),
    ],
)
def test_servers_that_code_starts(call: str, expected: str, write: Write, deployed: Deployment) -> None:
    write("run.py", code(call))
    write("Procfile", "web: python -u run.py\n")
    found = []
    for server in servers(deployed):
        options = [server.option(name) for name in ("port", "timeout-graceful-shutdown", "graceful-timeout")]
        texts = [(each.text if each.is_known else "?") for each in options if each is not None]
        port, grace = [*texts, "-"][:2] if server.program != "hypercorn" else ("-", texts[0])
        found.append(f"{server.program} {server.target} {port} {grace}")
        assert told(deployed, server) == "python -u run.py"
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("command", "is_started"),
    [
        ("python run.py", True),
        ("python3 -m run", True),
        ("uv run run.py", True),
        ("/venv/bin/python -X dev ./run.py --workers 2", False),
        ("python run.py --env main", True),
        ("python run.py main", True),
        ("python run.py migrate", False),
        ("python other.py", False),
        ("python $SCRIPT.py", False),
        ("python -c run.py", False),
    ],
)
def test_which_file_a_command_runs(command: str, is_started: bool, write: Write, deployed: Deployment) -> None:
    write("run.py", code("uvicorn.run(app)"))
    write("Procfile", f"web: {command}\n")
    assert bool(servers(deployed)) is is_started


def test_the_file_nearest_to_the_unit_is_meant(write: Write, deployed: Deployment) -> None:
    write("api/run.py", code("uvicorn.run(app)"))
    write("web/run.py", code("app.run()"))
    write("web/Procfile", "web: python run.py\n")
    assert [server.program for server in servers(deployed)] == ["flask"]
