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
        ("uvicorn.run(app, port=port)", "uvicorn run.py:app 1 "),
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


GUNICORN = "services:\n  api:\n    build: .\n    command: gunicorn chat:app\n"


def options(deployment: Deployment, setting: str) -> list[str]:
    """An option of each server in the order of the files."""
    found = [server.options[setting] for server in servers(deployment)]
    return [each.text if each.is_known else "?" for each in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GUNICORN_CMD_ARGS=--timeout 9 # seconds", "9"),
        ('export GUNICORN_CMD_ARGS="--timeout 9"', "9"),
        ("GUNICORN_CMD_ARGS: '--timeout 9'", "9"),
        ("#GUNICORN_CMD_ARGS=--timeout 9", "30"),
        ("GUNICORN_CMD_ARGS=--timeout $SECONDS", "?"),
        ("GUNICORN_CMD_ARGS=--timeout 8\nGUNICORN_CMD_ARGS=--timeout 9", "9"),
        ("", "30"),
    ],
)
def test_a_file_of_variables_counts(line: str, expected: str, write: Write, deployed: Deployment) -> None:
    write("compose.yaml", GUNICORN + "    env_file: [missing.env, conf/web.env]\n")
    write("conf/web.env", f"A=1\n{line}\n")
    assert options(deployed, "timeout") == [expected]


def test_variables_of_the_service_beat_those_of_its_files(write: Write, deployed: Deployment) -> None:
    files = "    env_file:\n      - path: web.env\n        required: false\n"
    write("compose.yaml", f"{GUNICORN}{files}    environment:\n      GUNICORN_CMD_ARGS: --timeout 9\n")
    write("web.env", "GUNICORN_CMD_ARGS=--timeout 5\n")
    assert options(deployed, "timeout") == ["9"]


def test_a_service_of_another_file_is_extended(write: Write, deployed: Deployment) -> None:
    write("compose.yaml", "services:\n  api:\n    extends:\n      file: shared/base.yaml\n      service: web\n")
    write("shared/base.yaml", "services:\n  web:\n    extends: any\n  any:\n    command: gunicorn -t 9 chat:app\n")
    (server,) = (each for each in servers(deployed) if each.unit.name == "api")
    assert (server.anchor.path.name, server.unit.path.name, server.options["timeout"].text) == (
        "base.yaml",
        "compose.yaml",
        "9",
    )


def test_services_that_extend_each_other_end(write: Write, deployed: Deployment) -> None:
    write("compose.yaml", "services:\n  a: {extends: {file: b.yaml, service: a}, command: uvicorn a:app}\n")
    write("b.yaml", "services:\n  a: {extends: {file: compose.yaml, service: a}}\n")
    assert {server.unit.name for server in servers(deployed)} == {"a"}


def test_a_file_for_production_completes_the_first_one(write: Write, deployed: Deployment) -> None:
    write("compose.yaml", GUNICORN)
    write("compose.prod.yaml", "services:\n  api:\n    environment: [GUNICORN_CMD_ARGS=--timeout 9]\n")
    assert options(deployed, "timeout") == ["9", "30"]
    (told_of,) = Server.in_file(deployed, deployed.root / "compose.yaml")
    assert told_of.options["timeout"].text == "9"
    assert [server.unit.is_completed for server in servers(deployed)] == [False, True]


def test_a_file_that_can_stand_alone_completes_nothing(write: Write, deployed: Deployment) -> None:
    write("compose.yaml", GUNICORN)
    write("compose.prod.yaml", "services:\n  api:\n    image: example/api:1\n")
    assert len(servers(deployed)) == 1


@pytest.mark.parametrize(
    ("command", "environment", "expected"),
    [
        ("gunicorn -b 0.0.0.0:${PORT:-9} chat:app", "", "9 chat:app"),
        ("gunicorn -b 0.0.0.0:$PORT ${MODULE:-chat:app}", "PORT: 9", "9 chat:app"),
        ("gunicorn -b :${PORT} $MODULE", "", "None "),
        ("gunicorn -b :${PORT:-9} -t ${TIMEOUT:-5} {{ module }}", "", "9 "),
        ("gunicorn -b :${PORT:-9} -t ${TIMEOUT:-5} web", "", "9 web"),
    ],
)
def test_defaults_of_variables_say_where_and_what_but_no_limit(
    command: str, environment: str, expected: str, write: Write, deployed: Deployment
) -> None:
    write("compose.yaml", f"services:\n  api:\n    command: {command}\n    environment: {{{environment}}}\n")
    (server,) = servers(deployed)
    assert " ".join((str(server.binds[0].port), server.target)) == expected
    assert not server.options["timeout"].is_known or "chat:app" in command


def test_the_port_of_a_service_by_the_default_of_its_variable(write: Write, deployed: Deployment) -> None:
    write("compose.yaml", f'{GUNICORN}    ports: ["${{WEB:-80}}:8000", "${{OTHER}}:9000"]\n')
    (server,) = servers(deployed)
    assert [(port.target, port.published) for port in server.unit.ports] == [(8000, 80), (9000, None)]


def test_what_a_template_computes_is_not_known(write: Write, deployed: Deployment) -> None:
    write(
        "docker-compose.yml.j2",
        "services:\n{% for name in names %}\n  {{ name }}:\n    command: gunicorn -t {{ t }} chat:app\n{% endfor %}\n"
        "  api:\n{% if slow %}\n    stop_grace_period: 5s\n{% endif %}\n    command: gunicorn -t 9 chat:app\n",
    )
    computed, known = servers(deployed)
    assert not computed.options["timeout"].is_known
    assert known.options["timeout"].text == "9"
    grace = known.unit.settings["stop_grace_period"]
    assert (grace.text, grace.is_known) == ("5s", False)


@pytest.mark.parametrize(
    ("entrypoint", "command"),
    [
        ("/bin/bash", '-c "set -e; prisma db push && gunicorn -t 9 chat:app --reload"'),
        ("[bash, -c]", "['exec gunicorn -t 9 chat:app --reload']"),
        ('["sh"]', '["start.sh"]'),
        ("[sh, start.sh]", "null"),
        ("null", "sh -c 'gunicorn -t 9 chat:app --reload & nginx'"),
    ],
)
def test_what_shells_run(entrypoint: str, command: str, write: Write, deployed: Deployment) -> None:
    write("compose.yaml", f"services:\n  api:\n    entrypoint: {entrypoint}\n    command: {command}\n")
    write("start.sh", "#!/bin/sh\nA=\"$(echo \"$B\" | tr ',' ' ')\"\nexec gunicorn -t 9 chat:app --reload\n")
    (server,) = (each for each in servers(deployed) if each.unit.name == "api")
    assert told(deployed, server) == "gunicorn -t 9 chat:app --reload"


def test_a_script_is_the_one_beside_what_the_image_is_built_from(write: Write, deployed: Deployment) -> None:
    for stage, program in (("local", "uvicorn chat:app --reload"), ("production", "gunicorn chat:app")):
        build = f"build: {{context: ., dockerfile: compose/{stage}/Dockerfile}}"
        write(f"compose.{stage}.yaml", f"services:\n  web:\n    {build}\n    command: /start\n")
        write(f"compose/{stage}/Dockerfile", f"FROM python:3.12\nCOPY compose/{stage}/start /start\n")
        write(f"compose/{stage}/start", f"#!/bin/bash\nexec {program}\n")
    write("tools/local/start", "#!/bin/sh\nuvicorn other:app\n")
    told = {(one.unit.kind, one.unit.path.name, one.program, one.unit.is_for_development) for one in servers(deployed)}
    assert told == {
        ("service", "compose.local.yaml", "uvicorn", True),
        ("service", "compose.production.yaml", "gunicorn", False),
        ("script", "start", "uvicorn", True),
    }
