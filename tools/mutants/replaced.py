"""Modules that are imported with other code than that of their files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent


def module_name(path: str) -> str:
    """The name of a module by its path below the root."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def replace(codes: Mapping[str, CodeType], **names: object) -> None:
    """From now on modules, given by their paths, are imported with this code and with these names in them."""
    missing = [path for path in codes if module_name(path) in sys.modules]
    if missing:
        raise RuntimeError(f"imported already: {', '.join(missing)}")
    sys.meta_path.insert(0, _Finder({module_name(path): (path, code) for path, code in codes.items()}, names))


class _Finder(MetaPathFinder):
    def __init__(self, codes: Mapping[str, tuple[str, CodeType]], names: Mapping[str, object]) -> None:
        self._codes = codes
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._codes:
            return None
        place, code = self._codes[fullname]
        loader = _Loader(fullname, str(ROOT / place), code, self._names)
        return importlib.util.spec_from_file_location(fullname, ROOT / place, loader=loader)


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: CodeType, names: Mapping[str, object]) -> None:
        super().__init__(fullname, path)
        self._code = code
        self._names = names

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self._names)
        super().exec_module(module)
