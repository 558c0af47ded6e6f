"""Runs inside an environment: prints the defaults of the model classes of one integration as JSON; knows nothing of streamlint."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import inspect
import json
import sys
import types
from collections.abc import Sequence
from typing import Any

CORE = "llama_index.core.llms"
WANTED = {
    "time": ("request_timeout", "timeout", "api_timeout"),
    "output": ("max_tokens", "max_new_tokens", "max_output_tokens", "num_output", "max_tokens_to_sample"),
}


class _Any(type):
    """Names of clients that are not installed: any attribute of them is one of them again."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)


def _stand_in(name: str) -> Any:
    def schema(cls: Any, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.any_schema()

    def made(self: Any, *given: Any, **named: Any) -> None:
        """Takes whatever it is given."""

    return _Any(name, (), {"__get_pydantic_core_schema__": classmethod(schema), "__init__": made})


class _Absent(types.ModuleType):
    """A module that is not installed: the defaults of the integration do not come from it."""

    __path__: list[str] = []  # noqa: RUF012 a module's attribute, as the import system wants it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _stand_in(name)
        setattr(self, name, made)
        return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands last in line: only what nobody else finds comes here."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in ("llama_index", "pydantic", "pydantic_core"):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


def limits(made: type[Any], names: Sequence[str]) -> tuple[str, Any]:
    """The parameter under which a limit is given and its default; the first of the names that the class takes."""
    for name in names:
        for owner in made.__mro__:
            own = vars(owner).get("__init__")
            parameter = inspect.signature(own).parameters.get(name) if inspect.isfunction(own) else None
            if parameter is not None and _is_plain(parameter.default):
                return name, parameter.default
        field = _fields(made).get(name)
        if field is not None and _is_plain(getattr(field, "default", None)):
            return name, field.default
    return "", None


def _fields(made: type[Any]) -> dict[str, Any]:
    return getattr(made, "model_fields", None) or getattr(made, "__fields__", {})


def _is_plain(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def look(name: str) -> dict[str, dict[str, Any]]:
    """The model classes that a module offers, with what they take."""
    importlib.import_module(CORE)  # before any stand-in: what is missing for it is missing
    sys.meta_path.append(_Finder())
    module = importlib.import_module(name)
    found: dict[str, dict[str, Any]] = {}
    for word, made in sorted(vars(module).items()):
        if not inspect.isclass(made) or not made.__module__.startswith(name):
            continue
        if not any(owner.__name__ in ("LLM", "CustomLLM", "BaseLLM") for owner in made.__mro__):
            continue
        found[word] = {kind: list(limits(made, names)) for kind, names in WANTED.items()}
    return found


if __name__ == "__main__":
    print(json.dumps(look(sys.argv[1])))
