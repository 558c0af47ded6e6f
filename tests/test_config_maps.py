"""nginx in ConfigMaps: read where it stands in its file, told of where it is broken, and no failure whatever is written."""

from __future__ import annotations

import pytest

from tests.conftest import STREAMING, Streamlint, Write

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: proxy\ndata:\n"
SITE = "server { location / { proxy_pass http://localhost:8000; proxy_http_version 1.1; proxy_read_timeout 9s; } }"


@pytest.fixture(autouse=True)
def application(write: Write) -> None:
    write("app.py", STREAMING)
    write("Procfile", "web: uvicorn app:app --port 8000\n")


def told(streamlint: Streamlint, code: str) -> list[str]:
    result = streamlint("--select", code, "--output-format", "concise")
    assert result.exit_code in (0, 1), result.stdout + result.stderr
    return [line.partition(": ")[0] for line in result.stdout.splitlines() if code in line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"  nginx.conf: |\n    {SITE}\n", 7),
        (f"  site.conf.template: |-\n    # a site\n    {SITE}\n", 8),
        (f"  default: |2\n     {SITE}\n", 7),
        (f"  other: x\n  my-nginx: |+\n    events {{}}\n    http {{ {SITE} }}\n\n", 9),
        (f"  a.conf: |\r\n    {SITE}\r\n", 7),
        (f"  äöü: ☃\n  a.conf: |\n    # ☃\n    {SITE}\n", 9),
    ],
)
def test_it_is_read_where_it_stands(text: str, line: int, write: Write, streamlint: Streamlint) -> None:
    written = HEAD + text
    write("map.yaml", written)
    column = written.splitlines()[line - 1].index("proxy_read_timeout") + 1
    assert told(streamlint, "STL504") == [f"map.yaml:{line}:{column}"]


@pytest.mark.parametrize(
    "text",
    [
        f"  readme.md: |\n    {SITE}\n",
        f"  a.conf: >\n    {SITE}\n",
        f'  a.conf: "{SITE}"\n',
        "  a.conf: |\n    [server]\n    port = 80\n",
        "  a.conf: [1, {2: 3}]\n",
        "  ? {a.conf: 1}\n  : |\n    server {}\n",
        "  a.conf: |",
        "  a.conf: &a |\n    server {}\n  b.conf: *a\n",
        "".join(f"  site{number}.conf: |\n    {'server { ' * 40}\n" for number in range(200)),
    ],
)
def test_what_is_none_is_silent(text: str, write: Write, streamlint: Streamlint) -> None:
    write("map.yaml", HEAD + text)
    assert told(streamlint, "STL504") == []


def test_what_is_broken_is_told_where_it_is(write: Write, streamlint: Streamlint) -> None:
    write("map.yaml", f"{HEAD}  a.conf: |\n    {SITE}\n    server {{\n  b: c\n")
    assert told(streamlint, "STL599") == ["map.yaml:8:12"]
    assert told(streamlint, "STL504") == ["map.yaml:7:85"]
