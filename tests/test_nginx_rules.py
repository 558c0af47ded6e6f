"""Runs over nginx files: comments that take findings back, line ends and bytes that stay, templates, and what is told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import STREAMING, Streamlint, Write

SERVICES = "services:\n  app:\n    build: .\n    command: [uvicorn, 'app:app', --host, 0.0.0.0, --port, '8000']\n"
PASS = "proxy_pass http://app:8000;"


@pytest.fixture(autouse=True)
def application(write: Write) -> Path:
    write("compose.yaml", SERVICES)
    return write("app.py", STREAMING)


@pytest.mark.parametrize(
    "text",
    [
        f"server {{ location / {{ {PASS} }} }}  # streamlint: ignore[STL501, STL504, STL505] only in a test\n",
        f"server {{\n location / {{\n  # streamlint: ignore[STL501, STL504, STL505]\n  {PASS}\n }}\n}}\n",
        f"# streamlint: ignore-file[STL5]\nserver {{ location / {{ {PASS} }} }}\n",
    ],
)
def test_comments_take_findings_back(text: str, write: Write, streamlint: Streamlint) -> None:
    write("nginx.conf", text)
    result = streamlint("--extend-select", "STL50")
    assert (result.exit_code, "STL50" in result.stdout) == (0, False), result.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"server {{\r\n\tlocation / {{\r\n\t\t{PASS}\t# é\r\n\t}}\r\n}}\r\n",
            f"server {{\r\n\tlocation / {{\r\n\t\tproxy_buffering off;\r\n\t\tproxy_read_timeout 300s;\r\n"
            f"\t\tproxy_http_version 1.1;\r\n\t\t{PASS}\t# é\r\n\t}}\r\n}}\r\n",
        ),
        (
            f"\ufeffserver {{ location / {{ {PASS} }} }}",
            f"\ufeffserver {{ location / {{ proxy_buffering off; proxy_read_timeout 300s; proxy_http_version 1.1; {PASS} }} }}",
        ),
    ],
)
def test_a_repair_keeps_lines_and_bytes(before: str, after: str, application: Path, streamlint: Streamlint) -> None:
    path = application.with_name("nginx.conf")
    path.write_bytes(before.encode())
    streamlint("--fix", "--unsafe-fixes")
    assert path.read_bytes().decode() == after
    streamlint("--fix", "--unsafe-fixes")
    assert path.read_bytes().decode() == after


def test_one_line_of_many_servers_is_judged(write: Write, streamlint: Streamlint) -> None:
    other = "server { location /other/ { proxy_pass http://app:8000; proxy_read_timeout 9s; } } "
    write("nginx.conf", other * 2_000 + f"server {{ location / {{ proxy_http_version 1.1; {PASS} }} }}")
    assert "STL504" in streamlint("--output-format", "concise").stdout


def test_a_template_is_told_of_the_other_side(write: Write, streamlint: Streamlint) -> None:
    write(
        "nginx.conf.j2",
        "server {\n server_name {{ host }};\n location / {\n  uwsgi_pass 127.0.0.1:8000;\n }\n}\n",
    )
    assert "X-Accel-Buffering: no" in streamlint().stdout


def test_what_two_locations_include_is_told_once(write: Write, streamlint: Streamlint) -> None:
    write(
        "nginx/nginx.conf",
        "http { server { location / { include app.conf; } location = /chat { include app.conf; } } }\n",
    )
    write("nginx/app.conf", f"proxy_http_version 1.1;\n{PASS}\n")
    assert streamlint("--output-format", "concise").stdout.count("STL504") == 1


def test_a_setting_that_a_condition_inherits_is_written_outside_of_it(write: Write, streamlint: Streamlint) -> None:
    path = write(
        "nginx.conf", f"server {{ location / {{ proxy_http_version 1.1; if ($beta) {{ {PASS} }} {PASS} }} }}\n"
    )
    streamlint("--fix", "--unsafe-fixes")
    text = path.read_text()
    assert text.count("proxy_read_timeout 300s;") == 1, text
    assert "{ proxy_read_timeout" not in text.partition("if (")[2]


def test_what_another_location_has_said_already_is_not_written_into_what_both_include(
    write: Write, streamlint: Streamlint
) -> None:
    write(
        "nginx/nginx.conf",
        "http { server { location / { include app.conf; } location /b { proxy_read_timeout 9m; include app.conf; } } }\n",
    )
    path = write("nginx/app.conf", f"proxy_http_version 1.1;\n{PASS}\n")
    assert "STL504" in streamlint("--fix", "--unsafe-fixes").stdout
    assert path.read_text() == f"proxy_http_version 1.1;\n{PASS}\n"
