"""What a request says comes beside what the project's own calls give: routes, and what FastAPI makes for `Depends(...)`."""

from __future__ import annotations

import pytest

from .asking import said

HEAD = """\
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

app = FastAPI()


class Options:
    def __init__(self, stream: bool = False, request: Request = None):
        self.stream = stream
        self.request = request

    def is_on(self):
        return «self.stream»


@dataclass
class Fields:
    stream: bool = False


def wanted(stream: bool = False):
    return stream


"""
CALLED = "\n\ndef elsewhere():\n    Options(True), Fields(True), wanted(True)\n"


def of_request(parameter: str, expression: str, level: str = "") -> set[str]:
    text = f'{HEAD}{level}@app.get("/")\ndef route({parameter}):\n    return {expression}\n{CALLED}'
    return said(text if "«" not in expression else text.replace("«self.stream»", "self.stream"))


@pytest.mark.parametrize(
    ("parameter", "expression", "may_be_other"),
    [
        ("given: Options = Depends(Options)", "«given.stream»", True),
        ("given: Options = Depends()", "«given.stream»", True),
        ("given: Annotated[Options, Depends()]", "«given.stream»", True),
        ("given: Annotated[Options, Depends(Options)]", "«given.stream»", True),
        ("given: Fields = Depends(Fields)", "«given.stream»", True),
        ("given: Options", "«given.stream»", False),
        ("given: Options = Unknown(Options)", "«given.stream»", False),
        ("given: Options = Depends(wanted)", "«Options(True).stream»", False),
        ("given: Options = Depends(Options)", "given.is_on()", True),
        ("given: Options = Depends()", "given.is_on()", True),
        ("given: Options", "given.is_on()", False),
    ],
)
def test_what_a_dependency_is_given(parameter: str, expression: str, *, may_be_other: bool) -> None:
    found = of_request(parameter, expression)
    assert "True" in found
    assert ("?" in found) is may_be_other


def test_a_default_is_one_of_what_a_dependency_is_given() -> None:
    assert of_request("given: bool = Depends(wanted)", "«given»") == {"False", "?"}
    assert of_request("given: bool = Depends(wanted)", "«wanted()»") == {"False"}


def test_an_alias_names_a_dependency_too() -> None:
    alias = "Given = Annotated[Options, Depends()]\n\n\n"
    assert "?" in of_request("given: Given", "«given.stream»", alias)


def test_what_only_the_framework_gives_has_its_class() -> None:
    assert "fastapi.Request()" in of_request("given: Options = Depends()", "«given.request»")


@pytest.mark.parametrize(
    ("decorator", "may_be_other"),
    [("@app.get('/')\n", True), ("@app.websocket('/')\n", True), ("@wraps\n", False), ("", False)],
)
def test_what_a_route_is_given_that_the_project_calls_too(decorator: str, *, may_be_other: bool) -> None:
    text = f"from fastapi import FastAPI\n\napp = FastAPI()\n\n\n{decorator}def route(stream):\n    «stream»\n\n\nroute(True)\n"
    assert said(text) == ({"True", "?"} if may_be_other else {"True"})
