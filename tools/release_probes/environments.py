"""In which environments a release is tried: one virtual environment for each minor, and the release itself in front of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

CORE = "llama-index-core"
_INTEGRATIONS = "llama-index-llms-"
_ALSO: dict[tuple[int, ...], tuple[str, ...]] = {(0, 10): ("llamaindex-py-client", "llama-cloud<0.1", "openai<2")}
"""What earlier releases of a line need and the last one does not."""
_INSTALL_SECONDS, _RUN_SECONDS = 900, 90
PROGRAMS = Path(__file__).with_name("programs")


@dataclass(frozen=True)
class Answer:
    """What a probe says of a release: `good`, `bad`, or nothing, where the release has not what the probe is about."""

    word: str
    why: str = ""


@cache
def releases(package: str) -> tuple[Version, ...]:
    """All releases of a package that the index offers, without pre-releases, from the first to the last."""
    ran = _run([sys.executable, "-m", "pip", "index", "versions", package], _INSTALL_SECONDS)
    listed = re.search(r"Available versions: (.*)", ran.stdout)
    return tuple(sorted(map(Version, listed[1].split(", ")))) if listed else ()


@dataclass(frozen=True)
class Environments:
    """The environments under a folder; each is made once."""

    folder: Path

    def answer(self, probe: str, package: str, release: Version) -> Answer:
        """Run a probe's program on one release."""
        try:
            ran = self.run((PROGRAMS / f"{probe}.py",), package, release)
        except subprocess.TimeoutExpired:
            return Answer("bad", f"not at an end after {_RUN_SECONDS} s")
        except subprocess.CalledProcessError:
            ran = None
        if ran is None:
            return Answer("", "cannot be installed")
        word, _, why = (ran.stdout.strip().splitlines() or [""])[-1].partition(": ")
        return (
            Answer(word, why) if word in ("good", "bad") else Answer("", (ran.stderr.strip().splitlines() or [""])[-1])
        )

    def run(
        self, command: Sequence[str | Path], package: str, release: Version
    ) -> subprocess.CompletedProcess[str] | None:
        """Run a Python program where a release and the integrations that it is built on stand in front; None where no core fits.

        Raises `subprocess.CalledProcessError` where it cannot be installed, `subprocess.TimeoutExpired` where it does not end.
        """
        beside = self._beside(package, release)
        if beside is None:
            return None
        paths = os.pathsep.join(map(str, self._with_needed(package, release)))
        return _run([self._python(beside), *command], _RUN_SECONDS, PYTHONPATH=paths)

    def _with_needed(self, package: str, release: Version) -> list[Path]:
        """A release, and the last fitting release of each other integration that it needs."""
        found = [self._unpacked(package, release)]
        for needed in self._needs(package, release) if package != CORE else ():
            fitting = [each for each in releases(needed.name) if needed.specifier.contains(each)]
            if needed.name.startswith(_INTEGRATIONS) and fitting:
                found += self._with_needed(needed.name, max(fitting))
        return found

    def _needs(self, package: str, release: Version) -> list[Requirement]:
        metadata = next(self._unpacked(package, release).glob("*.dist-info")) / "METADATA"
        lines = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text("utf-8"), re.MULTILINE)
        return [Requirement(line) for line in lines]

    def _beside(self, package: str, release: Version) -> Version | None:
        """The release of the core whose dependencies the tried release finds in its environment: the last that fits."""
        if package == CORE:
            return max(each for each in releases(CORE) if each.release[:2] == release.release[:2])
        try:
            needed = self._needs(package, release)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, StopIteration):
            return None
        ranges = [each.specifier for each in needed if each.name == CORE]
        fitting = [each for each in releases(CORE) if ranges and ranges[0].contains(each)]
        return max(fitting, default=None)

    def _unpacked(self, package: str, release: Version) -> Path:
        """The release without what it depends on."""
        folder = self.folder / "releases" / f"{package}-{release}"
        if not (folder / "ready").exists():
            install = (
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--upgrade",
                "--target",
                str(folder),
            )
            _run((*install, f"{package}=={release}"), _INSTALL_SECONDS, check=True)
            (folder / "ready").touch()
        return folder

    def _python(self, core: Version) -> Path:
        folder = self.folder / "environments" / str(core)
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not (folder / "ready").exists():
            _run([sys.executable, "-m", "venv", "--clear", folder], _INSTALL_SECONDS, check=True)
            needed = (f"{CORE}=={core}", *_ALSO.get(core.release[:2], ()))
            _run([python, "-m", "pip", "install", "--quiet", *needed], _INSTALL_SECONDS, check=True)
            (folder / "ready").touch()
        return python


def _run(
    command: Sequence[str | Path], seconds: float, *, check: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | variables
    return subprocess.run(
        command, env=environment, timeout=seconds, capture_output=True, encoding="utf-8", errors="replace", check=check
    )
