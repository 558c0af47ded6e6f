"""Files around the code that nobody can read whole: they are read as far as they go, that is told once, and nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamlint import intake, rule
from tests.conftest import STREAMING, Streamlint, Write

PASS = "proxy_http_version 1.1; proxy_read_timeout 10m; proxy_pass http://app:8000;"
SITE = f"server {{ location / {{ {PASS} }} }}"
SHORT = SITE.replace("10m", "9s")
SERVICES = "services:\n  app:\n    stop_grace_period: 1m\n    command: uvicorn app:app --port 8000\n"
LAUGHS = "x-0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"x-{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 20)
)
MANY = 3_000
BIG = "9" * 5_000
"""More digits than Python makes a number of."""


@pytest.fixture(autouse=True)
def application(write: Write) -> Path:
    write("compose.yaml", SERVICES)
    return write("app.py", STREAMING)


def told(streamlint: Streamlint, *arguments: str) -> list[str]:
    """What is said of files that could not be read, without their places."""
    result = streamlint("--select", "STL599", "--output-format", "concise", *arguments)
    assert result.exit_code == 0, result.stdout
    return [line.partition("unreadable: ")[2] for line in result.stdout.splitlines() if "STL599" in line]


def test_what_cannot_be_read_at_all_has_the_code_of_the_rule() -> None:
    assert intake.UNREAD in [(each.code, each.name) for each in rule.catalogue()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)), "this file cannot be read: is no text"),
        (SITE.encode("utf-16-be"), "this file cannot be read: is no text"),
        (SITE.encode() * 10_000, "this file cannot be read: is larger than 0.3 MB"),
        (f"# für alle\n{SITE}".encode("latin-1"), "this file can be read only in part: what stands here is no UTF-8"),
        (SITE.encode()[:-1], "this file can be read only in part: this brace is not closed"),
        (f"{SITE}}}".encode(), "this file can be read only in part: no block is open that this brace could close"),
        (
            b"server { location / {" * 2 + PASS.encode(),
            "this file can be read only in part: this brace is not closed before a `server` begins (and 3 more)",
        ),
    ],
)
def test_it_is_told_once(content: bytes, message: str, application: Path, streamlint: Streamlint) -> None:
    application.with_name("nginx.conf").write_bytes(content)
    assert told(streamlint) == [message]
    assert "unreadable" not in streamlint().stdout


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_text_is_read(encoding: str, application: Path, streamlint: Streamlint) -> None:
    application.with_name("nginx.conf").write_bytes(SHORT.encode(encoding))
    assert told(streamlint) == []
    assert "STL504" in streamlint().stdout


def test_what_stands_before_and_behind_a_fault_is_judged(write: Write, streamlint: Streamlint) -> None:
    write("nginx.conf", f"server {{ location /first/ {{ {PASS}\n{SHORT}\nserver {{ location /last {{ root")
    found = streamlint("--output-format", "concise").stdout
    assert "STL504" in found and "nginx.conf:2" in found


def test_bytes_that_are_no_unicode_stay_in_a_repair(application: Path, streamlint: Streamlint) -> None:
    path = application.with_name("nginx.conf")
    path.write_bytes(f"# für alle\n{SHORT}\n".encode("latin-1"))
    streamlint("--fix", "--unsafe-fixes")
    assert path.read_bytes() == f"# für alle\n{SHORT.replace('9s', '300s')}\n".encode("latin-1")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("compose.yaml", f"{SERVICES}  proxy: [\n", "did not find expected node content"),
        ("compose.yaml", f"{SERVICES}  proxy:\n    image: 'nginx\n", "found unexpected end of stream"),
        ("compose.yaml", f"{LAUGHS}{SERVICES}", "more stands here than is read of one document"),
        ("Procfile", "web: uvicorn app:app\nweb uvicorn\n", "a line is no process with its command"),
        ("Dockerfile", "FROM python\nRUN <<END\ncd /\n", "the here-document `END` is not closed"),
        (
            "app.service",
            "[Service]\nExecStart=uvicorn app:app\nRestart\n",
            "this is neither a section, nor a key with a value",
        ),
        (
            "supervisord.conf",
            "[program:app]\ncommand=uvicorn app:app\nautostart\n",
            "this is neither a section, nor a key with a value",
        ),
    ],
)
def test_each_format_tells_of_its_faults(
    name: str, text: str, message: str, write: Write, streamlint: Streamlint
) -> None:
    write(name, text)
    assert told(streamlint) == [f"this file can be read only in part: {message}"]


def test_services_before_a_fault_are_read(write: Write, streamlint: Streamlint) -> None:
    services = SERVICES.replace("stop_grace_period: 1m", "image: chat")
    write("compose.prod.yaml", f"{services}  proxy:\n    image: 'nginx\n    ports: [")
    assert "STL517" in streamlint("--output-format", "concise").stdout


def test_what_is_no_file_of_its_kind_is_no_matter(write: Write, streamlint: Streamlint, application: Path) -> None:
    write("logging.conf", "[handlers]\nargs = (sys.stdout,}\n")
    write("compose.md.yaml", "name: [\n")
    (application.parent / "nginx.conf").mkdir()
    (application.parent / "loop.conf").symlink_to("loop.conf")
    (application.parent / "zero.conf").symlink_to("/dev/zero")
    os.mkfifo(application.parent / "pipe.conf")
    assert told(streamlint) == []
    pipe = str(application.parent / "pipe.conf")
    assert told(streamlint, pipe) == ["this file cannot be read: is not a regular file"]


def test_a_file_that_is_closed_to_us_is_told(application: Path, streamlint: Streamlint) -> None:
    path = application.with_name("nginx.conf")
    path.write_text(SITE)
    path.chmod(0)
    if os.access(path, os.R_OK):  # who is allowed everything reads it
        assert told(streamlint) == []
    else:
        assert told(streamlint) == ["this file cannot be read: Permission denied"]


@pytest.mark.parametrize(
    "files",
    [
        {"nginx.conf": "server { location / {" * MANY * 2},
        {"nginx.conf": "location / {" * MANY * 8},
        {"nginx.conf": "{% if a %}" * MANY * 9 + SITE},
        {"nginx.conf": "server {" + "{{ a }}" * MANY * 10 + PASS},
        {"nginx.conf": "server {" + "".join(f"location ~ ^/{n}$ {{ {PASS} }}" for n in range(MANY)) + "}"},
        {"nginx.conf": "server {" + "".join(f"location /{n}/ {{ {PASS} }}" for n in range(MANY)) + "}"},
        {
            "nginx.conf": f"server {{ location / {{ {''.join(f'rewrite ^/(.*){n}$ /$1;' for n in range(MANY // 3))} {PASS} }} }}"
        },
        {"nginx.conf": "".join(f"upstream u{n} {{ server app:8000; }} {SITE}" for n in range(MANY // 2))},
        {"nginx.conf": "include a.conf;", "a.conf": "include b.conf;", "b.conf": f"include a.conf; {SITE}"},
        {f"{n}.conf": f"include {n + 1}.conf;" * 50 + SITE for n in range(6)},
        {"compose.yaml": LAUGHS + SERVICES},
        {"compose.yaml": "services: &s\n  app: *s\n"},
        {"compose.yaml": "services: " + "[" * MANY * 20},
        {"compose.yaml": 'services:\n  app:\n    build:\n      context: "a\\0b"\n    env_file: "\\0"\n'},
        {"Dockerfile": "FROM python\nCMD " + "$(" * MANY * 20},
        {"start.sh": "#!/bin/sh\n" + "./start.sh && " * MANY},
        {f"s{n}.sh": "#!/bin/sh\n" + f"sh s{n + 1}.sh\n" * 100 for n in range(5)},
        {"haproxy.cfg": "".join(f"defaults d{n}\nbackend b{n} from d{n}\n server s app:8000\n" for n in range(MANY))},
        {"haproxy.cfg": "backend b\n server s a:80\n" * MANY * 2},
        {
            "haproxy.cfg": "frontend f\n"
            + " acl a path_beg /x\n use_backend b if a\n" * MANY * 2
            + "backend b\n server s a:1\n"
        },
        {
            "haproxy.cfg": "".join(
                f"frontend f{n}\n use_backend b{n} if a\nbackend b{n}\n server s a:1\n" for n in range(MANY)
            )
        },
        {"haproxy.cfg": f"backend b\n server s app:{BIG}\n timeout server {BIG}\nlisten l\n server s a:{'9' * 30}\n"},
        {"Caddyfile": "(a) {\n" + " import a\n" * MANY + "}\ns {\n import a\n reverse_proxy app:8000\n}\n"},
        {
            "Caddyfile": "".join(
                f"(a{n}) {{\n" + f" handle /x/* {{\n  import a{n + 1}\n }}\n" * 50 + "}\n" for n in range(12)
            )
            + "s {\n import a0\n}\n"
        },
        {"Caddyfile": "s {\n" + " @m path /x\n reverse_proxy @m app:8000\n" * MANY * 2 + "}\n"},
        {
            "Caddyfile": "(a) {\n"
            + " reverse_proxy app:1\n" * MANY
            + "}\n"
            + "".join(f"s{n} {{\n import a\n}}\n" for n in range(MANY))
        },
        {
            "Caddyfile": "{\n servers {\n timeouts {\n"
            + " write 5s\n" * MANY
            + "}\n}\n}\n"
            + "a {\n reverse_proxy a:1\n}\n" * MANY
        },
        {"Caddyfile": f"s {{\n reverse_proxy app:{BIG} {{\n response_buffers 1\n }}\n}}\n"},
        {"site.conf": "SetEnv force-proxy-request-1.0 1\nTimeout 5\nProxyPass /x http://other:80/\n" * MANY},
        {"site.conf": "<Location /x>\nProxyPass http://other:80/\n" * MANY},
        {"site.conf": f"ProxyTimeout {BIG}\nProxyPass / http://app:{BIG}/\n"},
        {
            "routes.yml": "http:\n  routers:\n"
            + "".join(f"    r{n}:\n      rule: PathPrefix(`/x`)\n      service: s\n" for n in range(MANY // 2))
            + "  services:\n    s:\n      loadBalancer:\n        servers:\n"
            + "".join(f"          - url: http://a:{n}{'9' * 9}/\n" for n in range(MANY))
        },
        {
            "envoy.yaml": "static_resources:\n  listeners: [{filter_chains: [{filters: [{typed_config: {route_config: "
            "{virtual_hosts: [{routes: [" + "{match: {prefix: /}, route: {cluster: a}}, " * MANY + "]}]}}}]}]}]\n"
            f"  clusters: [{{name: a, load_assignment: {{endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: "
            f"{{address: a, port_value: {BIG}}}}}}}}}]}}]}}}}]\n"
        },
        {"nginx.conf": f"server {{ listen {BIG}; location / {{ proxy_read_timeout {BIG}; {PASS[:-2]}{BIG}; }} }}"},
        {"Dockerfile": f"FROM python\nEXPOSE {BIG}\nCMD uvicorn app:app --port {BIG}\n"},
        {"Procfile": f"web: gunicorn app:app --threads {BIG} -b :{BIG} --timeout {BIG}\n"},
    ],
    ids=lambda files: f"{next(iter(files))} {next(iter(files.values()))[:24]}",
)
def test_nothing_hangs_or_crashes(files: dict[str, str], write: Write, streamlint: Streamlint) -> None:
    for name, text in files.items():
        write(name, text)
    result = streamlint("--extend-select", "STL5", "--output-format", "concise")
    assert result.exit_code in (0, 1)
    assert "STL009" not in result.stdout and "STL001" not in result.stdout


def test_a_pattern_that_repeats_repetitions_is_not_asked_of_a_long_path(write: Write, streamlint: Streamlint) -> None:
    write("app.py", STREAMING.replace("/chat", "/a" * 40 + "/chat"))
    write("nginx.conf", f"server {{ location ~ ^/((a+/?)+)+b$ {{ {PASS} }} location / {{ {PASS} }} }}")
    assert streamlint("--output-format", "concise").exit_code == 0
