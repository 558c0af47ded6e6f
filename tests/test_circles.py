"""Which functions come back to themselves, by what their text calls: small programs that differ in how a name is reached."""

from __future__ import annotations

import pytest

from streamlint.model.circles import Circles

from .asking import Program


def held(app: str, **others: str) -> set[str]:
    program = Program(app, **others)
    modules = program.project.modules
    circles = Circles(modules)
    return {
        f"{module.path.stem}.{module.qualified_name(scope)}"
        for module in modules.loaded()
        for scope in module.scopes
        if circles.holds(module, scope)
    }


BACK = "import app\n\n\ndef back():\n    app.start()\n"
BOTH = {"app.start", "other.back"}


@pytest.mark.parametrize(
    ("imported", "call", "expected"),
    [
        ("import other", "other.back()", BOTH),
        ("import other as far", "far.back()", BOTH),
        ("from other import back", "back()", BOTH),
        ("from other import back as far", "far()", BOTH),
        ("from package import other", "other.back()", BOTH),
        ("import package.other as far", "far.back()", BOTH),
        ("from handed import back", "back()", BOTH),
        ("import other", "other.missing()", set()),
        ("import other", "other", set()),
        ("import outside", "outside.back()", set()),
        ("from outside import back", "back()", set()),
        ("from other import missing", "missing()", set()),
        ("other = 1", "other.back()", set()),
    ],
)
def test_through_another_module(imported: str, call: str, expected: set[str]) -> None:
    text = f"{imported}\n\n\ndef start():\n    {call}\n"
    others = {"other": BACK, "package__other": BACK, "package____init__": "", "handed": "from other import back\n"}
    assert held(text, **others) - (set() if expected else {"other.back"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def a():\n    a()\n", {"a"}),
        ("def a():\n    return a\n", {"a"}),
        ("def a():\n    b()\n\n\ndef b():\n    a()\n", {"a", "b"}),
        ("def a():\n    b()\n\n\ndef b():\n    c()\n\n\ndef c():\n    b()\n", {"b", "c"}),
        ("def a():\n    b()\n    c()\n\n\ndef b(): ...\n\n\ndef c():\n    a()\n", {"a", "c"}),
        ("def a():\n    def b():\n        a()\n    return 1\n", {"a", "a.b"}),
        ("def a():\n    a = 1\n    a()\n", set()),
        ("class K:\n    def a(self):\n        self.b()\n\n    def b(self):\n        self.a()\n", {"K.a", "K.b"}),
        ("class K:\n    def a(self):\n        a()\n", set()),
        ("class K:\n    def a(self):\n        other.a()\n", set()),
        ("class K:\n    def __init__(self):\n        make()\n\n\ndef make():\n    K()\n", {"K.__init__", "make"}),
        ("class K:\n    def __init__(self): ...\n\n\ndef make():\n    K()\n", set()),
        ("class K:\n    def a(self):\n        def b():\n            self.a()\n        return b\n", {"K.a", "K.a.b"}),
        ("def a(b=lambda: a()): ...\n", set()),
        ("def a():\n    return lambda: a()\n", {"a", "a.lambda"}),
    ],
)
def test_in_one_module(text: str, expected: set[str]) -> None:
    assert held(text) == {f"app.{name}" for name in expected}
