"""What holds for a location of nginx: by inheritance, through includes, by its release; and where it passes requests on to."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from streamlint.deployment import Deployment
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.nginx_sites import Location, NginxSites, seconds
from streamlint.knowledge import Knowledge
from tests.conftest import Write


def locations(folder: Path) -> dict[str, Location]:
    """The locations that pass requests on, by their titles."""
    files = tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
    sites = Deployment(folder, Knowledge(), lambda: files).ask(NginxSites)
    return {each.title: each for found in sites.of_file.values() for each in found}


def told(location: Location, name: str) -> str | None:
    """A setting of the module; None where nobody can say it."""
    found = location.of_module(name)
    return " ".join(found.values) if found.is_known else None


def test_the_innermost_block_that_says_something_counts(write: Write, tmp_path: Path) -> None:
    write(
        "nginx.conf",
        "http { proxy_buffering off; proxy_read_timeout 5m; upstream app { server app:8000; keepalive 4; }\n"
        "server { proxy_read_timeout 10s; location / { proxy_pass http://app; }\n"
        "location /a { proxy_buffering on; proxy_pass http://app:9000; location /a/b { proxy_pass https://other/x; } } } }\n",
    )
    found = locations(tmp_path)
    one, outer, inner = found["location /"], found["location /a"], found["location /a/b"]
    assert [told(each, "buffering") for each in (one, outer, inner)] == ["off", "on", "on"]
    assert [told(each, "read_timeout") for each in (one, outer, inner)] == ["10s", "10s", "10s"]
    blocks = [each.of_module("buffering").block for each in (one, outer, inner)]
    assert [each.name for each in blocks if each is not None] == ["http", "location", "location"]
    assert blocks[1] is blocks[2] is outer.statement
    assert one.passing is not None and inner.passing is not None
    assert (one.passing.addresses, one.passing.keeps_connections) == ((Address("app", 8000),), True)
    assert inner.passing.addresses == (Address("other", 443),) and inner.passing.uri == "/x"


def test_includes_are_followed_wherever_they_lie(write: Write, tmp_path: Path) -> None:
    write(
        "deploy/nginx.conf", "http { include mime.types; include /etc/nginx/conf.d/*.conf; proxy_read_timeout 9m; }\n"
    )
    write(
        "deploy/conf.d/site.conf.template",
        "server { location / { include snippets/app.conf; include proxy_params; } }\n",
    )
    write("deploy/snippets/app.conf", "proxy_pass http://app:8000;\nproxy_buffering off;\n")
    [location] = locations(tmp_path).values()
    assert location.anchor.path.name == "app.conf"
    assert (told(location, "buffering"), told(location, "read_timeout")) == ("off", "9m")


def test_parts_beside_a_main_file_belong_to_it(write: Write, tmp_path: Path) -> None:
    write("nginx/nginx.conf", "http { include /etc/nginx/conf.d/*.conf; proxy_buffering off; }\n")
    write("nginx/default.conf", "server { location / { proxy_pass http://app:8000; } }\n")
    [location] = locations(tmp_path).values()
    assert told(location, "buffering") == "off"


def test_without_a_main_file_a_part_stands_for_itself(write: Write, tmp_path: Path) -> None:
    write("conf.d/default.conf", "server { location / { proxy_pass http://app:8000; } }\n")
    [location] = locations(tmp_path).values()
    assert (told(location, "buffering"), told(location, "http_version")) == ("on", "1.0")


@pytest.mark.parametrize(
    "site",
    [
        "server { include somewhere.conf; location / { proxy_pass http://a:1; } }",
        "server { location / {\n{{ extra }}\nproxy_pass http://a:1; } }",
        "server { location / { proxy_buffering ${MODE}; proxy_pass http://a:1; } }",
        "server { location / {\n{% if x %}\nproxy_buffering off;\n{% endif %}\nproxy_pass http://a:1; } }",
        "location / { proxy_pass http://a:1; }",
    ],
)
def test_what_is_not_here_is_not_known(site: str, write: Write, tmp_path: Path) -> None:
    write("site.conf", site + "\n")
    [location] = locations(tmp_path).values()
    assert told(location, "buffering") is None


def test_what_includes_itself_ends(write: Write, tmp_path: Path) -> None:
    write("nginx.conf", "http { include site.conf; }\n")
    write("site.conf", "server { location / { proxy_pass http://a:1; } }\ninclude site.conf;\ninclude nginx.conf;\n")
    write("loop.conf", "server { }\ninclude loop.conf;\n")
    locations(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("Dockerfile", "FROM nginx:1.25.3-alpine\n", "1.25.3"),
        ("Dockerfile", "FROM node:20 AS build\nFROM --platform=linux/amd64 docker.io/library/nginx:1.30\n", "1.30.999"),
        ("compose.yaml", "services:\n  web:\n    image: nginx:latest\n", "1.31"),
        ("compose.yaml", "services:\n  web:\n    image: nginx\n", "1.31"),
        ("compose.yaml", "services:\n  web:\n    image: 'nginxinc/nginx-unprivileged:1.27-alpine'\n", "1.27.999"),
        ("compose.yaml", "services:\n  a:\n    image: nginx:1.20\n  b:\n    image: nginx:1.31\n", ""),
        ("compose.yaml", "services:\n  a:\n    image: nginx:${TAG}\n", ""),
        ("compose.yaml", "services:\n  a:\n    image: nginx/nginx-prometheus-exporter:1.1\n", ""),
    ],
)
def test_an_image_tells_the_release(name: str, text: str, version: str, write: Write, tmp_path: Path) -> None:
    write(name, text)
    write("nginx.conf", "server { location / { proxy_pass http://a:1; } }\n")
    [location] = locations(tmp_path).values()
    assert location.server.version == (Version(version) if version else None)
    is_new = bool(version) and Version(version) >= Version("1.29.7")
    assert told(location, "http_version") == ("1.1" if is_new else "1.0")


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("http://unix:/run/app.sock", (Address("", None, "/run/app.sock"),)),
        ("http://unix:/run/app.sock:/x", (Address("", None, "/run/app.sock"),)),
        ("http://[::1]:8000", (Address("[::1]", 8000),)),
        ("http://pool/x", (Address("a", 1), Address("", None, "/run/b"))),
        ("http://$host", (Address("$host", 80, is_known=False),)),
        ("http://${APP}:8000", (Address("${APP}", 8000, is_known=False),)),
        ("http://app:", (Address("app", 80),)),
    ],
)
def test_addresses_are_read(written: str, addresses: tuple[Address, ...], write: Write, tmp_path: Path) -> None:
    write(
        "nginx.conf",
        f"upstream pool {{ server a:1 weight=2; server unix:/run/b; }}\nserver {{ location / {{ proxy_pass {written}; }} }}\n",
    )
    [location] = locations(tmp_path).values()
    assert location.passing is not None
    assert location.passing.addresses == addresses


def test_conditions_in_a_location_pass_on_by_themselves(write: Write, tmp_path: Path) -> None:
    write("nginx.conf", "server { location / { if ($a) { proxy_pass http://a:1; } uwsgi_pass b:2; } }\n")
    found = locations(tmp_path)
    assert found["if ($a)"].is_conditional
    assert found["location /"].passing is not None and found["location /"].passing.module.prefix == "uwsgi"


def test_servers_of_streams_are_none(write: Write, tmp_path: Path) -> None:
    write("nginx.conf", "stream { server { listen 1; proxy_pass db:5432; } }\nhttp { }\n")
    assert not locations(tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("60", 60), ("60s", 60), ("5m", 300), ("1h 30m", 5400), ("500ms", 0.5), ("$x", None), ("", None), ("1x", None)],
)
def test_times(text: str, value: float | None) -> None:
    assert seconds(text) == value
