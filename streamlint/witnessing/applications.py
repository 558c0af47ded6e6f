"""Where the application is that serves a route, and how a test imports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment import applications
from streamlint.faults.servers import DjangoServers, Interface
from streamlint.knowledge.table import read
from streamlint.values.domain import External, Instance
from streamlint.values.tested import is_test_module

if TYPE_CHECKING:
    from streamlint.model import syntax as ir
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.serving import Entry
    from streamlint.values.domain import Origin

_DJANGO = "django"


@dataclass(frozen=True)
class Served:
    """A name that a test imports from a module below `root`; `is_factory` where the name is that of a function that makes it."""

    root: Path
    module: str
    name: str
    is_factory: bool = False
    interface: str = ""


class Applications:
    """Of a project; asked for one entry at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._evaluator = project.evaluator

    def of(self, entry: Entry) -> Served | None:
        """What serves an entry; None where that cannot be told, or has no name that can be imported."""
        if entry.framework == _DJANGO:
            return self._of_django(entry)
        app = self._project.ask(applications.Applications).of(entry)
        if app is None or not app.name or self._is_router(app.origin):
            return self._only(entry.framework)
        module = self._project.module(app.path)
        top = module.summary.module if module is not None else None
        if top is not None and any(_is(each.value, app.origin) for each in top.bindings):
            return self._served(app.path, app.name)
        return self._made(app.name, app.origin) or self._served(app.path, app.name, is_factory=True)

    def _is_router(self, origin: Origin) -> bool:
        """Whether what is made there only collects routes for an application that is not seen."""
        module = self._project.module(origin.path)
        for scope in module.scopes if module is not None else ():
            for call in scope.calls:
                if module is not None and _is(call, origin):
                    values = self._evaluator.value(call, self._evaluator.any_call(module, scope))
                    known = self._evaluator.knowledge.frameworks
                    made = (known.application(value.name) for value in values if isinstance(value, Instance))
                    return any(each is not None and each.is_router for each in made)
        return False

    def _made(self, factory: str, origin: Origin) -> Served | None:
        """A name of a module that a factory's application is given."""
        made = ((module, name) for module, name, value in self._instances(factory) if value.origin == origin)
        return next((self._served(module.path, name) for module, name in made), None)

    def _instances(self, *words: str) -> Iterator[tuple[Module, str, Instance]]:
        """What modules that hold one of these words give names to at their top level; those of tests do not count."""
        modules = map(self._project.module, self._project.modules.texts.saying(words))
        for module in modules:
            if module is None or is_test_module(module):
                continue
            frame = self._evaluator.any_call(module, module.summary.module)
            for each in module.summary.module.bindings:
                values = self._evaluator.value(each.value, frame) if each.kind == "assign" and each.value else ()
                yield from ((module, each.name, value) for value in values if isinstance(value, Instance))

    def _only(self, framework: str) -> Served | None:
        """The one application of the project that may serve routes of a framework."""
        rows = (row for row in read("witnessed").rows("server") if framework in row.texts("frameworks"))
        classes = {name for row in rows for name in row.texts("applications")}
        found: dict[Origin, Served] = {}
        for module, name, value in self._instances(*{each.rpartition(".")[2] for each in classes}):
            if value.name in classes and value.origin is not None:
                found.setdefault(value.origin, self._served(module.path, name))
        return next(iter(found.values())) if len(found) == 1 else None

    def _of_django(self, entry: Entry) -> Served | None:
        """The application of a project of Django, for the interface under which it runs."""
        runs = self._project.ask(DjangoServers).interface
        wanted = runs or (Interface.ASGI if entry.scope.is_async else Interface.WSGI)
        found = {interface: (module, name) for interface, module, name in self._django_applications()}
        interface = wanted if wanted in found else next(iter(found), None)
        if interface is None:
            return None
        module, name = found[interface]
        return self._served(module.path, name, interface=interface.value.lower())

    def _django_applications(self) -> Iterator[tuple[Interface, Module, str]]:
        for interface in Interface:
            names = self._evaluator.knowledge.names("servers", f"makes-{interface.value.lower()}")
            for dotted in sorted(names):
                word = dotted.rpartition(".")[2]
                for module, scope, call in self._evaluator.callers.calls_of(word):
                    values = self._evaluator.value(call.function, self._evaluator.any_call(module, scope))
                    if External(dotted) in values and scope.kind == "module":
                        yield from ((interface, module, each.name) for each in scope.bindings if each.value is call)

    def _served(self, path: Path, name: str, *, is_factory: bool = False, interface: str = "") -> Served:
        root = self._root(path)
        parts = list(path.relative_to(root).with_suffix("").parts)
        return Served(root, ".".join(parts[:-1] if parts[-1] == "__init__" else parts), name, is_factory, interface)

    def _root(self, path: Path) -> Path:
        """The folder from which the module is imported: that of its own imports, or the one around its packages."""
        modules = self._project.modules
        module = self._project.module(path)
        imports = module.summary.imports if module is not None else []
        for name, _, level in imports:
            found = modules.resolve(path, name, level) if name and not level else None
            if found is not None:
                root = found.parents[name.count(".") + (found.name == "__init__.py")]
                if path.is_relative_to(root):
                    return root
        folder = path.parents[max((level for _, _, level in imports), default=0)]
        while folder / "__init__.py" in modules.files:
            folder = folder.parent
        return folder


def _is(value: ir.Expression | None, origin: Origin) -> bool:
    return value is not None and (value.start, value.end) == (origin.start, origin.end)
