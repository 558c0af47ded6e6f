"""What is put into a container comes out of it again: by key, by iteration, by methods."""

from __future__ import annotations

import pytest

from .asking import Program, said

HEAD = (
    "from contextvars import ContextVar\nfrom queue import Queue\n\n\ndef f():\n    pass\n\n\ndef g():\n    pass\n\n\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xs = []\nxs.append(f)\n«xs[0]»\n", {"def f", "?"}),
        ("xs = []\nxs.append(f)\nfor x in xs:\n    «x»\n", {"def f", "?"}),
        ("xs = set()\nxs.add(f)\nfor x in xs:\n    «x»\n", {"def f", "?"}),
        ("xs = []\nxs.extend([f, g])\n«xs[0]»\n", {"def f", "def g", "?"}),
        ("xs = []\nxs.insert(0, f)\n«xs.pop()»\n", {"def f", "?"}),
        ("xs = {}\nxs['a'] = f\nxs['b'] = g\n«xs['a']»\n", {"def f"}),
        ("A = 'a'\nxs = {}\nxs[A] = f\nxs['b'] = g\n«xs[A]»\n", {"def f"}),
        ("xs = {}\nxs.update({'a': f, 'b': g})\n«xs.get('a')»\n", {"def f"}),
        ("xs = {}\nxs.update(a=f, b=g)\n«xs['b']»\n", {"def g"}),
        ("xs = {}\nxs.setdefault('a', []).append(f)\nfor x in xs['a']:\n    «x»\n", {"def f", "?"}),
        ("xs = {'a': f}\nfor _, x in xs.items():\n    «x»\n", {"def f"}),
        ("xs = {'a': f}\nfor x in xs.values():\n    «x»\n", {"def f"}),
        ("q = Queue()\nq.put(f)\n«q.get()»\n", {"def f"}),
        ("q, other = Queue(), Queue()\nq.put(f)\nother.put(g)\n«q.get()»\n", {"def f"}),
        ("v = ContextVar('v')\nw = ContextVar('w')\nv.set(f)\nw.set(g)\n«v.get()»\n", {"def f"}),
        ("def put(key, x):\n    xs[key] = x\n\n\nxs = {}\nput('a', f)\nput('b', g)\n«xs['a']»\n", {"def f"}),
        ("(f,).append(g)\n«(f,)[0]»\n", {"def f"}),
        ("xs = {}\nfor k, x in [('a', f), ('b', g)]:\n    xs[k] = x\n«xs['a']»\n", {"def f"}),
        (
            "ps = [('a', f)]\nps.append(('a', g))\nxs = {}\nfor k, x in ps:\n    xs[k] = x\n«xs['a']»\n",
            {"def f", "def g", "?"},
        ),
        ("xs = {}\nfor k, x in [('a', f), *more]:\n    xs[k] = x\n«xs['a']»\n", {"def f", "?"}),
    ],
)
def test_what_is_put_in_comes_out(text: str, expected: set[str]) -> None:
    assert said(HEAD + text) == expected


def test_a_decorator_with_arguments_keeps_each_function_under_its_key() -> None:
    text = """\
kinds = {}


def kind(name):
    def keep(made):
        kinds[name] = made
        return made

    return keep


@kind("a")
def f():
    pass


@kind("b")
class B:
    pass


«a:kinds["a"]», «b:kinds["b"]»
"""
    program = Program(text)
    assert program.said("a") == {"def f"}
    assert program.said("b") == {"class B"}


def test_what_other_modules_put_there_comes_out() -> None:
    registry = "hooks = []\n\n\ndef add(hook):\n    hooks.append(hook)\n"
    functions = "def f():\n    pass\n\n\ndef g():\n    pass\n\n\n"
    plugin = f"import registry\nfrom registry import hooks\n\n\n{functions}hooks.append(f)\nregistry.add(g)\n"
    app = "import plugin\nfrom registry import hooks\n\n\nfor hook in hooks:\n    «hook»\n"
    program = Program(app=app, registry=registry, plugin=plugin)
    assert program.said() == {"def f", "def g", "?"}


def test_a_variable_of_the_same_name_is_another_one() -> None:
    text = (
        "def one():\n    xs = []\n    xs.append(1)\n    return «xs[0]»\n\n\ndef two():\n    xs = []\n    xs.append(2)\n"
    )
    assert said(text) == {"?"}


LOCAL = [
    ("a = [1]\n    a.append('k')", "a[1]", {"1", "?"}),
    ("a = [1]\n    a.extend([f])", "a[-1]", {"1", "?"}),
    ("a = {'k': 1}\n    a[x] = 'v'", "a['k']", {"1", "?"}),
    ("a = {'k': 1}\n    a.update(k='v')", "a['k']", {"1", "?"}),
    ("a = {'k': 1}\n    a.update({'k': 'v'})", "a['k']", {"1", "?"}),
    ("a = {'k': 1}\n    a.update(x)", "a['k']", {"1", "?"}),
    ("a = {'k': 1}\n    a['k'] = 'v'", "a['k']", {"1", "'v'"}),
    ("a = {'k': 1}\n    a['m'] = 'v'", "a['k']", {"1"}),
    ("a = {'k': 1}\n    a.update({'m': 'v'}, n=2)", "a['k']", {"1"}),
    ("a = {'k': 1}\n    a.setdefault('m', 'v')", "a['k']", {"1"}),
    ("a = {'k': 1}\n    b = {}\n    b[x] = 'v'", "a['k']", {"1"}),
    ("a = [1]\n    b = []\n    b.append('k')", "a[0]", {"1"}),
    ("a = {'k': 1, 'm': {}}\n    a['m'][x] = 'v'", "a['k']", {"1"}),
]


@pytest.mark.parametrize(("text", "asked", "expected"), LOCAL)
def test_what_is_put_into_a_local_container_and_not_followed_is_not_forgotten(
    text: str, asked: str, expected: set[str]
) -> None:
    assert said(f"def f(): ...\n\n\ndef run(x):\n    {text}\n    return «{asked}»\n") == expected


@pytest.mark.parametrize(
    ("made", "asked", "expected"),
    [
        ("ContextVar('v', default=False)", "v.get()", {"False", "True"}),
        ("ContextVar('v')", "v.get()", {"True"}),
        ("ContextVar('v', default=1)", "v.get(x)", {"True", "?"}),
    ],
)
def test_a_context_variable_is_what_is_set_or_its_default(made: str, asked: str, expected: set[str]) -> None:
    text = f"from contextvars import ContextVar\nv = {made}\ndef put():\n    v.set(True)\ndef run(x):\n    «{asked}»\n"
    assert said(text) == expected
