"""An environment with a current llama-index-core and the integrations that rewritten code names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.old_code.statements import Imported

_IMPORTING = Path(__file__).with_name("importing.py")


@dataclass(frozen=True)
class Outcome:
    """What came of an import: `imported`, `read` (in the text of a module that needs `missing`), or what failed."""

    what: str
    missing: str = ""

    @property
    def resolves(self) -> bool:
        return self.what in ("imported", "read")


@dataclass(frozen=True)
class Environment:
    """The virtual environment in `folder`, or any interpreter."""

    python: Path

    @classmethod
    def made(cls, folder: Path, release: str) -> Environment:
        """With llama-index-core of that release and what it needs; made once (needs the package index)."""
        scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
        environment, ready = cls(folder / scripts), folder / "ready"
        if not ready.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            environment._install(f"llama-index-core=={release}")
            ready.touch()
        return environment

    def add(self, distributions: Sequence[str]) -> list[str]:
        """Install integrations without what they need, which would be gigabytes; the answer is those that no index has.

        As one that is missing stops all that are asked for with it, they are halved until it is alone.
        """
        if not distributions or self._install("--no-deps", *distributions):
            return []
        if len(distributions) == 1:
            return list(distributions)
        half = len(distributions) // 2
        return [*self.add(distributions[:half]), *self.add(distributions[half:])]

    def _install(self, *arguments: str) -> bool:
        command: list[str | Path] = [
            self.python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *arguments,
        ]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def outcomes(self, imports: Sequence[Imported], *, also: Path | None = None) -> dict[Imported, Outcome]:
        """What comes of each import, in one process, with the modules of one more folder."""
        asked = json.dumps([(one.module, one.name) for one in imports])
        command: list[str | Path] = [self.python, "-I", _IMPORTING, *([also] if also else [])]
        ran = subprocess.run(command, input=asked, capture_output=True, encoding="utf-8", check=True)
        return {one: Outcome(*answer) for one, answer in zip(imports, json.loads(ran.stdout), strict=True)}
