"""Whether a folder holds an application, which is deployed, or a library, which others install beside their own choices."""

from __future__ import annotations

from pathlib import Path

from streamlint import disk
from streamlint.knowledge.names import names
from streamlint.releases.dependency_files import DependencyFiles
from streamlint.surroundings import Document, ini_file, toml_file

_PRIVATE = "Private ::"
_NOT_BUILT = (("tool", "poetry", "package-mode"), ("tool", "uv", "package"), ("tool", "pdm", "distribution"))
_HOMES = (("project",), ("tool", "poetry"), ("metadata",))


def is_library(files: DependencyFiles, folder: Path) -> bool:
    """Whether the folder is packaged for others: it is built, and says so in what an index shows of it."""
    if any(disk.exists(folder / name) for name in names("dependency_files", "application-files")):
        return False
    return _is_published(files, folder) or _calls_setup(files, folder)


def _is_published(files: DependencyFiles, folder: Path) -> bool:
    pyproject = _document(files, folder / "pyproject.toml")
    if any((setting := pyproject.get(*keys)) is not None and setting.value == "false" for keys in _NOT_BUILT):
        return False
    documents = [pyproject] if pyproject.has("build-system") else []
    documents.append(_document(files, folder / "setup.cfg"))
    told = [each for document in documents for each in _telling(document)]
    return bool(told) and not any(value.startswith(_PRIVATE) for value in told)


def _telling(document: Document) -> list[str]:
    keys = names("dependency_files", "library-keys")
    return [
        setting.value
        for home in _HOMES
        for setting in document.under(*home)
        if len(setting.keys) > len(home) and setting.keys[len(home)] in keys
    ]


def _calls_setup(files: DependencyFiles, folder: Path) -> bool:
    source = files.source(folder / "setup.py")
    keys = names("dependency_files", "library-keys")
    return source is not None and "setup(" in source.text and any(f"{key}=" in source.text for key in keys)


def _document(files: DependencyFiles, path: Path) -> Document:
    source = files.source(path)
    if source is None:
        return Document()
    return toml_file.read(source.text) if path.suffix == ".toml" else ini_file.read(source.text)
