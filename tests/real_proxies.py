"""Runs real proxies on loopback ports: Caddy, Traefik and Envoy of their wheels, HAProxy and Apache of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

PATIENCE = 20.0
_SYSTEM = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_APACHE = """\
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
Mutex pthread
{user}
{modules}
Include {folder}/site.conf
"""
_MODULES = ("mpm_event", "authz_core", "env", "filter", "deflate", "proxy", "proxy_http")


@dataclass(frozen=True)
class Proxy:
    """A program; `command` is what starts it in the folder where its files lie."""

    name: str
    binary: str | None
    command: Callable[[str, Path], list[str]]


@contextmanager
def running(proxy: Proxy, files: Mapping[str, str], folder: Path, port: int) -> Iterator[None]:
    """A proxy with these files in a folder, until the block ends; what stands behind it has answered through it before."""
    assert proxy.binary is not None
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    log = folder / "output"
    with log.open("w") as output:
        process = subprocess.Popen(
            proxy.command(proxy.binary, folder),
            cwd=folder,
            stdout=output,
            stderr=output,
            env=os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )
        try:
            _await(process, port, log)
            yield
        finally:
            process.terminate()
            _ended(process)


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Ask until the application answers: a proxy may listen before it knows where to pass anything on."""
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < PATIENCE:
        try:
            if _status(port) == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.05)
    raise AssertionError(f"nobody answers through the proxy: {log.read_text(errors='replace')}")


def _status(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/heartbeat")
        return connection.getresponse().status
    finally:
        connection.close()


def _script(name: str) -> str | None:
    """A program that a wheel puts beside Python."""
    return shutil.which(name, path=sysconfig.get_path("scripts"))


def _of_system(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name, path=_SYSTEM))), None)


def _start_apache(binary: str, folder: Path) -> list[str]:
    """Apache with the modules that the system has as files; others are in the program."""
    told = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False).stdout
    root = Path(next(line.partition('"')[2].strip('"') for line in told.splitlines() if "HTTPD_ROOT" in line))
    places = [Path("/usr/lib/apache2/modules"), root / "modules", Path("/usr/lib64/httpd/modules")]
    files = [(name, place / f"mod_{name}.so") for name in _MODULES for place in places]
    modules = "\n".join(f"LoadModule {name}_module {path}" for name, path in files if path.exists())
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    main = folder / "apache.conf"
    main.write_text(_APACHE.format(folder=folder, user=user, modules=modules))
    return [binary, "-X", "-d", str(folder), "-f", str(main)]


CADDY = Proxy("Caddy", _script("caddy"), lambda binary, _: [binary, "run", "--config", "Caddyfile"])
TRAEFIK = Proxy("Traefik", _script("traefik"), lambda binary, _: [binary, "--configFile=traefik.yml"])
ENVOY = Proxy(
    "Envoy",
    _script("envoy"),
    lambda binary, _: [binary, "-c", "envoy.yaml", "--concurrency", "1", "--disable-hot-restart"],
)
HAPROXY = Proxy("HAProxy", _of_system("haproxy"), lambda binary, _: [binary, "-db", "-f", "haproxy.cfg"])
APACHE = Proxy("Apache", _of_system("apache2", "httpd"), _start_apache)
