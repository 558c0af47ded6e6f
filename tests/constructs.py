"""Further constructs of the programs that `programs` writes: of the standard library, and of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")


IMPORTS = """\
import asyncio
import copy
import enum
from collections import defaultdict, deque
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, partial, singledispatch
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import NamedTuple
"""


class Writing(Protocol):
    """What a writer of programs offers."""

    constructed: dict[str, list[str]]
    """Names of what these constructs define, by its kind."""

    def pick(self, options: Sequence[_Item]) -> _Item: ...
    def chance(self, tenths: int) -> bool: ...
    def write(self, line: str) -> None: ...
    def new(self, letter: str) -> str: ...
    def name(self) -> str: ...
    def simple(self) -> str: ...
    def bound(self, name: str) -> str: ...
    def block(self, most: int = 3) -> None: ...
    def expression(self, depth: int = 0) -> str: ...
    def target(self) -> str: ...
    def a_class(self) -> str: ...
    def indented(self, write: Callable[[], None]) -> None: ...


# Expressions


def expression(writer: Writing, depth: int) -> str:
    """One that asks something of what was defined so, or of the standard library."""
    kinds: list[Callable[[Writing, int], str]] = [_got, _mapped, _gathered_items, _of_dict, _library]
    kinds += [known for kind, known in _ASKED.items() if writer.constructed.get(kind)]
    return writer.pick(kinds)(writer, depth)


def _got(writer: Writing, depth: int) -> str:
    inner = writer.expression(depth)
    kind = writer.pick(("attribute", "item", "key", "path"))
    if kind == "attribute":
        return f"attrgetter('{writer.pick(('one', 'two', 'kind'))}')({inner})"
    if kind == "path":
        return f"attrgetter('one.two')({inner})"
    return f"itemgetter('k')({{'k': {inner}}})" if kind == "key" else f"itemgetter(0)([{inner}])"


def _mapped(writer: Writing, depth: int) -> str:
    items = f"[{writer.expression(depth)}, {writer.name()}]"
    return writer.pick(
        (
            f"list(map(attrgetter('one'), {items}))[0]",
            f"list(map(itemgetter(0), [{items}]))[0]",
            f"list(filter(None, {items}))[0]",
            f"sorted({items}, key=str)[0]",
            f"list(chain({items}, [{writer.name()}]))[0]",
            f"list(islice({items}, 1))[0]",
            f"[*reversed({items})][0]",
            f"max({items}, key=str)",
        )
    )


def _gathered_items(writer: Writing, depth: int) -> str:
    inner, one, other = writer.expression(depth), writer.new("v"), writer.new("v")
    return writer.pick(
        (
            f"[{one} for {other} in [[{inner}], [{writer.name()}]] for {one} in {other}][0]",
            f"[{one} for {one}, {other} in [({inner}, 1)]][0]",
            f"{{{one}: {other} for {one}, {other} in [('k', {inner})]}}['k']",
            f"[[{one}] for {one} in [{inner}]][0][0]",
            f"{{{one}: [{inner}] for {one} in ('k', 'm')}}['k'][0]",
            f"[{one} for {one} in {{'k': {inner}}}.values()][0]",
            f"[{other} for {one}, {other} in {{'k': {inner}}}.items()][0]",
            f"[{one}['k'] for {one} in [{{'k': {inner}}}]][0]",
        )
    )


def _of_dict(writer: Writing, depth: int) -> str:
    inner = writer.expression(depth)
    return writer.pick(
        (
            f"{{'k': {inner}}}.pop('k')",
            f"{{'k': {inner}}}.setdefault('k', {writer.name()})",
            f"{{}}.setdefault('k', {inner})",
            f"({{'m': 1}} | {{'k': {inner}}})['k']",
            f"dict([('k', {inner})])['k']",
            f"dict({{'m': 1}}, k={inner})['k']",
            f"dict.fromkeys(('k',), {inner})['k']",
            f"[{inner}].pop()",
            f"deque([{inner}]).popleft()",
            f"[{inner}].copy()[0]",
            f"{{'k': {inner}}}.copy()['k']",
            f"({inner},) * 2",
            f"(*({inner},), 1)[0]",
        )
    )


def _library(writer: Writing, depth: int) -> str:
    inner = writer.expression(depth)
    return writer.pick(
        (
            f"copy.copy({inner})",
            f"getattr({inner}, 'one', {writer.name()})",
            f"next(iter([]), {inner})",
            f"partial({writer.name()})({inner})",
            f"vars({inner})['one']",
            f"(lambda *p, **q: p[0])({inner})",
            f"(lambda **q: q['k'])(k={inner})",
            f"[{inner}, 1][:1][0]",
            f"type({inner})(1)",
            f"asyncio.run(asyncio.sleep(0, {inner}))",
        )
    )


def _awaited(writer: Writing, depth: int) -> str:
    return f"asyncio.run({writer.pick(writer.constructed['coroutine'])}({writer.expression(depth)}))"


def _dispatched(writer: Writing, depth: int) -> str:
    return f"{writer.pick(writer.constructed['dispatching'])}({writer.expression(depth)})"


def _current(writer: Writing, depth: int) -> str:
    variable = writer.pick(writer.constructed["current"])
    return f"{variable}.get({writer.expression(depth) if writer.chance(3) else ''})"


def _field(writer: Writing, depth: int) -> str:
    kind, inner = writer.pick(writer.constructed["record"]), writer.expression(depth)
    given = writer.pick((inner, f"x={inner}", f"1, {inner}", f"y={inner}, x=1", f"*[{inner}]"))
    return f"{kind}({given}).{writer.pick(('x', 'y', 'z', 'z', 'held'))}"


def _part(writer: Writing, depth: int) -> str:
    kind, inner = writer.pick(writer.constructed["named"]), writer.expression(depth)
    return f"{kind}({inner}){writer.pick(('.x', '[0]', '.y', '[1]', '[-1]', '._replace(y=1).x'))}"


def _member(writer: Writing, depth: int) -> str:
    return f"{writer.pick(writer.constructed['enumeration'])}.{writer.pick(('ONE', 'ONE.value', 'TWO.name'))}"


def _operated(writer: Writing, depth: int) -> str:
    made, inner = f"{writer.pick(writer.constructed['operand'])}({writer.expression(depth)})", writer.expression(depth)
    return writer.pick(
        (
            f"({made} + {inner})",
            f"({inner} + {made})",
            f"{made}[{inner}]",
            f"(-{made})",
            f"({made} == {inner})",
            f"len({made})",
            f"str({made})",
            f"(1 if {made} else {inner})",
            f"({inner} in {made})",
            f"{made}.held",
            f"{made}.absent",
            f"{made}.late",
            f"list({made})[0]",
        )
    )


def _entered(writer: Writing, depth: int) -> str:
    return f"{writer.pick(writer.constructed['manager'])}({writer.expression(depth)}).__enter__()"


_ASKED: dict[str, Callable[[Writing, int], str]] = {
    "coroutine": _awaited,
    "dispatching": _dispatched,
    "current": _current,
    "record": _field,
    "named": _part,
    "enumeration": _member,
    "operand": _operated,
    "manager": _entered,
}


# Statements


def statement(writer: Writing) -> None:
    """One that puts, sets, enters or matches."""
    kinds: list[Callable[[Writing], None]] = [_collected, _match, _put_later, _unpacked]
    kinds += [
        known for kind, found in _DONE.items() for known in found if writer.constructed.get(kind) or kind == "any"
    ]
    writer.pick(kinds)(writer)


def _collected(writer: Writing) -> None:
    name = writer.bound(writer.target())
    made, put, read = writer.pick(
        (
            ("defaultdict(list)", "['k'].append({})", "['k'][0]"),
            ("defaultdict(list)", "['k'].append({})", "['k']"),
            ("deque()", ".append({})", "[0]"),
            ("deque()", ".appendleft({})", ".popleft()"),
            ("{}", ".setdefault('k', []).append({})", "['k'][0]"),
            ("[]", ".insert(0, {})", "[-1]"),
            ("[1]", ".extend([{}])", "[1]"),
            ("[1]", ".append({})", ".pop()"),
            ("{}", ".update(k={})", "['k']"),
            ("{}", ".update({{'k': {}}})", ".get('k')"),
            ("{'m': 1}", ".update([('k', {})])", ".pop('k')"),
            ("[1]", "[0] = {}", "[0]"),
            ("[1]", "[:] = [{}]", "[0]"),
            ("[1]", " += [{}]", "[-1]"),
            ("{}", "['k'] = {}", "['k']"),
            ("set()", ".add({})", ".pop()"),
        )
    )
    writer.write(f"{name} = {made}")
    writer.write(f"{name}{put.format(writer.expression(1))}")
    writer.write(f"{writer.bound(writer.target())} = {name}{read}")


def _put_later(writer: Writing) -> None:
    kind = writer.pick(("list", "dict"))
    name = writer.bound(writer.target())
    writer.write(f"{name} = {'[]' if kind == 'list' else '{}'}")
    value = writer.expression(1)
    writer.write(f"for {writer.bound(writer.target())} in [{writer.expression(1)}, {value}]:")
    added = f"{name}.append({value})" if kind == "list" else f"{name}['k'] = {value}"
    writer.indented(lambda: writer.write(added))
    writer.write(f"{writer.bound(writer.target())} = {name}[{0 if kind == 'list' else repr('k')}]")


def _unpacked(writer: Writing) -> None:
    value, other = writer.expression(1), writer.expression(1)
    first, second = writer.bound("a"), writer.bound("b")
    writer.write(
        writer.pick(
            (
                f"({first}, ({second}, *{writer.bound('c')})) = {value}, [{other}, 1]",
                f"[{first}, {second}] = {{'k': {value}, 'm': 1}}.values()",
                f"{first} = {second} = {value}",
                f"for {first}, {second} in [({value}, {other})]: pass",
                f"for {first}, {second} in {{'k': {value}}}.items(): pass",
                f"for {first}, {second} in zip([{value}], [{other}]): pass",
                f"for {first}, ({second}, _) in enumerate([({value}, 1)]): pass",
            )
        )
    )


def _match(writer: Writing) -> None:
    writer.write(f"match {writer.expression(1)}:")

    def cases() -> None:
        kind, name = writer.a_class(), writer.bound(writer.target())
        writer.write(
            writer.pick(
                (
                    f"case {kind}(one={name}):",
                    f"case {kind}() as {name}:",
                    f"case {{'k': {name}}}:",
                    f"case [{name}, *_]:",
                    f"case (str() | int()) as {name}:",
                    f"case {kind}(one=int()) | {kind}(two=None):",
                    f"case {{'m': 1, **{name}}}:",
                )
            )
        )
        writer.block(2)
        writer.write("case _:")
        writer.block(1)

    writer.indented(cases)


def _set_current(writer: Writing) -> None:
    writer.write(f"{writer.pick(writer.constructed['current'])}.set({writer.expression(1)})")


def _set_held(writer: Writing) -> None:
    name = writer.bound(writer.target())
    writer.write(f"{name} = {writer.pick(writer.constructed['operand'])}({writer.expression(1)})")
    writer.write(f"{name}.held = {writer.expression(1)}")
    writer.write(f"{writer.bound(writer.target())} = {name}.{writer.pick(('held', 'held', 'late', 'inner'))}")


def _added(writer: Writing) -> None:
    name = writer.bound(writer.target())
    writer.write(f"{name} = {writer.pick(writer.constructed['operand'])}({writer.expression(1)})")
    writer.write(f"{name} {writer.pick(('+=', '-='))} {writer.expression(1)}")


def _stacked(writer: Writing) -> None:
    manager = writer.pick(writer.constructed["manager"])
    writer.write("with ExitStack() as stack:")

    def entering() -> None:
        writer.write(f"{writer.bound(writer.target())} = stack.enter_context({manager}({writer.expression(1)}))")

    writer.indented(entering)


def _with_two(writer: Writing) -> None:
    manager = writer.pick(writer.constructed["manager"])
    first, second = writer.bound("a"), writer.bound("b")
    one, other = writer.expression(1), writer.expression(1)
    writer.write(f"with {manager}({one}) as {first}, {manager}({other}) as {second}:")
    writer.block(2)


def _set_field(writer: Writing) -> None:
    name = writer.bound(writer.target())
    writer.write(f"{name} = {writer.pick(writer.constructed['record'])}({writer.expression(1)})")
    writer.write(f"{name}.{writer.pick(('x', 'y', 'z'))} = {writer.expression(1)}")
    writer.write(f"{name}.z.append({writer.expression(1)})")
    writer.write(f"{writer.bound(writer.target())} = {name}.{writer.pick(('x', 'y', 'z', 'z[0]'))}")


def _sent(writer: Writing) -> None:
    generator = writer.pick(writer.constructed["sending"])
    name = writer.bound(writer.target())
    writer.write(f"{name} = {generator}({writer.expression(1)})")
    writer.write(f"next({name})")
    writer.write(f"{writer.bound('d')} = {name}.send({writer.expression(1)})")


_DONE: dict[str, tuple[Callable[[Writing], None], ...]] = {
    "current": (_set_current, _set_current),
    "operand": (_set_held, _added),
    "manager": (_stacked, _with_two),
    "record": (_set_field,),
    "sending": (_sent,),
}


# Definitions


def definition(writer: Writing, kinds: Sequence[str] = ()) -> None:
    """One of the kinds that are asked above."""
    kind = writer.pick(kinds or tuple(_DEFINED))
    writer.constructed.setdefault(kind, []).append(_DEFINED[kind](writer))


def _coroutine(writer: Writing) -> str:
    name, inner = writer.new("co"), writer.new("co")
    writer.write(f"async def {inner}(x):")
    writer.write(f"    return {writer.pick(('x', 'x', '[x]', '(x, 1)', writer.simple()))}")
    writer.write(f"async def {name}(x):")

    def body() -> None:
        writer.write(f"one, two = await asyncio.gather({inner}(x), {inner}({writer.simple()}))")
        writer.write(f"both = await asyncio.gather(*[{inner}(one) for one in [x, two]])")
        writer.write(f"task = asyncio.create_task({inner}(x))")
        writer.write("three = await task")
        writer.write("async def steps():")
        writer.write(f"    yield {writer.pick(('x', 'three'))}")
        writer.write("four = [step async for step in steps()]")
        writer.write("async for five in steps(): pass")
        writer.write("six = await asyncio.wait_for(" + inner + "(x), 1)")
        parts = ("one", "two", "both[1]", "both", "three", "four[0]", "five", "six")
        writer.write(f"return {writer.pick(parts)}")

    writer.indented(body)
    return name


def _dispatching(writer: Writing) -> str:
    name = writer.new("show")
    writer.write("@singledispatch")
    writer.write(f"def {name}(x):")
    writer.write(f"    return {writer.pick(('x', writer.simple()))}")
    kinds = ("int", "str", "list", "bool", writer.a_class(), writer.a_class())
    for kind in dict.fromkeys((writer.pick(kinds), writer.pick(kinds))):
        is_annotated = writer.chance(5)
        writer.write(f"@{name}.register" + ("" if is_annotated else f"({kind})"))
        writer.write(f"def _(x{f': {kind}' if is_annotated else ''}):")
        writer.write(f"    return {writer.pick(('x', '[x]', writer.simple()))}")
    return name


def _current_variable(writer: Writing) -> str:
    name = writer.new("current")
    writer.write(f"{name} = ContextVar('{name}'{f', default={writer.simple()}' if writer.chance(7) else ''})")
    return name


def _record(writer: Writing) -> str:
    name = writer.new("R")
    writer.write(f"@dataclass{writer.pick(('', '()', '(order=True)'))}")
    writer.write(f"class {name}:")

    def body() -> None:
        writer.write("x: object")
        writer.write(f"y: object = {writer.pick(('None', '1', 'field(default=2)'))}")
        writer.write(f"z: list = field(default_factory={writer.pick(('list', 'lambda: [1]'))})")
        if writer.chance(4):
            writer.write("def __post_init__(self):")
            writer.write(f"    self.{writer.pick(('x', 'y'))} = {writer.pick(('[self.x]', 'self.y', writer.simple()))}")
        writer.write("@property")
        writer.write("def held(self):")
        writer.write(f"    return self.{writer.pick(('x', 'y', 'z'))}")

    writer.indented(body)
    return name


def _named(writer: Writing) -> str:
    name = writer.new("T")
    writer.write(f"class {name}(NamedTuple):")
    writer.write("    x: object")
    writer.write(f"    y: object = {writer.pick(('1', 'None'))}")
    return name


def _enumeration(writer: Writing) -> str:
    name = writer.new("E")
    writer.write(f"class {name}({writer.pick(('enum.Enum', 'str, enum.Enum'))}):")
    writer.write("    ONE = 'one'")
    writer.write("    TWO = 'two'")
    return name


def _operand(writer: Writing) -> str:
    name = writer.new("O")
    writer.write(f"class {name}:")

    def body() -> None:
        writer.write("def __init__(self, x):")
        writer.write("    self.inner = x")
        given = ("self", "self.inner", "[self.inner]", f"{name}(self.inner)", writer.simple())
        for method in ("add", "radd", "getitem", "iadd", "sub", "getattr"):
            writer.write(f"def __{method}__(self, x):")
            writer.write(f"    return {writer.pick((*given, 'x'))}")
        for method in ("neg", "enter"):
            writer.write(f"def __{method}__(self):")
            writer.write(f"    return {writer.pick(given)}")
        writer.write(f"def __eq__(self, x): return {writer.pick((*given, 'x'))}")
        writer.write("def __hash__(self): return 1")
        writer.write(f"def __len__(self): return {writer.pick(('0', '1'))}")
        writer.write(f"def __iter__(self): return iter([{writer.pick(given)}])")
        writer.write("@property")
        writer.write(f"def held(self): return {writer.pick(given)}")
        writer.write("@held.setter")
        writer.write(f"def held(self, x): self.inner = {writer.pick(('x', '[x]', writer.simple()))}")
        writer.write("@cached_property")
        writer.write(f"def late(self): return {writer.pick(given)}")

    writer.indented(body)
    return name


def _manager(writer: Writing) -> str:
    name = writer.new("cm")
    writer.write("@contextmanager")
    writer.write(f"def {name}(x):")
    writer.write(f"    yield {writer.pick(('x', '[x]', writer.simple()))}")
    return name


def _sending(writer: Writing) -> str:
    name = writer.new("gen")
    writer.write(f"def {name}(x):")
    writer.write("    got = yield x")
    writer.write(f"    yield {writer.pick(('got', 'x', '[got]'))}")
    writer.write("    return x")
    return name


_DEFINED: dict[str, Callable[[Writing], str]] = {
    "coroutine": _coroutine,
    "dispatching": _dispatching,
    "current": _current_variable,
    "record": _record,
    "named": _named,
    "enumeration": _enumeration,
    "operand": _operand,
    "manager": _manager,
    "sending": _sending,
}
