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
        beside = self._beside(package, release)
        if beside is None:
            return Answer("", "cannot be installed")
        command = [self._python(beside), PROGRAMS / f"{probe}.py"]
        try:
            ran = _run(command, _RUN_SECONDS, PYTHONPATH=str(self._unpacked(package, release)))
        except subprocess.TimeoutExpired:
            return Answer("bad", f"not at an end after {_RUN_SECONDS} s")
        except subprocess.CalledProcessError:
            return Answer("", "cannot be installed")
        word, _, why = (ran.stdout.strip().splitlines() or [""])[-1].partition(": ")
        return (
            Answer(word, why) if word in ("good", "bad") else Answer("", (ran.stderr.strip().splitlines() or [""])[-1])
        )

    def _beside(self, package: str, release: Version) -> Version | None:
        """The release of the core whose dependencies the tried release finds in its environment: the last that fits."""
        if package == CORE:
            return max(each for each in releases(CORE) if each.release[:2] == release.release[:2])
        try:
            metadata = next(self._unpacked(package, release).glob("*.dist-info")) / "METADATA"
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, StopIteration):
            return None
        needed = [
            Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(), re.MULTILINE)
        ]
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
