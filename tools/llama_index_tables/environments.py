"""One virtual environment per release of llama-index-core, made when it is missing and kept."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tools.llama_index_tables.snapshot import Snapshot

_WORKFLOWS_1 = "llama-index-workflows==1.3.0"
_WORKFLOWS_2 = "llama-index-workflows==2.26.1"
# The first and the last release of each minor, and the last that has what 0.14.21 removed.
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "0.9.48": ("llama-index==0.9.48",),
    "0.10.0": ("llama-index-core==0.10.0",),
    "0.10.68.post1": ("llama-index-core==0.10.68.post1",),
    "0.11.0": ("llama-index-core==0.11.0",),
    "0.11.23": ("llama-index-core==0.11.23",),
    "0.12.0": ("llama-index-core==0.12.0",),
    "0.12.52.post1": ("llama-index-core==0.12.52.post1", _WORKFLOWS_1),
    "0.13.0": ("llama-index-core==0.13.0", _WORKFLOWS_1),
    "0.13.6": ("llama-index-core==0.13.6", _WORKFLOWS_1),
    "0.14.0": ("llama-index-core==0.14.0", _WORKFLOWS_2),
    "0.14.20": ("llama-index-core==0.14.20", _WORKFLOWS_2),
    "0.14.25": ("llama-index-core==0.14.25", _WORKFLOWS_2),
}
RELEASES = tuple(REQUIREMENTS)
SNAPSHOT = Path(__file__).with_name("snapshot.py")


@dataclass(frozen=True)
class Environment:
    """The virtual environment of `release` under `folder`."""

    folder: Path
    release: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
        return self.folder / self.release / scripts

    def snapshot(self) -> Snapshot:
        """What its interpreter sees; makes the environment first if it is not there (needs the package index)."""
        ready = self.folder / self.release / "ready"
        if not ready.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", self.folder / self.release], check=True)
            install = ["-m", "pip", "install", "--quiet", *REQUIREMENTS[self.release]]
            subprocess.run([self.python, *install], check=True)
            ready.touch()
        return take(self.python)


def take(python: Path) -> Snapshot:
    """What `python` sees of LlamaIndex; what the packages print while they are imported is thrown away."""
    ran = subprocess.run([python, SNAPSHOT], check=True, capture_output=True, encoding="utf-8")
    return cast("Snapshot", json.loads(ran.stdout))
