"""STL535, STL536 and STL550 to STL558: the real proxies before a real stream, each as it fails and as its repair leaves it.

A steady stream takes twice as long as the limits here, a silent one is silent for as long: what cuts both counts in all, what cuts
only the silent one counts silence, and a heartbeat helps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests import real_proxies
from tests.real_proxies import Proxy

from .measure import repeated
from .proxied import APPLICATION, BROKEN, LINTED, SILENT, STEADY, Walls, fixed, found
from .server import running

TRAEFIK = """\
entryPoints:
  web:
    address: 127.0.0.1:8080
    transport:
      respondingTimeouts:
        {timeout}
providers:
  file:
    filename: routes.yml
"""
ROUTES = """\
http:
  routers:
    chat:
      rule: PathPrefix(`/`)
      service: chat
      {middlewares}
  services:
    chat:
      loadBalancer:
        servers:
          - url: http://127.0.0.1:8000
  middlewares:
    limit:
      buffering:
        maxRequestBodyBytes: 1000000
    small:
      compress: {{}}
"""
CADDY = """\
{{
    admin off
    servers {{
        timeouts {{
            {timeout}
        }}
    }}
}}
http://:8080 {{
    reverse_proxy 127.0.0.1:8000 {{
        {option}
    }}
}}
"""
HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client {client}
    {default}
frontend web
    bind 127.0.0.1:8080
    default_backend chat
backend chat
    timeout server {server}
    {option}
    server chat1 127.0.0.1:8000
"""
APACHE = """\
Listen 127.0.0.1:8080
{option}
<VirtualHost *:8080>
    {inner}
    ProxyPass / http://127.0.0.1:8000/ {limit}
</VirtualHost>
"""
ENVOY = """\
static_resources:
  listeners:
    - address: {{ socket_address: {{ address: 127.0.0.1, port_value: 8080 }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/{manager}
                stat_prefix: web
                stream_idle_timeout: {idle}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: {{ prefix: "/" }}
                          route: {{ cluster: chat{limit} }}
  clusters:
    - name: chat
      type: STATIC
      load_assignment:
        cluster_name: chat
        endpoints:
          - lb_endpoints:
              - endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: 8000 }} }} }}
"""
MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


@pytest.fixture(scope="module")
def application() -> Iterator[int]:
    """The port of an application whose answers over HTTP/1.0 end with their connection, as those of most servers do."""
    with running(APPLICATION, options={"http": "h11"}) as server:
        yield server.port


def runs(proxy: Proxy) -> pytest.MarkDecorator:
    return pytest.mark.skipif(proxy.binary is None, reason=f"{proxy.name} is not installed")


def traefik(timeout: str = "readTimeout: 1s", middlewares: str = "small") -> dict[str, str]:
    return {
        "traefik.yml": TRAEFIK.format(timeout=timeout),
        "routes.yml": ROUTES.format(middlewares=f"middlewares: [{middlewares}]"),
    }


def caddy(timeout: str = "idle 1s", option: str = "") -> dict[str, str]:
    return {"Caddyfile": CADDY.format(timeout=timeout, option=option)}


def haproxy(server: str = "300s", option: str = "", client: str = "1s", default: str = "") -> dict[str, str]:
    return {"haproxy.cfg": HAPROXY.format(server=server, option=option, client=client, default=default)}


def apache(inner: str = "", limit: str = "", option: str = "") -> dict[str, str]:
    return {"site.conf": APACHE.format(inner=inner, limit=limit, option=option)}


def envoy(limit: str = "", idle: str = "300s") -> dict[str, str]:
    return {"envoy.yaml": ENVOY.format(limit=limit, idle=idle, manager=MANAGER)}


def silent(files: Mapping[str, str], walls: Walls, code: str) -> bool:
    """Whether a rule says nothing of files that look as if they failed a stream."""
    return not found({**files, "application.py": LINTED}, walls.folder / "harmless", code)


@pytest.mark.slow
@runs(real_proxies.TRAEFIK)
@repeated
def test_stl550_traefik_collects_what_its_middleware_is_to_limit(
    application: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    walls = Walls(real_proxies.TRAEFIK, application, tmp_path_factory.mktemp("traefik"))
    broken, by_hand = traefik(middlewares="limit, small"), ("[limit, small]", "[small]")
    before, after = walls.asked(broken, fixed(broken, walls.folder, "STL550", by_hand), paths=(STEADY, BROKEN))
    assert before[0].held
    assert after[0].streamed
    assert after[1].cut and not before[1].cut


@pytest.mark.slow
@runs(real_proxies.TRAEFIK)
@repeated
def test_stl551_traefik_ends_a_long_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.TRAEFIK, application, tmp_path_factory.mktemp("traefik"))
    broken, harmless = traefik("writeTimeout: 1s"), traefik("idleTimeout: 1s")
    assert silent(harmless, walls, "STL551")
    before, after, beside = walls.asked(broken, fixed(broken, walls.folder, "STL551"), harmless, paths=(STEADY, SILENT))
    assert all(seen.cut for seen in before) and before[0].tokens < 0.7 * after[0].tokens
    assert all(seen.streamed for seen in (*after, *beside))


@runs(real_proxies.CADDY)
@repeated
def test_stl552_caddy_collects_what_it_is_told_to_buffer(
    application: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    walls = Walls(real_proxies.CADDY, application, tmp_path_factory.mktemp("caddy"))
    broken = caddy(option="response_buffers 4KiB")
    after = fixed(broken, walls.folder, "STL552", ("response_buffers 4KiB", ""))
    (before,), (after,) = walls.asked(broken, after, paths=(STEADY,))
    assert before.held
    assert after.streamed


@runs(real_proxies.CADDY)
@repeated
def test_stl553_caddy_ends_a_long_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.CADDY, application, tmp_path_factory.mktemp("caddy"))
    broken = caddy("write 1s")
    before, after = walls.asked(broken, fixed(broken, walls.folder, "STL553"), paths=(STEADY, SILENT, BROKEN))
    assert before[0].cut and before[1].cut and before[0].tokens < 0.7 * after[0].tokens
    assert after[0].streamed and after[1].streamed and after[2].cut


@runs(real_proxies.HAPROXY)
@repeated
def test_stl554_haproxy_ends_a_silent_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.HAPROXY, application, tmp_path_factory.mktemp("haproxy"))
    broken = haproxy("1000", default="timeout tunnel 1h")
    before, after = walls.asked(broken, fixed(broken, walls.folder, "STL554"), paths=(STEADY, SILENT, BROKEN))
    assert before[0].streamed and before[1].cut and before[1].tokens == 1
    assert after[0].streamed and after[1].streamed and after[2].cut


@runs(real_proxies.HAPROXY)
@repeated
def test_stl555_haproxy_collects_what_it_is_told_to_wait_for(
    application: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    walls = Walls(real_proxies.HAPROXY, application, tmp_path_factory.mktemp("haproxy"))
    waits, harmless = "http-response wait-for-body time 10s", haproxy(option="option http-buffer-request")
    assert silent(harmless, walls, "STL555")
    broken = haproxy(option=waits)
    (before,), (after,), (beside,) = walls.asked(
        broken, fixed(broken, walls.folder, "STL555", (waits, "")), harmless, paths=(STEADY,)
    )
    assert before.held
    assert after.streamed and beside.streamed


@runs(real_proxies.HAPROXY)
@repeated
def test_stl556_haproxy_lets_the_first_token_wait(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.HAPROXY, application, tmp_path_factory.mktemp("haproxy"))
    broken, option = haproxy(), ("backend chat\n", "backend chat\n    option http-no-delay\n")
    of_bytes = {name: text.replace("mode http", "mode tcp") for name, text in broken.items()}
    assert silent(of_bytes, walls, "STL556")
    (before,), (after,), (beside,) = walls.asked(
        broken, fixed(broken, walls.folder, "STL556", option), of_bytes, paths=("/chat?tokens=4&gap=0.1",)
    )
    assert before.complete and after.complete and beside.complete
    assert before.first > 0.4 and max(after.first, beside.first) < 0.5 * before.first


@runs(real_proxies.APACHE)
@repeated
def test_stl557_apache_ends_a_silent_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.APACHE, application, tmp_path_factory.mktemp("apache"))
    broken, harmless = apache(limit="flushpackets=on timeout=1"), apache(limit="timeout=300", option="Timeout 1")
    assert silent(harmless, walls, "STL557")
    before, after, general, beside = walls.asked(
        broken,
        fixed(broken, walls.folder, "STL557"),
        apache(option="Timeout 1"),
        harmless,
        paths=(STEADY, SILENT, BROKEN),
    )
    for cutting in (before, general):
        assert cutting[0].streamed and cutting[1].cut and cutting[1].tokens == 1
    for whole in (after, beside):
        assert whole[0].streamed and whole[1].streamed and whole[2].cut


@runs(real_proxies.APACHE)
@repeated
def test_stl558_apache_ends_a_broken_stream_as_a_whole_one(
    application: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    walls = Walls(real_proxies.APACHE, application, tmp_path_factory.mktemp("apache"))
    old = "SetEnv force-proxy-request-1.0 1"
    broken = apache(old, limit="timeout=300")
    (before,), (after,) = walls.asked(broken, fixed(broken, walls.folder, "STL558", (old, "")), paths=(BROKEN,))
    assert before.complete and not before.ended
    assert after.cut
    assert before.tokens == after.tokens == 1


@pytest.mark.slow
@runs(real_proxies.ENVOY)
@repeated
def test_stl535_envoy_ends_a_long_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where no timeout is written it is 15 s, of the 16.5 s that the longest stream here takes."""
    walls = Walls(real_proxies.ENVOY, application, tmp_path_factory.mktemp("envoy"))
    unwritten, short = envoy(), envoy(", timeout: 1s")
    in_all = envoy(", timeout: 0s, max_stream_duration: {max_stream_duration: 1s}")
    written = fixed(
        unwritten, walls.folder / "unwritten", "STL535", ("cluster: chat }", "cluster: chat, timeout: 0s }")
    )
    repaired = fixed(short, walls.folder / "short", "STL535")
    default, whole, before, longest, after = walls.asked(
        unwritten, written, short, in_all, repaired, paths=("/chat?tokens=33&gap=0.5", STEADY, SILENT)
    )
    assert default[0].cut and 0.8 * whole[0].tokens < default[0].tokens < whole[0].tokens
    assert default[1].streamed and default[2].streamed
    for cutting in (before, longest):
        assert all(seen.cut for seen in cutting) and cutting[1].tokens < 0.7 * after[1].tokens
    assert all(seen.streamed for seen in (*whole, *after))


@runs(real_proxies.ENVOY)
@repeated
def test_stl536_envoy_ends_a_silent_stream(application: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    walls = Walls(real_proxies.ENVOY, application, tmp_path_factory.mktemp("envoy"))
    of_route, of_manager = envoy(", timeout: 0s, idle_timeout: 1s"), envoy(", timeout: 0s", idle="1s")
    whole = [fixed(each, walls.folder / name, "STL536") for name, each in (("route", of_route), ("all", of_manager))]
    every = walls.asked(of_route, of_manager, *whole, paths=(STEADY, SILENT, BROKEN))
    for before in every[:2]:
        assert before[0].streamed and before[1].cut and before[1].tokens == 1
    for after in every[2:]:
        assert after[0].streamed and after[1].streamed and after[2].cut
