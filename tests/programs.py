"""Writes small programs that run: a strategy for hypothesis, of modules by name. They do nothing to the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from . import constructs

Modules = dict[str, str]
_Item = TypeVar("_Item")

_CONSTANTS = ("True", "False", "None", "0", "1", "'k'", "''")
_ATTRIBUTES = ("one", "two", "kind", "made")
LOCALS = ("a", "b", "c", "d")
_DEEPEST = 3


class _Writer:
    """Draws one module; `names` are the variables that are likely to be bound, the innermost function last."""

    def __init__(self, draw: st.DrawFn, module: str, further: int = 0) -> None:
        self._draw = draw
        self._further = further
        self.constructed: dict[str, list[str]] = {}
        self._module = module
        self._lines: list[str] = []
        self._indent = 0
        self._names: list[list[str]] = [[]]
        self._classes: list[str] = []
        self._functions: list[str] = []
        self._loops = 0
        self._count = 0
        self._in_function = 0
        self._in_generator = False
        self._is_walked = False

    def pick(self, options: Sequence[_Item]) -> _Item:
        return self._draw(st.sampled_from(options))

    def chance(self, tenths: int) -> bool:
        return self._draw(st.integers(0, 9)) < tenths

    def write(self, line: str) -> None:
        self._lines.append(f"{'    ' * self._indent}{line}")

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def new(self, letter: str) -> str:
        self._count += 1
        return f"{letter}_{self._module}{self._count}"

    # Expressions

    def name(self) -> str:
        found = [name for names in self._names for name in names]
        if not found:
            return f"({self.pick(_CONSTANTS)})"
        return self.pick(self._names[-1] if self._names[-1] and self.chance(6) else found)

    def expression(self, depth: int = 0) -> str:
        if depth > _DEEPEST:
            return self.name()
        if depth < _DEEPEST and self._further and self.chance(self._further):
            return constructs.expression(self, depth + 1)
        simple = depth >= _DEEPEST or self.chance(3)
        return self.pick(self._simple if simple else self._nested)(depth + 1)

    @property
    def _simple(self) -> Sequence[Callable[[int], str]]:
        made = [self._instance] * 3 if self._classes else []
        known = [self._function] if self._functions else []
        return (lambda _: self.pick(_CONSTANTS), *[lambda _: self.name()] * 3, *made, *known)

    @property
    def _nested(self) -> Sequence[Callable[[int], str]]:
        called = [self._call] * 4 if self._functions else []
        made = [self._instance, self._instance, self._method, self._method, self._of_class] if self._classes else []
        return (
            *called,
            *made,
            self._attribute,
            self._attribute,
            self._call_of_any,
            self._display,
            self._mapping,
            self._item,
            self._choice,
            self._boolean,
            self._lambda,
            self._comprehension,
            self._generator_expression,
            self._walrus,
            self._builtin,
            self._operation,
        )

    def a_class(self) -> str:
        """A class of the program; one of Python's own where there is none."""
        return self.pick(self._classes) if self._classes else "list"

    def target(self) -> str:
        return self._target()

    def indented(self, write: Callable[[], None]) -> None:
        self._indent += 1
        write()
        self._indent -= 1

    def simple(self) -> str:
        return self.pick(self._simple)(_DEEPEST)

    def _instance(self, depth: int) -> str:
        return f"{self.pick(self._classes)}({self._arguments(depth, 'default')})"

    def _function(self, depth: int) -> str:
        return self.pick(self._functions)

    def _arguments(self, depth: int, signature: str) -> str:
        """Arguments that a function of this kind takes; `x` is always given, `y` in one of the ways that there are."""
        given = [f"*[{self.expression(depth)}]" if self.chance(1) else self.expression(depth)]
        one, ways = self.expression(depth), ["", ""]
        if signature in ("default", "star"):
            ways += ["{}", "{}", "*[{}]"]
        if signature != "one":
            ways += ["y={}", "**{{'y': {}}}"]
        if signature == "star":
            ways += ["{}, 1"]
        way = self.pick(ways)
        return ", ".join([*given, way.format(one)] if way else given)

    def _call(self, depth: int) -> str:
        function = self.pick(self._functions)
        return f"{function}({self._arguments(depth, function.rpartition('f_')[2].partition('_')[0])})"

    def _call_of_any(self, depth: int) -> str:
        return f"{self.name()}({self.expression(depth)})"

    def _attribute(self, depth: int) -> str:
        return f"{self._base(depth)}.{self.pick(_ATTRIBUTES)}"

    def _base(self, depth: int) -> str:
        if self._classes and self.chance(5):
            return self._instance(depth)
        return self.name() if self.chance(7) else f"({self.expression(depth)})"

    def _method(self, depth: int) -> str:
        return f"{self._base(depth)}.{self.pick(('run', 'get', 'make', 'plain'))}({self.expression(depth)})"

    def _of_class(self, depth: int) -> str:
        return f"{self.pick(self._classes)}.{self.pick(('kind', 'make', 'plain'))}"

    def _display(self, depth: int) -> str:
        items = [self.expression(depth) for _ in range(self._draw(st.integers(0, 3)))]
        if self.chance(2):
            items.insert(0, f"*{self._iterable(depth)}")
        opening, closing = self.pick((("[", "]"), ("(", ",)"), ("[", "]")))
        return f"{opening}{', '.join(items)}{closing}" if items else "[]"

    def _mapping(self, depth: int) -> str:
        items = [f"{key!r}: {self.expression(depth)}" for key in ("k", "m") if self.chance(6)]
        if self.chance(2):
            items.insert(0, f"**{{'k': {self.expression(depth)}}}")
        return f"{{{', '.join(items)}}}"

    def _item(self, depth: int) -> str:
        kind = self.pick(("list", "list", "dict", "dict", "any", "get"))
        if kind == "list":
            return f"[{self.expression(depth)}, {self._starred(depth)}][{self.pick(('0', '-1', '1', ':1'))}]"
        if kind == "dict":
            return f"{self._mapping(depth)}['k']"
        if kind == "get":
            return f"{self._mapping(depth)}.get({self.pick(('', repr('m') + ', '))}{self.expression(depth)})"
        return f"{self._base(depth)}[{self.pick(('0', '-1', repr('k'), self.name()))}]"

    def _choice(self, depth: int) -> str:
        return f"({self.expression(depth)} if {self.test(depth)} else {self.expression(depth)})"

    def _boolean(self, depth: int) -> str:
        return f"({self.expression(depth)} {self.pick(('and', 'or'))} {self.expression(depth)})"

    def _operation(self, depth: int) -> str:
        kind = self.pick(("not", "==", "is", "f", "-"))
        if kind == "not":
            return f"(not {self.expression(depth)})"
        if kind == "f":
            return f'f"{{{self.name()}}}"'
        if kind == "-":
            return f"[{self.expression(depth)}] + [{self.expression(depth)}]"
        return f"({self.expression(depth)} {kind} {self.name()})"

    def test(self, depth: int = 1) -> str:
        return self.expression(min(depth + 1, _DEEPEST))

    def _lambda(self, depth: int) -> str:
        parameter = self.new("p")
        self._names.append([parameter])
        default = self.chance(3)
        body = self.expression(depth)
        self._names.pop()
        given = self.expression(depth)
        head = f"{parameter}={self.expression(depth)}" if default else parameter
        made = f"(lambda {head}: {body})"
        return made if self.chance(4) else f"{made}({given})"

    def _starred(self, depth: int) -> str:
        return f"*{self._iterable(depth)}" if self.chance(3) else self.expression(depth)

    def _iterable(self, depth: int) -> str:
        if self.chance(2):
            return self.name()
        if self._classes and self.chance(3):
            return self._instance(depth)
        return f"[{self.expression(depth)}, {self.expression(depth)}]"

    def _comprehension(self, depth: int) -> str:
        variable, iterable = self.new("v"), self._walked(depth)
        self._names.append([variable])
        body = self.expression(depth)
        condition = f" if {self.expression(depth)}" if self.chance(3) else ""
        self._names.pop()
        loop = f"for {variable} in {iterable}{condition}"
        return self.pick((f"[({body}) {loop}]", f"{{'k': {body} {loop}}}"))

    def _walked(self, depth: int) -> str:
        """What a comprehension loops over, where Python forbids to bind a name."""
        self._is_walked, before = True, self._is_walked
        iterable = self._iterable(depth)
        self._is_walked = before
        return iterable

    def _generator_expression(self, depth: int) -> str:
        variable, iterable = self.new("v"), self._walked(depth)
        self._names.append([variable])
        body = self.expression(depth)
        self._names.pop()
        made = f"(({body}) for {variable} in {iterable})"
        return self.pick((f"next{made}", f"list{made}", made))

    def _walrus(self, depth: int) -> str:
        value = self.expression(depth)
        return value if self._is_walked else f"({self.pick(LOCALS)} := {value})"

    def _builtin(self, depth: int) -> str:
        inner = self.expression(depth)
        return self.pick(
            (
                f"getattr({inner}, '{self.pick(_ATTRIBUTES)}')",
                f"list({inner})",
                f"tuple([{inner}])",
                f"next(iter([{inner}]))",
                f"type({inner})",
                f"partial({self.name()}, {inner})",
                f"list(map({self.name()}, [{inner}]))",
                f"dict(k={inner})",
                f"sorted([{inner}])",
                f"next(zip([{inner}], [{self.name()}]))",
                f"list(enumerate([{inner}]))[0]",
            )
        )

    # Statements

    def block(self, most: int = 3) -> None:
        self._indent += 1
        for _ in range(self._draw(st.integers(1, most))):
            if self.chance(3):
                self.guarded()
            else:
                self.statement()
        self._indent -= 1

    def guarded(self) -> None:
        """A statement after which the program goes on whatever happens in it."""
        self.write("try:")
        self._indent += 1
        self.statement()
        self._indent -= 1
        self.write("except Exception:")
        self.write("    pass")

    def statement(self) -> None:
        if self._further and self._indent < 4 and self.chance(self._further):
            return constructs.statement(self)
        deep = self._indent >= 4
        plain = (self._assign, self._assign, self._assign, self._unpack, self._store, self._alone, self._grow)
        inner = (self._if, self._if, self._for, self._try, self._with, self._while, self._match, self._augment)
        made = (self._def, self._def) if self._indent < 3 else ()
        ends = (self._return, self._yield) if self._in_function else ()
        ends = (*ends, self._leave) if self._loops else ends
        rare = (self._raise, self._delete, self._annotate)
        self.pick((*plain, *ends, *(() if deep else (*inner, *made)), *(rare if self.chance(2) else ())))()
        return None

    def bound(self, name: str) -> str:
        if name not in self._names[-1]:
            self._names[-1].append(name)
        return name

    def _target(self) -> str:
        return self.pick(LOCALS)

    def _assign(self) -> None:
        value = self.expression()
        self.write(f"{self.bound(self._target())} = {value}")

    def _annotate(self) -> None:
        if self._classes:
            value = self._instance(2)
            self.write(f"{self.bound(self._target())}: {value.partition('(')[0]} = {value}")
        else:
            self.write("pass")

    def _unpack(self) -> None:
        values = f"{self.expression(1)}, {self.expression(1)}"
        first, second = self.bound("a"), self.bound(self.pick(("b", "c")))
        self.write(
            f"{first}, {self.pick(('', '', '*'))}{second} = {self.pick((values, f'[{values}]', f'{values}, 1'))}"
        )

    def _store(self) -> None:
        kind = self.pick(("attribute", "attribute", "item", "key"))
        base, value = self.name(), self.expression(1)
        if kind == "attribute":
            self.write(f"{base}.{self.pick(_ATTRIBUTES[:2])} = {value}")
        elif kind == "key":
            self.write(f"{base}['k'] = {value}")
        else:
            self.write(f"{base}[{self.pick(('0', self.name()))}] = {value}")

    def _grow(self) -> None:
        self.write(f"{self.name()}.{self.pick(('append', 'extend', 'setdefault', 'update'))}({self.expression(1)})")

    def _augment(self) -> None:
        self.write(f"{self.bound(self._target())} += {self.expression(1)}")

    def _alone(self) -> None:
        self.write(self.expression())

    def _if(self) -> None:
        self.write(f"if {self.test()}:")
        self.block(2)
        if self.chance(3):
            self.write(f"elif {self.test()}:")
            self.block(2)
        if self.chance(5):
            self.write("else:")
            self.block(2)

    def _for(self) -> None:
        iterable = self._iterable(1)
        variable = self.bound(self._target())
        self.write(f"for {variable} in {iterable}:")
        self._loops += 1
        self.block()
        self._loops -= 1
        if self.chance(2):
            self.write("else:")
            self.block(1)

    def _while(self) -> None:
        self.write(f"while {self.test()}:")
        self._loops += 1
        self.block()
        self._loops -= 1
        self._indent += 1
        if self.chance(7):
            self.write("break")
        self._indent -= 1

    def _try(self) -> None:
        self.write("try:")
        self.block()
        self.write(self.pick(("except Exception as e:", "except (TypeError, AttributeError):", "except Exception:")))
        self.block(2)
        if self.chance(3):
            self.write("else:")
            self.block(1)
        if self.chance(3):
            self.write("finally:")
            loops, inside, self._loops, self._in_function = self._loops, self._in_function, 0, 0
            self.block(1)
            self._loops, self._in_function = loops, inside

    def _with(self) -> None:
        context = self._instance(1) if self._classes and self.chance(7) else self.name()
        self.write(f"with {context} as {self.bound(self._target())}:")
        self.block(2)

    def _match(self) -> None:
        self.write(f"match {self.expression(1)}:")
        self._indent += 1
        self.write(self.pick(("case 1 | 'k':", "case [x, *_]:", "case None:")))
        self.block(1)
        if self.chance(5):
            self.write(f"case {self.bound(self._target())}:")
            self.block(1)
        self._indent -= 1

    def _leave(self) -> None:
        self.write(self.pick(("break", "continue")))

    def _raise(self) -> None:
        self.write("raise ValueError")

    def _delete(self) -> None:
        if self._names[-1]:
            self.write(f"del {self.pick(self._names[-1])}")
        else:
            self.write("pass")

    def _return(self) -> None:
        self.write(f"return {self.expression()}")

    def _yield(self) -> None:
        if self._in_generator:
            self.write(self.pick((f"yield {self.expression(1)}", f"yield from {self._iterable(1)}")))
        else:
            self._return()

    # Definitions

    def _parameters(self, kind: str) -> tuple[str, list[str]]:
        names = ["x"]
        head = "x"
        if kind in ("default", "star"):
            head += f", y={self.simple()}"
            names.append("y")
        if kind == "star":
            head += ", *rest"
            names.append("rest")
        if kind == "keyword":
            head += f", *, y={self.simple()}"
            names.append("y")
        if kind == "mapping":
            head += ", **named"
            names.append("named")
        return head, names

    def _def(self) -> None:
        if self.chance(2):
            return self._class()
        if self._functions and self.chance(1):
            self.write(f"@{self.pick(self._functions)}")
        kind = self.pick(("one", "default", "default", "star", "keyword", "mapping"))
        name = self.new(f"f_{kind}")
        head, names = self._parameters(kind)
        self.write(f"def {name}({head}):")
        self._body(names)
        self._functions.append(name)
        return None

    def _body(self, names: list[str], generator: bool | None = None) -> None:
        kept = (self._loops, self._in_generator, self._functions, self._classes)
        self._functions, self._classes = list(self._functions), list(self._classes)
        self._loops, self._in_generator = 0, self.chance(2) if generator is None else generator
        outer = self._names
        self._names = [*outer, list(names)]
        self._in_function += 1
        self._indent += 1
        if self.chance(2) and outer[-1]:
            word = "global" if self._in_function == 1 else "nonlocal"
            shared = self.pick(outer[-1])
            if shared not in names and shared in LOCALS:
                self.write(f"{word} {shared}")
        self._indent -= 1
        self.block(3)
        self._indent += 1
        if self._in_generator:
            self.write(f"yield {self.expression(1)}")
        elif self.chance(7):
            self.write(f"return {self.expression(1)}")
        self._indent -= 1
        self._in_function -= 1
        self._names = outer
        self._loops, self._in_generator, self._functions, self._classes = kept

    def _class(self) -> None:
        name = self.new("K")
        base = f"({self.pick(self._classes)})" if self._classes and self.chance(1 if self._further else 5) else ""
        self.write(f"class {name}{base}:")
        self._indent += 1
        kept, self._in_function, loops, self._loops = self._in_function, 0, self._loops, 0
        if not base or self.chance(3):
            self.write(f"kind = {self.simple()}")
        if not base or self.chance(4):
            self.write(f"def __init__(self, x, y={self.simple()}):")
            self._indent += 1
            if base and self.chance(5):
                self.write("super().__init__(x)")
            self.write(f"self.one = {self.pick(('x', 'x', 'y'))}")
            self.write(f"self.two = {self.pick(('y', 'x', 'self.one', '[x, y]'))}")
            self._indent -= 1
        for method in ("run", "get", "made", "make", "plain", "__iter__", "__enter__", "__call__"):
            if self.chance(9 if not base else 3):
                self._method_of(method, bool(base))
        self.write(f"last = {self.simple()}")
        self._indent -= 1
        self._in_function, self._loops = kept, loops
        self._classes.append(name)

    def _method_of(self, name: str, has_base: bool) -> None:
        decorator = {"made": "@property", "make": "@classmethod", "plain": "@staticmethod"}.get(name)
        if decorator:
            self.write(decorator)
        own = {"make": ["cls"], "plain": []}.get(name, ["self"])
        names = [*own, *([] if name in ("made", "__iter__", "__enter__") else ["x"])]
        self.write(f"def {name}({', '.join(names)}):")
        self._body(names, generator=name == "__iter__")
        if name == "__enter__":
            self.write("def __exit__(self, *raised):")
            self.write(f"    return {self.pick(('None', 'False', 'True'))}")

    def define(self, number: int) -> None:
        for _ in range(number):
            self._def()

    def start(self) -> None:
        """What stands before all else."""
        if not self._further:
            self.write("from functools import partial")
            return
        self._lines += constructs.IMPORTS.splitlines()
        if not self._classes:
            self._class()
        for _ in range(self._draw(st.integers(1, 3))):
            constructs.definition(self)

    def import_from(self, other: _Writer, shown: str) -> None:
        """Know the names that another module defines, as they are imported."""
        self._classes = [shown.format(name) for name in other._classes]
        self._functions = [shown.format(name) for name in other._functions]
        for kind, names in other.constructed.items():
            self.constructed[kind] = [shown.format(name) for name in names]


@st.composite
def programs(draw: st.DrawFn, most: int = 8, further: int = 0) -> Modules:
    """Two modules: `lib` defines, `app` imports from it, defines and runs; `further` tenths are `constructs`."""
    lib = _Writer(draw, "l", further)
    lib.start()
    lib._class()
    lib.define(draw(st.integers(1, 2)))
    lib.write(f"a = {lib.simple()}")
    exported = [*lib._classes, *lib._functions, *(name for names in lib.constructed.values() for name in names)]
    how = draw(st.sampled_from(("names", "alias", "star", "module")))
    app = _Writer(draw, "m", further)
    app.import_from(lib, {"alias": "{}x", "module": "lib.{}"}.get(how, "{}"))
    if how == "names":
        app.write(f"from lib import {', '.join(exported)}")
    elif how == "alias":
        app.write(f"from lib import {', '.join(f'{name} as {name}x' for name in exported)}")
    else:
        app.write("from lib import *" if how == "star" else "import lib")
    app.start()
    for _ in range(draw(st.integers(2, most))):
        app.guarded()
    return {"lib": lib.text(), "app": app.text()}
