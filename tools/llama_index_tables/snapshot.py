"""What one installed release of llama-index-core holds; run by that release's Python, it prints JSON."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TypedDict

PACKAGES = ("llama_index", "workflows")


class ClassFacts(TypedDict):
    """One class; `methods` maps the public ones to their kind, `fake` async ones without an await to what they call."""

    bases: list[str]
    ancestors: list[str]
    methods: dict[str, str]
    fake: dict[str, str]


class Snapshot(TypedDict):
    """One release; `classes` and `functions` are keyed by the defining path.

    `paths` maps public import paths to defining paths, `incidental` those where a module merely uses the name.
    """

    release: str
    companions: dict[str, str]
    classes: dict[str, ClassFacts]
    functions: dict[str, str]
    paths: dict[str, str]
    incidental: dict[str, str]
    failed: list[str]


def ours(thing: object) -> bool:
    """Whether a class or function is defined by LlamaIndex."""
    return str(getattr(thing, "__module__", "")).split(".")[0] in PACKAGES


def dotted(thing: type | object) -> str:
    """The defining path of a class or function."""
    return f"{thing.__module__}.{getattr(thing, '__qualname__', '')}"


def kind(member: object) -> str:
    """How `inspect` sees a member of a class; empty for what is not code."""
    if isinstance(member, property) or type(member).__name__ == "cached_property":
        return "property"
    bare = getattr(member, "__func__", member)
    if inspect.iscoroutinefunction(bare):
        return "coroutine"
    if inspect.isasyncgenfunction(bare):
        return "async_generator"
    if inspect.isgeneratorfunction(bare):
        return "generator"
    if isinstance(member, classmethod):
        return "classmethod"
    if isinstance(member, staticmethod):
        return "staticmethod"
    return "sync" if inspect.isroutine(bare) or type(bare).__name__ == "FunctionWrapper" else ""


def owner(cls: type, name: str) -> type | None:
    """The class in the method resolution order that defines `name`."""
    return next((ancestor for ancestor in cls.__mro__ if name in vars(ancestor)), None)


def methods(cls: type) -> dict[str, str]:
    """The public members that are code, LlamaIndex's own and inherited from it, without what every component has."""
    found = {}
    for name in dir(cls):
        defined_by = owner(cls, name)
        if name.startswith("_") and name not in ("__call__", "__str__"):
            continue
        if defined_by is None or not ours(defined_by) or defined_by.__name__ == "BaseComponent":
            continue
        member = inspect.getattr_static(cls, name)
        if not isinstance(member, type) and kind(member):
            found[name] = kind(member)
    return found


def sync_name(name: str) -> Iterator[str]:
    """The names that the sync twin of an async method can have: aquery -> query, async_add -> add."""
    lead = "_" if name.startswith("_") else ""
    rest = name[len(lead) :]
    if rest.startswith("async_"):
        yield lead + rest.removeprefix("async_")
    elif rest.startswith("a"):
        yield lead + rest[1:]
        yield "_" + rest[1:]


@cache
def class_bodies(module: str) -> dict[str, list[ast.stmt]]:
    """The body of each top-level class of a module; `inspect.getsource(cls)` would parse the module once per class."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}


def fakes_of(cls: type) -> dict[str, str]:
    """The async methods defined in this very class that wait for nothing and call their sync twin."""
    body = class_bodies(cls.__module__).get(cls.__qualname__, [])
    found = {}
    for function in body:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        inside = list(ast.walk(function))
        if any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in inside):
            continue
        calls = [node.func for node in inside if isinstance(node, ast.Call)]
        called = {target.attr for target in calls if isinstance(target, ast.Attribute)}
        twin = next((name for name in sync_name(function.name) if name in called), None)
        if twin:
            found[function.name] = twin
    return found


def resolved_fakes(cls: type, known: dict[type, dict[str, str]]) -> dict[str, str]:
    """The fakes that an instance of `cls` ends up with, its own and inherited ones that nothing overrides."""
    found: dict[str, str] = {}
    for ancestor in cls.__mro__:
        for name, twin in known.setdefault(ancestor, fakes_of(ancestor) if ours(ancestor) else {}).items():
            if owner(cls, name) is ancestor:
                found[name] = twin
    return found


def modules(failed: list[str]) -> Iterator[ModuleType]:
    """Every module of the packages that can be imported here; the names of the others are added to `failed`."""
    for name in ("llama_index",) if monolith() else ("llama_index.core", "workflows"):
        try:
            root = importlib.import_module(name)
        except ImportError:
            continue
        yield root
        for found in pkgutil.walk_packages(root.__path__, root.__name__ + ".", onerror=lambda _name: None):
            try:
                yield importlib.import_module(found.name)
            except (Exception, SystemExit):  # noqa: BLE001  # a module may raise anything when its extra is missing
                failed.append(found.name)


def monolith() -> bool:
    """Whether the release is the one package that llama-index was before 0.10."""
    return core_release()[1] == "llama-index"


def core_release() -> tuple[str, str]:
    """The release and the distribution it is from."""
    try:
        return version("llama-index-core"), "llama-index-core"
    except PackageNotFoundError:
        return version("llama-index"), "llama-index"


@cache
def top_level(module: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a module assigns at its top level, and those it imports from LlamaIndex."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return frozenset(), frozenset()
    assigned = set[str](getattr(sys.modules[module], "__all__", ()))
    imported = set[str]()
    bridge = ".bridge." in module  # exists to hand on what is not LlamaIndex's own
    for node in statements(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assigned |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name for alias in node.names}
            if bridge:
                assigned |= names
            elif node.level or (node.module or "").split(".")[0] in PACKAGES:
                imported |= names
    return frozenset(assigned), frozenset(imported)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, with those under a top-level `if` or `try`."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from statements([*node.body, *node.orelse])
        if isinstance(node, ast.Try):
            yield from statements([inner for handler in node.handlers for inner in handler.body])


def is_public(module: ModuleType, name: str, defined_in: str) -> bool:
    """Whether `module.name` is a path that people are meant to import from: the defining module, a package, a shim."""
    if any(part.startswith("_") for part in [*module.__name__.split("."), name]):
        return False
    if module.__name__ == defined_in or name in getattr(module, "__all__", ()):
        return True
    shim = module.__name__.startswith("llama_index.") and defined_in.startswith("workflows")
    return hasattr(module, "__path__") or shim


def take() -> Snapshot:
    """Imports everything and looks at it."""
    failed: list[str] = []
    snapshot = Snapshot(
        release=core_release()[0], companions={}, classes={}, functions={}, paths={}, incidental={}, failed=failed
    )
    with contextlib.suppress(PackageNotFoundError):
        snapshot["companions"]["llama-index-workflows"] = version("llama-index-workflows")
    known: dict[type, dict[str, str]] = {}
    for module in modules(failed):
        if not any(part.startswith("_") for part in module.__name__.split(".")):
            snapshot["paths"][module.__name__] = module.__name__
        for name, thing in sorted(vars(module).items()):
            if not name.startswith("_") and name.isidentifier() and not inspect.ismodule(thing):
                note(snapshot, module, name, thing, known)
    failed.sort()
    return snapshot


def note(snapshot: Snapshot, module: ModuleType, name: str, thing: object, known: dict[type, dict[str, str]]) -> None:
    """Adds one name of a module to the snapshot, if LlamaIndex made what it names."""
    path = f"{module.__name__}.{name}"
    if ours(thing) and inspect.isclass(thing):
        snapshot["classes"].setdefault(dotted(thing), class_facts(thing, known))
        defined_in, defined = thing.__module__, dotted(thing)
    elif ours(thing) and inspect.isfunction(thing):
        snapshot["functions"].setdefault(dotted(thing), kind(thing))
        defined_in, defined = thing.__module__, dotted(thing)
    else:
        assigned, imported = top_level(module.__name__)
        if name not in assigned | imported:
            return
        defined_in, defined = (module.__name__ if name in assigned else PACKAGES[0]), path
    public = is_public(module, name, defined_in)
    (snapshot["paths"] if public else snapshot["incidental"])[path] = defined


def class_facts(cls: type, known: dict[type, dict[str, str]]) -> ClassFacts:
    """The facts of one class."""
    return ClassFacts(
        bases=[dotted(base) for base in cls.__bases__ if ours(base)],
        ancestors=[ancestor.__name__ for ancestor in cls.__mro__ if ours(ancestor)],
        methods=methods(cls),
        fake=resolved_fakes(cls, known),
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    printed_by_imports = sys.stderr
    with contextlib.redirect_stdout(printed_by_imports):
        result = take()
    json.dump(result, sys.stdout, sort_keys=True)
