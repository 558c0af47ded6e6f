"""Who calls a function, and who stores under a name: the ways into a value from the rest of the project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamlint.model import syntax as ir
from streamlint.model.forms import Form
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.arguments import GATHERING, Arguments, written_under
from streamlint.values.call_sites import CallSite, argument_of, may_hide, position_of
from streamlint.values.callbacks import Callbacks
from streamlint.values.constructed import Constructed
from streamlint.values.declared import Declared
from streamlint.values.domain import NOTHING, PENDING, UNKNOWN, Class, Function, Object, Values
from streamlint.values.handed_through import HandedThrough
from streamlint.values.lifespans import Lifespans
from streamlint.values.meanings import Definition, Meanings, Meant, by_definition
from streamlint.values.requested import Requested
from streamlint.values.said import Row, Said
from streamlint.values.stores import Stores
from streamlint.values.whole import Whole

_FEW = 32
_BELOW = "__init_subclass__"


class Callers:
    """Looks in the modules that say a word for what is called, passed on and stored under it.

    Words lead to candidates; every candidate is evaluated once and then known by the definition that it means.
    """

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._said: dict[Module, Said] = {}
        self._calls: dict[str, list[Row]] = {}
        self._passed: dict[str, list[Row]] = {}
        self._spelled: dict[str, list[str]] = {}
        self._below: dict[str, tuple[frozenset[str], tuple[Module, ...]]] = {}
        declared = Declared(evaluator)
        self._meanings = Meanings(evaluator, declared)
        self._shifted: dict[ir.Call, ir.Call] = {}
        stores = Stores(evaluator, declared, self._standing)
        self.stores, self.items, self.stored, self.stored_under = stores.of, stores.items, stores.values, stores.under
        self.set_later, self.changed = stores.later, stores.changed
        self._given: dict[str, list[Row]] = {}
        self._handed_through = HandedThrough(evaluator, self.of)
        self.given_by_framework = Callbacks(evaluator, self.passing).given
        self.given_to_constructor = Constructed(evaluator, self.passing).given
        lifespans = Lifespans(evaluator, self.said_by)
        self.applications, self.lifespan_state = lifespans.applications, lifespans.state
        self.is_requested = Requested(evaluator, self._spellings).is_called
        self._gathered = Arguments(evaluator).gathered

    def _standing(self, word: str, *forms: Form, beside: Iterable[str] = ()) -> Iterator[Said]:
        return map(self.said_by, self.evaluator.modules.standing(word, *forms, beside=beside))

    def said_by(self, module: Module) -> Said:
        """What the text of a module calls, passes on and stores."""
        if module not in self._said:
            self._said[module] = Said(module)
        return self._said[module]

    def calls_of(self, word: str) -> list[Row]:
        """Calls whose function ends in this word."""
        if word not in self._calls:
            self._calls[word] = [row for said in self._standing(word, Form.CALLED) for row in said.calls.get(word, ())]
        return self._calls[word]

    def passing(self, word: str) -> list[Row]:
        """Calls that are given something whose name ends in this word."""
        if word not in self._passed:
            self._passed[word] = [
                row for said in self._standing(word, Form.PASSED) for row in said.passed.get(word, ())
            ]
        return self._passed[word]

    def _calls_of_made(self, word: str) -> list[Row]:
        """Calls of what a call of this word gives, decorators too."""
        if word not in self._given:
            self._given[word] = [row for said in self._standing(word, Form.CALLED) for row in said.given.get(word, ())]
        return self._given[word]

    def frames(self, module: Module, scope: ir.Scope) -> tuple[Frame, ...]:
        """The frames of the known calls of a function; that of any call where they are many, or nobody is known to call it."""
        key = ("frames", module.path, scope.index)
        nobody: tuple[Frame, ...] = ()
        found = self.evaluator.solver.ask(key, lambda: tuple(self._frames(module, scope)), nobody, nobody)
        return found or (self.evaluator.any_call(module, scope),)

    def _frames(self, module: Module, scope: ir.Scope) -> list[Frame]:
        evaluator, found = self.evaluator, dict[Frame, None]()
        if scope.name == _BELOW:
            return list(self._of_classes_below(module, scope))
        sites = self.of(Function(module.path, scope.index))
        for site in sites if len(sites) <= _FEW else ():
            for value in evaluator.value(site.call.function, site.frame):
                if isinstance(value, Function) and (value.path, value.scope) == (module.path, scope.index):
                    found[evaluator.calls.running(value, site.call, site.frame)] = None
        return list(found)

    def _of_classes_below(self, module: Module, scope: ir.Scope) -> Iterator[Frame]:
        """Python calls `__init_subclass__` for each class below, with the keywords behind its bases."""
        for below in self.evaluator.attributes.below(Class(module.path, scope.parent)):
            located = self.evaluator.scope_of(below)
            if located is not None:
                outer = self.evaluator.any_call(located[0], located[0].scopes[located[1].parent])
                given = {name: self.evaluator.value(value, outer) for name, value in located[1].keywords if name}
                given[scope.parameters[0].name] = frozenset((below,))
                yield self.evaluator.frames.call(module, scope, None, given, None)

    def names(self, made: Class) -> bool:
        """Whether some code calls a class, passes it on, or keeps it, as far as words tell."""
        located = self.evaluator.scope_of(made)
        words = frozenset(self._spellings(located[1].name) if located is not None else ())
        return any(
            one.id in words
            for module in self.evaluator.modules.saying(*words)
            for scope in module.scopes
            for one in scope.names
        )

    def constructing(self, made: Class) -> list[Row]:
        """The calls that may make an object of exactly this class, by its names and by `cls` where it stands."""
        located = self.evaluator.scope_of(made)
        if located is None:
            return []
        words = self._spellings(located[1].name)
        return [
            *(row for word in words for row in self.calls_of(word)),
            *self.said_by(located[0]).calls.get("cls", ()),
        ]

    def of(self, function: Function) -> tuple[CallSite, ...]:
        """The calls of a function of the project in the loaded modules, `Class(...)` for an `__init__` too."""
        key = ("sites", function.path, function.scope)
        return self.evaluator.solver.ask(key, lambda: tuple(self._find(function)), (), ())

    def given(self, parameter: ir.Parameter, frame: Frame) -> list[tuple[ir.Expression, Frame]]:
        """The expressions that the known calls of a function give for its parameter, each with the frame it stands in."""
        sites = self.of(Function(frame.module.path, frame.scope.index))
        rows = ((argument_of(site.call, frame.scope, parameter, site.is_bound), site.frame) for site in sites)
        return [(argument, there) for argument, there in rows if argument is not None]

    def is_left_out(self, function: Function, parameter: ir.Parameter) -> bool:
        """Whether a function, or the class that it initialises, is called and goes nowhere else, and nobody may give this.

        Calls of its name that may mean another function count too.
        """
        located = self.evaluator.scope_of(function)
        if located is None:
            return False
        module, scope = located
        owner = module.scopes[max(scope.parent, 0)]
        makes = owner.kind == "class" and scope.name == "__init__"
        called = owner if makes else scope
        is_special = owner.kind == "class" and not makes and scope.name.startswith("__")
        asked = Class(module.path, owner.index) if makes else function
        if scope.decorators or is_special or self.passing(called.name) or self.is_requested(asked):
            return False
        sites = self.of(function)
        known = {(site.module.path, site.call.start) for site in sites}
        rows = (row for word in self._spellings(called.name) for row in self.calls_of(word)) if sites else ()
        is_bound = owner.kind == "class"
        return bool(sites) and not any(
            (row[0].path, row[2].start) not in known
            and (row[2].hides_keywords or argument_of(row[2], scope, parameter, is_bound) is not None)
            for row in rows
        )

    def _find(self, function: Function) -> Iterator[CallSite]:
        located = self.evaluator.scope_of(function)
        if located is None:
            return
        module, scope = located
        wanted = (function.path, function.scope)
        parent = module.scopes[scope.parent] if scope.parent >= 0 else None
        if scope.name == "__init__" and parent is not None and parent.kind == "class":
            yield from self._constructing(parent.name, wanted)
        else:
            for word in self._spellings(scope.name):
                rows = self.calls_of(word)
                yield from self._at(rows, self._meanings.of_function(word, rows, module, scope))
            if self.evaluator.modules.texts.is_test(module.path):  # a helper of tests, which they call themselves
                own = self.said_by(module).calls.get(scope.name, [])
                yield from self._among(own, ("calls", module.path, scope.name), wanted)
        if parent is not None and parent.kind == "function":
            for word in self._spellings(parent.name):
                yield from self._among(self._calls_of_made(word), ("given", word), wanted)
        yield from self._handed_over(scope.name, wanted)

    def words(self, function: Function) -> frozenset[str]:
        """The words at the ends of all calls that may be one of a function, or of what such a call is given."""
        located = self.evaluator.scope_of(function)
        if located is None:
            return frozenset()
        module, scope = located
        found = {*self._spellings(scope.name)}
        parent = module.scopes[scope.parent] if scope.parent >= 0 else None
        if parent is not None and parent.kind == "class" and scope.name == "__init__":
            found |= {*self.below(parent.name)[0], "cls"}
        if parent is not None and parent.kind == "function":
            found |= {*self._spellings(parent.name)}
        return frozenset(found)

    def _among(
        self, rows: list[Row], key: tuple[object, ...], wanted: Definition, made: Class | None = None
    ) -> Iterator[CallSite]:
        return self._at(rows, self._meanings.of(rows, key).get(wanted, ()), made)

    def _at(self, rows: list[Row], meant: Iterable[tuple[int, bool]], made: Class | None = None) -> Iterator[CallSite]:
        for number, is_bound in meant:
            module, scope, call = rows[number]
            frame = self.evaluator.any_call(module, scope)
            yield CallSite(module, scope, call, frame, is_bound or made is not None, made)

    def _spellings(self, name: str) -> list[str]:
        """A name and those under which it is imported."""
        if name not in self._spelled:
            aliases = {alias for said in self._standing(name, Form.RENAMED) for alias in said.aliases.get(name, ())}
            self._spelled[name] = [name, *sorted(aliases)]
        return self._spelled[name]

    def _constructing(self, name: str, wanted: Definition) -> Iterator[CallSite]:
        """Calls that may run the `__init__` of a class of this name: its own, its descendants', `cls(...)`, `super()`'s."""
        names, _ = self.below(name)
        for word in sorted(names):
            yield from self._making(self.calls_of(word), ("calls", word), wanted)
        # a class calls itself `cls`, and those above it by `super()`, where its own name stands
        for said in self._standing("cls", Form.CALLED, beside=names):
            yield from self._making(said.calls.get("cls", []), ("calls", said.path, "cls"), wanted)
        for said in self._standing("__init__", Form.CALLED, beside=names):
            yield from self._among(said.calls.get("__init__", []), ("calls", said.path, "__init__"), wanted)

    def below(self, name: str) -> tuple[frozenset[str], tuple[Module, ...]]:
        """The names of the classes below one of this name, of those below them and so on, and the modules that name bases so."""
        if name not in self._below:
            names, pending, found = {name}, [name], dict[Module, None]()
            while pending:
                current = pending.pop()
                for module in self.evaluator.modules.standing(current, Form.BASE, Form.RENAMED):
                    said, found[module] = self.said_by(module), None
                    new = {*said.below.get(current, ()), *said.aliases.get(current, ())} - names
                    names |= new
                    pending += sorted(new)
            self._below[name] = frozenset(names), tuple(sorted(found, key=lambda module: module.path.parts))
        return self._below[name]

    def _making(self, rows: list[Row], key: tuple[object, ...], wanted: Definition) -> Iterator[CallSite]:
        for path, scope in self._meanings.of(rows, key):
            if self._initialises(Class(path, scope), wanted):
                yield from self._among(rows, key, (path, scope), Class(path, scope))

    def _initialises(self, made: Class, wanted: Definition) -> bool:
        located = self.evaluator.scope_of(made)
        if located is None or located[1].kind != "class":
            return False
        method = self.evaluator.attributes.method(made, "__init__")
        return method is not None and (method.path, method.scope) == wanted

    def _handed_over(self, word: str, wanted: Definition) -> Iterator[CallSite]:
        """Calls that pass the function on with its arguments, such as `run_in_threadpool(f, x)`."""
        rows = self.passing(word)
        if not rows:
            return
        meant: Meant = self.evaluator.solver.ask(("passed", word), lambda: self._moved(rows), {}, {})
        for number, is_bound in meant.get(wanted, ()):
            module, scope, call = rows[number]
            frame = self.evaluator.any_call(module, scope)
            moved = self.evaluator.calls.handed(call, frame)
            if moved is not None:
                there = ir.Call(call.start, call.end, call.function, moved[1], moved[2])
                yield CallSite(module, scope, self._shifted.setdefault(call, there), frame, is_bound)

    def _moved(self, rows: list[Row]) -> Meant:
        evaluator = self.evaluator
        handed = (evaluator.calls.handed(row[2], evaluator.any_call(*row[:2])) for row in rows)
        return by_definition(moved[0] if moved is not None else NOTHING for moved in handed)

    def argument(self, function: Function, scope: ir.Scope, parameter: ir.Parameter) -> Values:
        """What the known callers give for a parameter; empty where nobody is known to give it."""
        sites = self.of(function)
        if parameter.kind in GATHERING:
            return self.evaluator.union(self._gathered(parameter, scope, site) for site in sites)
        found = []
        for site in sites:
            given = argument_of(site.call, scope, parameter, site.is_bound)
            if given is not None:
                found.append(self.evaluator.value(given, site.frame))
            elif may_hide(site.call, scope, parameter, site.is_bound):
                found.append(self._hidden(site, scope, parameter))
        return self.evaluator.union(found)

    def _hidden(self, site: CallSite, scope: ir.Scope, parameter: ir.Parameter) -> Values:
        """What a call gives behind `*` or `**`: what the callers of the function around it gave, or what a dict there holds."""
        handed = self._handed_through.given(site, (position_of(scope, parameter, site.is_bound), parameter.name))
        if handed is not None:
            return handed
        is_placed = site.call.placed < len(site.call.arguments)
        written = None if is_placed else written_under(site.call, site.scope, parameter.name)
        if written is None:
            return UNKNOWN
        return self.evaluator.union(self.evaluator.value(one, site.frame) for one in written.values)

    def initial(self, function: Function, scope: ir.Scope, parameter: ir.Parameter, made: Object) -> Values:
        """What the constructor calls that make an object of exactly this class, or of one below it, give for a parameter."""
        key = ("initial", function.path, function.scope, parameter.name, made)
        return self.evaluator.solver.ask(key, lambda: self._initial(function, scope, parameter, made), PENDING, NOTHING)

    def _initial(self, function: Function, scope: ir.Scope, parameter: ir.Parameter, made: Object) -> Values:
        attributes = self.evaluator.attributes
        above = {owner for owner in attributes.lineage(made) if isinstance(owner, Class)}
        found = []
        for site in self._making_it(self.of(function), made):
            if site.made is not None:
                concerns = Class(made.path, made.scope) in set(attributes.lineage(site.made))
            else:
                concerns = class_around(site.module, site.scope) in above
            if concerns and parameter.kind in GATHERING:
                found.append(self._gathered(parameter, scope, site))
                continue
            given = argument_of(site.call, scope, parameter, site.is_bound) if concerns else None
            if given is not None:
                found.append(self.evaluator.value(given, site.frame))
                continue
            hidden = NOTHING
            if concerns and may_hide(site.call, scope, parameter, site.is_bound):
                hidden = self._hidden(site, scope, parameter)
                found.append(hidden)
            if concerns and not hidden and parameter.default is not None:
                found.append(self._default(function, parameter.default))
        if found and made.origin is None and self.is_requested(Class(made.path, made.scope)):
            found.append(self.evaluator.parameters.asked_for(parameter, self._any_call(function)))
        return self.evaluator.union(found)

    @staticmethod
    def _making_it(sites: tuple[CallSite, ...], made: Object) -> tuple[CallSite, ...]:
        """Of the calls that make objects of a class the one that made this object, where it is among them."""
        origin = made.origin
        if origin is None:
            return sites
        exact = [
            site
            for site in sites
            if site.made in (None, Class(made.path, made.scope))
            and (site.module.path, site.call.start, site.call.end) == (origin.path, origin.start, origin.end)
        ]
        return tuple(exact) or sites

    def _any_call(self, function: Function) -> Frame:
        located = self.evaluator.scope_of(function)
        assert located is not None
        return self.evaluator.any_call(*located)

    def _default(self, function: Function, default: ir.Expression) -> Values:
        located = self.evaluator.scope_of(function)
        assert located is not None
        module, scope = located
        return self.evaluator.value(default, self.evaluator.any_call(module, module.scopes[scope.parent]))

    def field_values(self, base: Object, name: str) -> Values:
        """What the constructor calls of a class without `__init__` give for a field; the one that made it, where it is seen."""
        key = ("field", base.path, base.scope, base.origin, name)
        return self.evaluator.solver.ask(key, lambda: self._field_values(base, name), PENDING, NOTHING)

    def _field_values(self, base: Object, name: str) -> Values:
        located = self.evaluator.scope_of(base)
        if located is None:
            return NOTHING
        _, scope = located
        fields = [b.name for b in scope.bindings if b.annotation is not None]
        position = fields.index(name) if name in fields else None
        words, wanted = self._spellings(scope.name), (base.path, base.scope)
        sites = tuple(site for word in words for site in self._among(self.calls_of(word), ("calls", word), wanted))
        sites = self._making_it(sites, base)
        given = [(site.call.argument(position, name), site) for site in sites]
        known = [self.evaluator.value(value, site.frame) for value, site in given if value is not None]
        hidden = [UNKNOWN for value, site in given if value is None and not site.call.is_plain]
        if sites and base.origin is None and self.is_requested(Class(*wanted)):
            hidden.append(UNKNOWN)
        return self.evaluator.union((*known, *hidden))


def class_around(module: Module, scope: ir.Scope) -> Class | None:
    """The class whose method holds this scope."""
    while scope.parent >= 0:
        scope = module.scopes[scope.parent]
        if scope.kind == "class":
            return Class(module.path, scope.index)
    return None
