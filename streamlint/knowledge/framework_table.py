"""The table of frameworks, asked by the dotted names of applications, functions and classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from streamlint.knowledge.frameworks import (
    Application,
    Argument,
    ClassView,
    Framework,
    Generator,
    Purpose,
    Registration,
    Runner,
    Shows,
)
from streamlint.knowledge.table import Row, read

_OFF_PATH = (Purpose.STARTUP, Purpose.LIFESPAN, Purpose.BACKGROUND)


class Frameworks:
    """The table, extended by the user's rows (each like a row of `[[function]]` for one name); names are resolved."""

    def __init__(self, user_rows: Iterable[Mapping[str, object]] = ()) -> None:
        table = read("frameworks")
        self._frameworks = {row.text("name"): _framework(row) for row in table.rows("framework")}
        self._applications: dict[str, Application] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._methods: dict[tuple[str, str], Registration] = {}
        self._functions: dict[str, Registration] = {}
        self._keywords: dict[tuple[str, str], Registration] = {}
        self._views: dict[str, ClassView] = {}
        self._conventions: dict[str, list[ClassView]] = {}
        for row in table.rows("application"):
            self._add_application(row)
        for row in table.rows("method"):
            owner = row.text("application", row.text("framework"))
            self._methods.update({(owner, name): self._registration(row, name) for name in row.texts("names")})
        for row in table.rows("function"):
            self._functions.update({name: self._registration(row, name) for name in row.texts("names")})
        for row in map(_user_row, user_rows):
            self._functions[row.text("name")] = self._registration(row, row.text("name"))
        for row in table.rows("keyword"):
            owner = row.text("framework")
            self._keywords.update({(owner, name): self._registration(row, name) for name in row.texts("names")})
        self.shapes = frozenset(name for row in table.rows("shape") for name in row.texts("names"))
        for row in table.rows("view"):
            self._views.update(dict.fromkeys(row.texts("bases"), self._view(row)))
        for row in table.rows("convention"):
            self._conventions.setdefault(row.text("class"), []).append(self._view(row))

    def framework(self, name: str) -> Framework:
        return self._frameworks[name]

    def application(self, dotted: str) -> Application | None:
        """The application or router that `dotted` makes, or None."""
        return self._applications.get(dotted)

    def attribute(self, dotted: str, name: str) -> str | None:
        """The class of an application's attribute (`app.router`), where it registers functions too."""
        application = self._applications.get(dotted)
        return self._attributes[application.name].get(name) if application else None

    def is_part(self, dotted: str) -> bool:
        """Whether objects of this class come with an application, as `app.router` does, and nobody makes them."""
        application = self._applications.get(dotted)
        return application is not None and application.name in self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        return frozenset(name for attributes in self._attributes.values() for name in attributes.values())

    def decorator(self, dotted: str, method: str) -> Registration | None:
        """What `method` of an application registers, as decorator or by a call; "on_startup.append" is a method too."""
        application = self._applications.get(dotted)
        if application is None:
            return self.call(f"{dotted}.{method}")
        owner = application.framework
        found = self._methods.get((application.name, method))
        while found is None and owner:
            found = self._methods.get((owner, method))
            owner = self._frameworks[owner].extends
        return found and self._as_seen_by(found, application.framework)

    def call(self, dotted: str) -> Registration | None:
        """What a free function or class registers when it is called or used as decorator."""
        if (found := self._functions.get(dotted)) is not None:
            return found
        package, _, rest = dotted.partition(".")
        return self._functions.get(f"{package}.*.{rest.rpartition('.')[2]}") if "." in rest else None

    function_decorator = call

    @cached_property
    def keywords(self) -> frozenset[str]:
        """Every keyword of a constructor under which something is registered."""
        return frozenset(keyword for _, keyword in self._keywords)

    def keyword(self, dotted: str, keyword: str) -> Registration | None:
        """What a keyword argument of an application's constructor registers (`lifespan=`)."""
        application = self._applications.get(dotted)
        owner = application.framework if application else ""
        while owner:
            if (found := self._keywords.get((owner, keyword))) is not None:
                return found
            owner = self._frameworks[owner].extends
        return None

    def base_class(self, dotted: str) -> ClassView | None:
        """The methods that a framework calls on subclasses of `dotted`."""
        return self._views.get(dotted)

    def convention(self, class_name: str) -> tuple[ClassView, ...]:
        """The methods that a host calls on a module-level class of this name."""
        return tuple(self._conventions.get(class_name, ()))

    @cached_property
    def by_word(self) -> Mapping[str, Sequence[tuple[Registration, bool]]]:
        """Everything that registers, by the last word of its name, and whether that is the name of a function of a package."""
        found: dict[str, list[tuple[Registration, bool]]] = {}
        for row in self._methods.values():
            found.setdefault(row.name.rpartition(".")[2], []).append((row, False))
        for row in self._functions.values():
            found.setdefault(row.name.rpartition(".")[2], []).append((row, "*" not in row.name))
        return found

    def of_packages(self, packages: Collection[str]) -> frozenset[str]:
        """The frameworks that code which imports these packages may use, those that they extend included."""
        found = {
            name for name, one in self._frameworks.items() if not one.packages or not one.packages.isdisjoint(packages)
        }
        pending = list(found)
        while pending:
            above = self._frameworks[pending.pop()].extends
            if above and above not in found:
                found.add(above)
                pending.append(above)
        return frozenset(found)

    def extending(self, framework: str, packages: Collection[str]) -> str:
        """A framework that extends this one and is one of the packages, or ""."""
        found = (one for one in self._frameworks.values() if one.extends == framework)
        return next((one.name for one in found if not one.packages.isdisjoint(packages)), "")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._frameworks)

    @property
    def functions(self) -> Collection[str]:
        """The dotted names of the free functions and classes that register."""
        return self._functions

    @property
    def applications(self) -> Collection[str]:
        """The dotted names of the classes of applications and routers."""
        return self._applications

    @property
    def views(self) -> Collection[str]:
        """The dotted names of the classes below which a framework calls methods."""
        return self._views

    @property
    def conventions(self) -> Mapping[str, Sequence[ClassView]]:
        return self._conventions

    def methods(self, framework: str) -> Iterator[tuple[str, Registration]]:
        """What the applications of a framework have, inherited rows included; "on_startup.append" is a method too."""
        owners = {name for name, application in self._applications.items() if application.framework == framework}
        while framework:
            owners.add(framework)
            framework = self._frameworks[framework].extends
        return ((name, row) for (owner, name), row in self._methods.items() if owner in owners)

    @cached_property
    def unknown_routers(self) -> tuple[tuple[str, str], ...]:
        """Packages, and the class of which an object is taken that registers routes in a module that imports the package."""
        routers = (one.unknown_router for one in self._frameworks.values() if one.unknown_router)
        return tuple((router.partition(".")[0], router) for router in routers)

    @cached_property
    def cancelling_again(self) -> frozenset[str]:
        """The packages whose servers cancel each wait in a stream that has been ended."""
        return frozenset().union(*(one.packages for one in self._frameworks.values() if one.cancels_again))

    @property
    def packages(self) -> frozenset[str]:
        """Top-level import names of all frameworks."""
        return frozenset().union(*(framework.packages for framework in self._frameworks.values()))

    def _add_application(self, row: Row) -> None:
        main = row.texts("classes")[0]
        self._attributes[main] = row.mapping("attributes")
        application = Application(main, row.text("framework"), row.flag("router"), row.text("prefix"))
        self._applications.update(dict.fromkeys(row.texts("classes"), application))

    def _registration(self, row: Row, name: str) -> Registration:
        framework = self._frameworks[row.text("framework")]
        return Registration(
            framework=framework.name,
            name=name,
            kind=Purpose(row.text("kind")),
            sync_runner=Runner(row.text("sync", framework.sync_runner)),
            async_runner=Runner(row.text("async", framework.async_runner)),
            factory=row.flag("factory"),
            handler=_argument(row, "handler"),
            path=_argument(row, "path"),
            methods=(_http_method(name),) if row.flag("http-is-name") else row.texts("http"),
            methods_argument=Argument(row.number("http-position"), row.text("http-keyword")),
            on_request_path=not row.flag("off-path"),
            child=_argument(row, "child"),
            children_keyword=row.text("children-keyword"),
            prefix=Argument(None, row.text("prefix-keyword")) if row.text("prefix-keyword") else _argument(row, "path"),
            thread_keyword=row.text("thread-keyword"),
            dispatch_keyword=row.text("dispatch-keyword"),
            responders=row.texts("responders"),
            suffix_keyword=row.text("suffix-keyword"),
        )

    def _view(self, row: Row) -> ClassView:
        framework = self._frameworks[row.text("framework")]
        return ClassView(
            framework.name,
            Purpose(row.text("kind")),
            row.texts("methods"),
            row.flag("http-is-name"),
            not row.flag("off-path"),
            Runner(row.text("sync", framework.sync_runner)),
            Runner(row.text("async", framework.async_runner)),
            row.text("parameter"),
        )

    def _as_seen_by(self, registration: Registration, framework: str) -> Registration:
        """An inherited registration, with the runners of the framework that inherits it."""
        if registration.framework == framework:
            return registration
        above, below = self._frameworks[registration.framework], self._frameworks[framework]
        own_sync = registration.sync_runner is above.sync_runner
        own_async = registration.async_runner is above.async_runner
        return replace(
            registration,
            framework=framework,
            sync_runner=below.sync_runner if own_sync else registration.sync_runner,
            async_runner=below.async_runner if own_async else registration.async_runner,
        )


def _user_row(values: Mapping[str, object]) -> Row:
    """A row of the user's, with what goes without saying: a call or decorator that is given the function of a route first."""
    given = {"framework": "custom", "kind": Purpose.ROUTE.value, **values}
    given.setdefault("off-path", given["kind"] in _OFF_PATH)
    if not any(key in values for key in ("factory", "handler", "handler-keyword")):
        given["handler"] = 0
    return Row(given)


def _framework(row: Row) -> Framework:
    async_runner = Runner(row.text("async"))
    generator = Generator(row.text("generator"))
    return Framework(
        row.text("name"),
        frozenset(row.texts("packages")),
        Runner(row.text("sync")),
        async_runner,
        generator,
        Runner(row.text("async-wsgi", async_runner)),
        Generator(row.text("generator-asgi", generator)),
        row.text("extends"),
        row.flag("whole-file"),
        row.text("title", row.text("name")),
        row.text("unknown-router"),
        row.text("streams-with", "StreamingResponse"),
        Shows(row.text("shows")),
        row.flag("encodes-items"),
        row.flag("takes-functions"),
        row.flag("returns-no-iterator"),
        row.flag("sends-iterators"),
        row.flag("drains-iterators"),
        row.flag("synchronous-bodies"),
        row.texts("assigned-bodies"),
        row.flag("cancels-again"),
        row.texts("served-by"),
        tuple(row.mapping("served-with").items()),
    )


def _argument(row: Row, name: str) -> Argument:
    return Argument(row.number(name), row.text(f"{name}-keyword"))


def _http_method(name: str) -> str:
    """ "GET" for `get`, `add_get` and `litestar.get`; "*" for a class view."""
    verb = name.rpartition(".")[2].removeprefix("add_").upper()
    return "*" if verb == "VIEW" else verb
