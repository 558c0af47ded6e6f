"""What a name, an attribute or a call may be: small programs in which one place is marked."""

from __future__ import annotations

import pytest

from streamlint.model import syntax as ir
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import Constant

from .asking import Program, said

# Branches, loops, errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\nif test():\n    a = 2\n«a»\n", {"1", "2"}),
        ("if test():\n    a = 1\nelse:\n    a = 2\n«a»\n", {"1", "2"}),
        ("a = 1\nif test():\n    a = 2\n    «a»\n", {"2"}),
        ("def f():\n    a = 1\n    if test():\n        a = 2\n        return\n    «a»\n", {"1"}),
        ("a = 1\nfor _ in many():\n    «a»\n    a = 2\n", {"1", "2"}),
        ("a = 1\nfor _ in many():\n    a = 2\n    break\nelse:\n    a = 3\n«a»\n", {"2", "3"}),
        ("a = 1\nwhile test():\n    a = 2\n    if test():\n        a = 3\n        continue\n«a»\n", {"1", "2", "3"}),
        ("while True:\n    a = 1\n    if test():\n        break\n    a = 2\n«a»\n", {"1"}),
        ("a = 1\nfor _ in many():\n    «a»\n    match thing:\n        case a:\n            pass\n", {"1", "?"}),
        ("a = 1\nfor _ in many():\n    «a»\n    def a():\n        pass\n", {"1", "def a"}),
        ("a = 1\nfor _ in many():\n    «a»\n    import a\n", {"1", "a"}),
        ("a = 1\nfor _ in many():\n    «a»\n    try:\n        f()\n    except E as a:\n        pass\n", {"1", "?"}),
        ("for a in [1, 2]:\n    «a»\n", {"1", "2"}),
        ("for a, b in [(1, 2), (3, 4)]:\n    «b»\n", {"2", "4"}),
    ],
)
def test_a_name_after_branches_and_loops(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\ntry:\n    a = 2\n    f()\n    a = 3\nexcept E:\n    «a»\n", {"1", "2", "3"}),
        ("a = 1\ntry:\n    a = 2\nexcept E:\n    a = 3\n«a»\n", {"2", "3"}),
        ("a = 1\ntry:\n    a = 2\nexcept E:\n    raise\n«a»\n", {"2"}),
        ("a = 1\ntry:\n    a = 2\nexcept E:\n    pass\nelse:\n    «a»\n", {"2"}),
        ("a = 1\ntry:\n    b = 2\nexcept E:\n    «a»\n", {"1"}),
        ("a = 1\ntry:\n    a = 2\n    a = 3\nfinally:\n    «a»\n", {"1", "2", "3"}),
        ("a = 1\ntry:\n    a = 2\nfinally:\n    pass\n«a»\n", {"2"}),
        ("a = 1\ntry:\n    a = 2\nfinally:\n    a = 3\n«a»\n", {"3"}),
        ("a = 1\ntry:\n    f()\nexcept E:\n    a = 2\n    raise\nfinally:\n    «a»\n", {"1", "2"}),
        ("from contextlib import suppress\na = 1\nwith suppress(E):\n    a = f()\n    a = 2\n«a»\n", {"1", "?", "2"}),
        ("a = 1\nwith lock():\n    a = 2\n«a»\n", {"2"}),
        ("def f():\n    with suppress(E):\n        return 1\n    a = 2\n    return «a»\n", {"2"}),
    ],
)
def test_what_holds_where_an_error_may_have_come(text: str, expected: set[str]) -> None:
    assert said(text) == expected


# Scopes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\ndef f():\n    return «a»\na = 2\n", {"2"}),
        ("a = 1\ndef f():\n    global a\n    a = 2\ndef g():\n    return «a»\n", {"1", "2"}),
        ("a = 1\ndef f():\n    global a\n    a = 2\nf()\n«a»\n", {"1", "2"}),
        ("def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n    g()\n    return «a»\n", {"1", "2"}),
        (
            "def f():\n    a = 1\n    def g():\n        def h():\n            nonlocal a\n            a = 2\n        h()\n"
            "    g()\n    return «a»\n",
            {"1", "2"},
        ),
        ("a = 1\ndef f():\n    if test():\n        «a»\n    else:\n        a = 2\n", {"?"}),
        ("a = 1\ndef f():\n    [a for a in [2]]\n    return «a»\n", {"1"}),
        ("a = 1\nclass K:\n    a = 2\n    f = lambda self: «a»\n", {"1"}),
        ("a = 1\nclass K:\n    a = 2\n    class L:\n        b = «a»\n", {"1"}),
        ("a = 1\nclass K:\n    if test():\n        a = 2\n    b = «a»\n", {"1", "2"}),
        ("if test():\n    open = 1\n«open»\n", {"1", "builtins.open"}),
        ("open = 1\n«open»\n", {"1"}),
        ("a = 1\n[(a := 2) for _ in many()]\n«a»\n", {"1", "2"}),
        ("a = 1\nif (a := 2):\n    «a»\n", {"2"}),
        ("a = 1\na += 1\n«a»\n", {"1", "?"}),
        ("a = b = 1\n«b»\n", {"1"}),
        ("a, *b = 1, 2, 3\n«b»\n", {"?"}),
        ("def outer():\n    a = 1\n    def inner():\n        return a\n    return inner\n«outer()()»\n", {"1"}),
        ("def outer(a):\n    return lambda: a\n«outer(1)()»\n", {"1"}),
    ],
)
def test_which_scope_a_name_belongs_to(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("app", "others", "expected"),
    [
        ("from lib import a\n«a»\n", {"lib": "a = 1\n"}, {"1"}),
        ("import lib\n«lib.a»\n", {"lib": "a = 1\n"}, {"1"}),
        ("from lib import a as b\n«b»\n", {"lib": "from base import a\n", "base": "a = 1\n"}, {"1"}),
        ("from lib import *\n«a»\n", {"lib": "a = 1\n"}, {"1"}),
        ("from lib import *\n«a»\n", {"lib": "from base import *\n", "base": "a = 1\n"}, {"1"}),
        ("from lib import *\nif test():\n    a = 2\n«a»\n", {"lib": "a = 1\n"}, {"1", "2"}),
        ("from lib import *\ntry:\n    a = f()\nexcept E:\n    pass\n«a»\n", {"lib": "a = 1\n"}, {"1", "?"}),
        ("from lib import *\nopen = 1\n«open»\n", {"lib": "open = 2\n"}, {"1"}),
        ("from lib import b\n«b»\n", {"lib": "a = 1\n"}, {"?"}),
        ("import lib\nlib.a = 2\n«lib.a»\n", {"lib": "a = None\n"}, {"2"}),
    ],
)
def test_names_of_other_modules(app: str, others: dict[str, str], expected: set[str]) -> None:
    assert said(app, **others) == expected


# Arguments


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f()", {"2"}),
        ("f(True)", {"1"}),
        ("f(0)", {"2"}),
        ("f(flag=True)", {"1"}),
        ("f(unknown())", {"1", "2"}),
        ("f(*given)", {"1", "2"}),
        ("f(**given)", {"1", "2"}),
        ("f(True if test() else None)", {"1", "2"}),
        ("f('')", {"2"}),
    ],
)
def test_constant_arguments_rule_branches_out(call: str, expected: set[str]) -> None:
    assert said(f"def f(flag=False):\n    if flag:\n        return 1\n    return 2\n\n\n«{call}»\n") == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(1)", {"1"}),
        ("f(1, 2)", {"1"}),
        ("f(1, *more)", {"1"}),
        ("f(*more)", {"?"}),
        ("f(x=1)", {"1"}),
        ("f(**more)", {"?"}),
    ],
)
def test_what_any_call_gives_a_parameter(call: str, expected: set[str]) -> None:
    assert said(f"def f(x, y=3):\n    return «x»\n\n\n{call}\n") == expected


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("f(1)\n", {"3"}),
        ("run = f\nf(1)\nother(f)\n", {"3", "?"}),
        ("f(1)\nother.f(1, 2)\n", {"3", "?"}),
        ("f(1, 2)\n", {"2", "3"}),
        ("f(1, y=2)\n", {"2", "3"}),
        ("f(1, **more)\n", {"?", "3"}),
        ("f(1, *more)\n", {"?", "3"}),
    ],
)
def test_a_default_is_one_of_several(calls: str, expected: set[str]) -> None:
    assert said(f"def f(x, y=3):\n    return «y»\n\n\n{calls}") == expected


def test_a_lambda_is_called_by_people_who_cannot_be_seen() -> None:
    assert said("b = (lambda p=1: «p»)(2)\n") == {"1", "?"}


# Classes


CLASSES = """\
class Base:
    kind = 1

    def __init__(self, x, y=2):
        self.one = x
        self.two = y

    @property
    def made(self):
        return self.one

    @classmethod
    def make(cls):
        return cls

    @staticmethod
    def plain(x):
        return x

    def run(self):
        return 5


class Derived(Base):
    kind = 3

    def run(self):
        return super().run()


"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Base.kind", {"1"}),
        ("Derived.kind", {"3"}),
        ("Base(7).kind", {"1"}),
        ("Base(7).made", {"7"}),
        ("Base(7).two", {"2"}),
        ("Base.made", {"?"}),
        ("Base.make()", {"class Base"}),
        ("Derived.make()", {"class Derived"}),
        ("Base.plain(6)", {"6"}),
        ("Derived(8, 9).run()", {"5"}),
        ("Base(7).run", {"def Base.run of Base()"}),
        ("Base.run", {"def Base.run"}),
        ("Base(7).missing", {"?"}),
        ("type(Base(7))", {"class Base"}),
        ("type(Base(7) if more() else 1)", {"class Base", "?"}),
        ("getattr(Base(7), 'kind')", {"1"}),
    ],
)
def test_attributes_of_classes(expression: str, expected: set[str]) -> None:
    others = "" if expression.startswith("Base.make()") else "Base(7)\nBase(8, 9)\n"
    assert said(f"{CLASSES}{others}«{expression}»\n") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("K.size", {"?"}),
        ("K().size", {"1"}),
        ("L.size", {"?"}),
        ("L().size", {"1"}),
        ("L().plain()", {"3"}),
        ("K.kept", {"?"}),
        ("K().kept", {"2"}),
        ("K.plain", {"def K.plain"}),
    ],
)
def test_properties_of_classes(expression: str, expected: set[str]) -> None:
    head = (
        "from functools import cached_property\n\n\nclass K:\n    @property\n    def size(self):\n        return 1\n\n"
    )
    setter = "    @size.setter\n    def size(self, size):\n        pass\n\n"
    kept = "    @cached_property\n    def kept(self):\n        return 2\n\n    def plain(self):\n        return 3\n\n\n"
    below = "class L(K):\n    @K.size.setter\n    def size(self, size):\n        pass\n\n\n"
    assert said(f"{head}{setter}{kept}{below}«{expression}»\n") == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("asyncio.get_running_loop().run_in_executor(None, one)", {"coroutine 1"}),
        ("asyncio.to_thread(one)", {"coroutine 1"}),
        ("ThreadPoolExecutor().submit(one)", {"concurrent.futures.Future()"}),
        ("ThreadPoolExecutor().shutdown()", {"?"}),
        ("first([[7]])", {"7"}),
        ("first([[[7]]])", {"list[, ...]"}),
    ],
)
def test_what_is_run_elsewhere_and_what_is_handed_in(call: str, expected: set[str]) -> None:
    head = "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\n\n\n"
    functions = "def one():\n    return 1\n\n\ndef first(x):\n    return x[0][0]\n\n\n"
    assert said(f"{head}{functions}«{call}»\n") == expected


@pytest.mark.parametrize(
    "line", ["for k.a in [1, 2]:\n    pass\n", "with open('b') as k.a:\n    pass\n", "[0 for k.a in [1, 2]]\n"]
)
def test_what_a_loop_or_a_block_gives_an_attribute_is_not_its_iterable(line: str) -> None:
    assert said(f"class K:\n    pass\n\n\nk = K()\n{line}«k.a»\n") == {"?"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.a = 1", {"1"}),
        ("def inner():\n            self.a = 1\n        inner()", {"1"}),
        ("def inner(self):\n            self.a = 1\n        inner(self)", {"1"}),
        ("def inner(other):\n            other.a = 1\n        inner(1)", {"?"}),
        ("other.a = 1", {"?"}),
    ],
)
def test_what_a_method_stores_on_its_object(body: str, expected: set[str]) -> None:
    assert said(f"class K:\n    def __init__(self):\n        {body}\n\n\n«K().a»\n") == expected


@pytest.mark.parametrize("call", ["other.thing()", "thing()", "json.loads(x)"])
def test_what_nobody_knows(call: str) -> None:
    assert said(f"import json\n\nimport other\nfrom other import thing\n\n«{call}»\n") == {"?"}


def test_a_default_counts_beside_what_other_calls_give() -> None:
    made = "class K:\n    def __init__(self, x=1):\n        self.one = x\n\n\nK(2)\nK()\nK(3)\n\n\n"
    text = made + "def f(k: K):\n    return «k.one»\n"
    assert said(text) == {"1", "2", "3"}


def test_an_object_has_what_the_call_that_made_it_gave() -> None:
    text = "class K:\n    def __init__(self, x=1):\n        self.one = x\n\n\nK(2)\nK()\n«K(3).one»\n"
    assert said(text) == {"3"}


def test_super_looks_behind_its_class_and_keeps_the_receiver() -> None:
    text = """\
class Base:
    def run(self):
        return self.word()

    def word(self):
        return 1


class Loud(Base):
    def run(self):
        return super().run()


class Other(Base):
    def run(self):
        return 2


class Both(Loud, Other):
    def word(self):
        return 3


class Alone(Loud):
    def word(self):
        return 4


«both:Both().run()», «alone:Alone().run()», «loud:Loud().run()»
"""
    program = Program(text)
    assert program.said("both") == {"2"}
    assert program.said("alone") == {"4"}
    assert program.said("loud") == {"1"}


# Values in values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("«[1, 2][0]»\n", {"1"}),
        ("«[1, 2][-1]»\n", {"1", "2"}),
        ("«[1, 2][i]»\n", {"1", "2"}),
        ("«[1, 2][:1]»\n", {"list[1|2]"}),
        ("«{'a': 1, 'b': 2}['a']»\n", {"1"}),
        ("«{'a': 1, **{'a': 2}}['a']»\n", {"1", "2"}),
        ("«{'a': 1, **unknown()}['a']»\n", {"1", "?"}),
        ("«{**unknown(), 'a': 1}['a']»\n", {"1"}),
        ("«{**unknown(), 'a': 1}»\n", {"dict[?, a=1]"}),
        ("b = {'a': 1} if test() else unknown()\n«{'a': 2, **b}['a']»\n", {"1", "2", "?"}),
        ("«{'a': 1}.get('b', 2)»\n", {"2"}),
        ("a = {'k': 1}\na['m'] = 2\n«a['m']»\n", {"2"}),
        ("a, b = (1, 2)\n«b»\n", {"2"}),
        ("«next(iter([1]))»\n", {"1"}),
        ("«list(enumerate([1]))[0][1]»\n", {"1"}),
        ("«next(zip([1], [2]))[1]»\n", {"2"}),
        ("«[f(x) for x in [1]][0]»\ndef f(x):\n    return x\n", {"1"}),
        ("from functools import partial\ndef f(x, y):\n    return y\n«partial(f, 1)(2)»\n", {"2"}),
        ("from functools import partial\ndef f(x, y):\n    return y\n«partial(f, y=3)(1)»\n", {"3"}),
        ("«1 if test() else 2»\n", {"1", "2"}),
        ("«1 or 2»\n", {"1"}),
        ("def f():\n    yield 1\n    yield from [2]\n«next(f())»\n", {"1", "2"}),
    ],
)
def test_what_is_in_a_value(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("def d(f):\n    return f\n", {"def f"}),
        ("def d(f):\n    return lambda: f\n", {"def d.lambda"}),
        ("def d(f):\n    yield f\n", {"generator d"}),
        ("class d:\n    def __init__(self, f):\n        self.f = f\n", {"def f"}),
        ("from package import d\n", {"def f"}),
    ],
)
def test_what_a_decorator_makes(decorator: str, expected: set[str]) -> None:
    assert said(f"{decorator}\n\n@d\ndef f():\n    pass\n\n\n«f»\n") == expected


# Alternatives


def test_true_and_one_are_two_constants() -> None:
    assert len(alternatives((Constant(True), Constant(1), Constant(1.0)))) == 3
    assert said("«0 if test() else False»\n") == {"0", "False"}


def test_none_counts_only_beside_constants() -> None:
    assert said("«None if test() else 'k'»\n") == {"None", "'k'"}
    assert said("from package import Thing\n«None if test() else Thing()»\n") == {"package.Thing()"}
    assert said("«None»\n") == {"None"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [("yield 1", {"1"}), ("yield\n    yield 1", {"1"}), ("yield", {"?"}), ("yield from [1, 'k']", {"1", "'k'"})],
)
def test_what_a_generator_yields(body: str, expected: set[str]) -> None:
    assert said(f"def f():\n    {body}\nfor one in f():\n    «one»\n") == expected


@pytest.mark.parametrize(
    "inner", ["return lambda: x", "def g():\n        return x\n    return g", "return [lambda: x][0]"]
)
def test_what_a_function_makes_knows_with_what_it_was_called(inner: str) -> None:
    assert said(f"def f(x):\n    {inner}\nf('k')\n«f(1)()»\n") == {"1"}


def test_what_one_display_may_hold_is_one_value() -> None:
    assert said("def f(x):\n    return [x]\n«f(1) if test() else f(2)»\n") == {"list[1|2]"}
    assert said("a = []\nfor _ in many():\n    a = [a, 1]\n«a»\n") == {
        "list[]",
        "list[list[]|list[list[]|list[list[, ...]|list[], 1], 1], 1]",
    }


# Circles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(n):\n    return f(n - 1) if n else 1\n«f(3)»\n", {"1"}),
        ("def f(n):\n    return g(n)\ndef g(n):\n    return f(n) or 1\n«f(3)»\n", {"1"}),
        ("def f():\n    return f()\n«f()»\n", {"None"}),
        ("a = b\nb = a\n«b»\n", {"?"}),
        ("class K:\n    @property\n    def made(self):\n        return self.made or 1\n«K().made»\n", {"1"}),
        ("def f(x):\n    yield x\na = 1\nfor _ in many():\n    a = f(a)\n«a»\n", {"1", "generator f"}),
    ],
)
def test_what_comes_back_to_itself(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_the_order_of_values_made_by_the_same_function() -> None:
    text = "def f(x):\n    yield x\n«f(1) if test() else f(2) if test() else f('k')»\n"
    program = Program(text)
    given = [[program.say(one) for one in value.frame.arguments["x"]] for value in program.values()]  # type: ignore[union-attr]
    assert given == sorted(given)
    assert len(given) == 3


def test_what_a_limit_left_out_of_one_display_is_missing_in_the_next() -> None:
    many = ", ".join(f"{number}: 1" for number in range(500))
    [text] = said(f"a = {{{many}}}\n«{{**a}}»\n")
    assert text.endswith(", ...]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if (a := 1):\n    pass\nelif (a := 2):\n    pass\nelif «a»:\n    pass\n", {"2"}),
        ("if (a := 1):\n    pass\nelif (a := 2):\n    pass\nelse:\n    «a»\n", {"2"}),
        ("if (a := 1):\n    pass\nelif (a := 2):\n    pass\n«a»\n", {"1", "2"}),
    ],
)
def test_every_test_of_a_chain_is_asked_after_those_before_it(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_what_runs_as_a_script() -> None:
    guard = "if __name__ == '__main__':\n    first()\n    second()\n"
    program = Program(f"before()\n{guard}\n\ndef later():\n    if __name__ == '__main__':\n        third()\n")
    module = program.module()
    assert [module.source.text[start:end] for start, end in module.summary.script_spans] == ["first()\n    second()"]


# What stands in the Summary


@pytest.mark.parametrize(
    ("expression", "operator"),
    [("x is None", "Is"), ("x is not (None)", "IsNot"), ("x == None", "Eq"), ("x is y is None", "Compare")],
)
def test_which_comparison_it_is(expression: str, operator: str) -> None:
    found, _ = Program(f"«{expression}»\n").at()
    assert isinstance(found, ir.Operation)
    assert found.operator == operator


@pytest.mark.parametrize(
    ("call", "is_plain", "hides_keywords"),
    [("f(1, a=2)", True, False), ("f(*x)", False, False), ("f(a=1, **x)", False, True), ("f(*x, **y)", False, True)],
)
def test_what_a_call_hides(call: str, is_plain: bool, hides_keywords: bool) -> None:
    found, _ = Program(f"«{call}»\n").at()
    assert isinstance(found, ir.Call)
    assert (found.is_plain, found.hides_keywords) == (is_plain, hides_keywords)


@pytest.mark.parametrize(
    ("method", "loop"),
    [
        ("def __iter__(self):\n        yield K()", "for"),
        ("def __iter__(self):\n        return iter([K()])", "for"),
        ("async def __aiter__(self):\n        yield K()", "async for"),
        ("def __aiter__(self):\n        return given()", "async for"),
    ],
)
def test_what_a_loop_over_an_object_of_the_program_binds(method: str, loop: str) -> None:
    made = f"class K: ...\n\n\nasync def given():\n    yield K()\n\n\nclass Rows:\n    {method}\n\n\n"
    assert said(f"{made}async def run():\n    {loop} one in Rows():\n        «one»\n") == {"K()"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Color.RED", {"member"}),
        ("Color.RED.value", {"'r'"}),
        ("Color.RED.name", {"'RED'"}),
        ("Color.RED.told", {"def Color.told of Color()"}),
        ("Color.RED.told()", {"1"}),
        ("Text.RED", {"'r'"}),
        ("Plain.RED", {"'r'"}),
    ],
)
def test_members_of_enumerations(asked: str, expected: set[str]) -> None:
    body = "    RED = 'r'\n\n    def told(self):\n        return 1\n\n\n"
    classes = f"class Color(Enum):\n{body}class Text(StrEnum):\n{body}class Plain:\n{body}"
    assert said(f"from enum import Enum, StrEnum\n\n\n{classes}«{asked}»\n") == expected
