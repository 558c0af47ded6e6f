"""What is called is known without asking who hands in the receiver, where that is declared; counted, and with twins."""

from __future__ import annotations

import pytest

from streamlint.values.domain import Function, ProjectModule
from tests.asking import ROOT, Program


def callers(program: Program, name: str, owner: str) -> list[str]:
    """The functions that call a method of a class, by their names."""
    module = program.module()
    [scope] = [one for one in module.scopes if one.name == name and module.scopes[one.parent].name == owner]
    sites = program.evaluator.callers.of(Function(module.path, scope.index))
    return sorted({site.scope.name for site in sites})


def steps(program: Program) -> int:
    return program.evaluator.solver.steps


HUB = """\
class Services:
    def register(self, name, run, schema):
        return name


class View:
    def register(self, hub, app, router):
        return router


class Hub:
    services: Services = None


def served(hub: Hub, view: View, app):
    view.register(hub, app, app.router)


def setup(hub{annotation}):
    hub.services.register("one", setup, None)
"""
CHAIN = "\ndef setup_{number}(hub):\n    setup_{before}(hub)\n"


def handed_on(annotation: str, length: int) -> Program:
    """A hub that is handed through a row of functions, the innermost of which says what it is, or does not."""
    text = HUB.format(annotation=annotation) + "\nsetup_0 = setup\n"
    return Program(text + "".join(CHAIN.format(number=each, before=each - 1) for each in range(1, length)))


def test_a_declared_receiver_is_not_followed_to_who_hands_it_in() -> None:
    counted = []
    for length in (5, 50):
        program = handed_on(": Hub", length)
        assert callers(program, "register", "View") == ["served"]
        assert callers(program, "register", "Services") == ["setup"]
        counted.append(steps(program))
    assert counted[0] == counted[1]


def test_a_receiver_of_which_nothing_is_said_is_followed() -> None:
    program = handed_on("", 5)
    assert callers(program, "register", "View") == ["served"]
    assert steps(program) > steps(handed_on(": Hub", 5))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("model.run(1, 2)", ["use"]),
        ("model.run(1, second=2)", ["use"]),
        ("model.run(*given)", ["use"]),
        ("model.run(1, **given)", ["use"]),
        ("Model.run(model, 1, 2)", ["use"]),
        ("model.run(1)", []),
        ("model.run(1, 2, 3, 4)", []),
        ("model.run(1, 2, third=3)", []),
    ],
)
def test_a_call_that_a_function_cannot_take_is_none_of_it(call: str, expected: list[str]) -> None:
    text = f"""\
class Model:
    def run(self, first, second):
        return first


def use(given):
    model = Model()
    return {call}
"""
    assert callers(Program(text), "run", "Model") == expected


def test_a_decorator_may_give_what_a_call_leaves_out() -> None:
    text = """\
import somewhere


class Model:
    @somewhere.filled
    def run(self, first, second):
        return first


def use():
    return Model().run()
"""
    assert callers(Program(text), "run", "Model") == ["use"]


OVERRIDDEN = """\
{base}
class Model{below}:
    def run(self):
        {body}


class Other{of}:
    def run(self):
        return 2


def use(model: Model):
    return model.run()


def main():
    return use(Other())
"""


@pytest.mark.parametrize(
    ("base", "below", "of", "body"),
    [
        ("", "", "(Model)", "return 1"),
        ("from typing import Protocol\n\n", "(Protocol)", "", "..."),
        ("", "", "(Model)", "raise NotImplementedError"),
    ],
    ids=["a class below has its own", "a protocol", "an abstract method"],
)
def test_what_is_declared_does_not_hide_what_is_handed_in(base: str, below: str, of: str, body: str) -> None:
    program = Program(OVERRIDDEN.format(base=base, below=below, of=of, body=body))
    assert callers(program, "run", "Other") == ["use"]


def test_an_attribute_is_not_sought_among_the_keys_of_dicts() -> None:
    keyed = "\ndef put_{number}(rows):\n    rows['get'] = {number}\n"
    counted = []
    for number in (2, 40):
        text = "import fastapi\n\n\ndef rows():\n    return fastapi.APIRouter()\n\n\nx = rows().get\n«x»\n"
        program = Program(text + "".join(keyed.format(number=each) for each in range(number)))
        program.said()
        counted.append(steps(program))
    assert counted[0] == counted[1]


def test_a_module_of_a_package_is_known_before_what_is_put_there() -> None:
    putting = "def put(hub):\n    hub.jobs = 1\n\n\ndef more():\n    put(object())\n"
    program = Program("from shop import jobs\n\n«jobs»\n", shop____init__="", shop__jobs="", shop__other=putting)
    expression, frame = program.at()
    assert program.evaluator.value(expression, frame) == {ProjectModule(ROOT / "shop" / "jobs.py")}
    assert not any(isinstance(key, tuple) and key[0] == "stores" for key in program.evaluator.solver.answers)
