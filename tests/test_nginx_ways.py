"""Which location takes a path, and which path it sends on: what real nginx does, over generated servers."""

from __future__ import annotations

import http.client
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamlint.deployment import Deployment
from streamlint.deployment.nginx_sites import NginxSites, Server
from streamlint.deployment.nginx_ways import lead, outside
from streamlint.knowledge import Knowledge
from tests import real_nginx

SERVERS, PATHS = 60, 8
SEGMENTS = ("a", "api", "ab", "v1", "chat", "b.js", "x1")
EXPRESSIONS = (r"~ ^/api/.*$", r"~ \.js$", r"~* /CHAT", r"~ ^/a/(?<rest>.*)", r"~ x\d", r"~ ^/ab?/v1", "~ a$")


@dataclass
class _Written:
    """Locations get numbers, which nginx and we name them by."""

    random: random.Random
    port: int
    number: int = 0

    def server(self) -> str:
        body = "".join(self.locations("", 0))
        if self.random.random() < 0.2:
            body = f"rewrite ^/ab/(.*)$ /a/$1{self.random.choice(['', ' last', ' break'])};\n{body}"
        if self.random.random() < 0.3:
            body += "error_page 404 = @named;\n"
        return body + self._location("@named", "")

    def locations(self, around: str, depth: int) -> Iterator[str]:
        heads = [self._head(around) for _ in range(self.random.randint(1, 4 - depth))]
        for head in {head.removeprefix("^~ "): head for head in heads}.values():
            kind = head.split(" ")[0] if " " in head else ""
            inner = ""
            if depth < 2 and kind in ("", "^~") and self.random.random() < 0.35:
                inner = "".join(self.locations(head.removeprefix("^~ "), depth + 1))
            yield self._location(head, inner)

    def _head(self, around: str) -> str:
        if self.random.random() < 0.3:
            return self.random.choice(EXPRESSIONS)
        path = (around or "/") + self.random.choice(("", "", self.random.choice(SEGMENTS)))
        path += self.random.choice(("", "/", f"/{self.random.choice(SEGMENTS)}")) if path != "/" else ""
        return self.random.choice(("", "", "", "= ", "^~ ")) + path

    def _location(self, head: str, inner: str) -> str:
        self.number += 1
        has_uri = head.startswith(("/", "=", "^~"))
        chance = self.random.random()
        if chance < 0.15 and has_uri:
            body = self.random.choice(("try_files $uri @named;", "try_files $uri /a/chat;", "return 204;", ""))
            return f"location {head} {{ {body} {inner} }}\n"
        body = ""
        if self.random.random() < 0.25:
            flag = self.random.choice(("break", "last", "", "break"))
            body = f"rewrite {self.random.choice(('^/api/(.*)$ /$1', '^/a/?(.*) /v1/$1', '/chat$ /a'))} {flag}; "
        uri = self.random.choice(("", "", "/", "/in/", "/in")) if has_uri else ""
        return (
            f"location {head} {{ {body}proxy_set_header X-Location {self.number};"
            f" proxy_pass http://127.0.0.1:{self.port}{uri}; {inner} }}\n"
        )


def _paths(source: random.Random) -> Iterator[str]:
    for _ in range(PATHS):
        path = "".join(f"/{source.choice(SEGMENTS)}" for _ in range(source.randint(1, 3)))
        yield source.choice(("/", path, path, path, f"{path}/"))


def _ours(server: Server, path: str) -> str:
    found = lead(server, path)
    if found is None:
        return ""
    [header] = found.location.statement.own("proxy_set_header")
    return f"{header.texts[1]} {found.path}"


def _sites(site: str, folder: Path) -> NginxSites:
    path = folder / "site.conf"
    path.write_text(site)
    return Deployment(folder, Knowledge(), lambda: (path,)).ask(NginxSites)


def _ask(connection: http.client.HTTPConnection, host: str, path: str) -> str:
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    body = answer.read().decode()
    return body if answer.status == 200 else ""


def test_a_path_leads_where_nginx_leads_it(tmp_path: Path) -> None:
    source = random.Random(13)
    front, back = real_nginx.free_port(), real_nginx.free_port()
    written = _Written(source, back)
    servers = [f"server {{ listen {front}; server_name s{at};\n{written.server()}}}\n" for at in range(SERVERS)]
    echo = f'server {{ listen {back}; location / {{ return 200 "$http_x_location $request_uri"; }} }}\n'
    site = "".join(servers) + echo
    sites = _sites(site, tmp_path)
    wrong, passed = [], 0
    with real_nginx.running(site, tmp_path / "run", front):
        connection = http.client.HTTPConnection("127.0.0.1", front, timeout=real_nginx.PATIENCE)
        for at, server in enumerate(sites.servers[:SERVERS]):
            for path in _paths(source):
                real, ours = _ask(connection, f"s{at}", path), _ours(server, path)
                passed += bool(real)
                if real != ours:
                    wrong.append(f"{path}: nginx {real!r}, we {ours!r}\n{servers[at]}")
        connection.close()
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:3])
    assert passed > SERVERS * PATHS / 2


@pytest.mark.parametrize(
    ("site", "sent", "asked"),
    [
        ("location /api/ { proxy_pass http://app/; }", "/chat", "/api/chat"),
        ("location /api/ { proxy_pass http://app; }", "/api/chat", "/api/chat"),
        ("location /api { rewrite ^/api/(.*)$ /$1 break; proxy_pass http://app; }", "/chat", "/api/chat"),
        ("location /api { rewrite ^/api(/.*)$ $1 break; proxy_pass http://app; }", "/chat", "/api/chat"),
        ("location /api { rewrite /api/(.*) /v2/$1 break; proxy_pass http://app; }", "/v2/chat", "/api/chat"),
        ("rewrite ^/old/(.*)$ /api/$1; location /api/ { proxy_pass http://app; }", "/api/chat", "/api/chat"),
        ("location / { try_files $uri @app; } location @app { proxy_pass http://app; }", "/chat", "/chat"),
        ("error_page 404 = @app; location @app { proxy_pass http://app; }", "/chat", "/chat"),
        ("location ~ ^/(chat|ask) { proxy_pass http://app; }", "/chat", "/chat"),
        ("location / { if ($x) { proxy_pass http://app; } }", "/chat", ""),
        ("set $up http://app; location / { proxy_pass $up; }", "/chat", "/chat"),
        ("location /api/ { proxy_pass http://app$request_uri; }", "/api/chat", "/api/chat"),
        ("location /api/ { proxy_pass http://app/$1; }", "/chat", ""),
        ("location / { return 404; proxy_pass http://app; }", "/chat", ""),
        ("location / { proxy_pass http://app; } location = /chat { return 204; }", "/chat", ""),
        ("location ~ (?R)( { proxy_pass http://app; }", "/chat", ""),
        ("location ${BASE} { proxy_pass http://app; }", "/chat", ""),
    ],
)
def test_the_path_that_users_ask_for_is_found(site: str, sent: str, asked: str, tmp_path: Path) -> None:
    [server] = _sites(f"server {{ {site} }}", tmp_path).servers
    location = next(each for each in server.walk() if each.passing is not None)
    found = outside(location, sent)
    assert asked in found if asked else not found


def test_most_ways_are_found_back(tmp_path: Path) -> None:
    source = random.Random(4)
    written = _Written(source, 8000)
    site = "".join(f"server {{ {written.server()} }}\n" for _ in range(SERVERS))
    leads = [
        (found, path)
        for server in _sites(site, tmp_path).servers
        for path in _paths(source)
        if (found := lead(server, path))
    ]
    back = [outside(found.location, found.path) for found, _ in leads]
    assert all(
        lead(found.location.server, path) for (found, _), paths in zip(leads, back, strict=True) for path in paths
    )
    assert sum(map(bool, back)) > 0.9 * len(leads) > 100
