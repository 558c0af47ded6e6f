"""Whether a call gives something of which more is still to come, through functions of the project."""

from __future__ import annotations

import pytest

from streamlint.sharing.unfinished import Unfinished

from .asking import Program

HEAD = """\
import requests


def lines(url):
    return requests.get(url, stream=True).iter_lines()


def text(url):
    return requests.get(url).text


"""


@pytest.mark.parametrize(
    ("functions", "gives_more"),
    [
        ("def f(url):\n    return lines(url)\n", True),
        ("def f(url):\n    found = lines(url)\n    return found\n", True),
        ("def f(url):\n    found = lines(url)\n    found = text(url)\n    return found\n", False),
        ("def f(url):\n    return text(url)\n", False),
        ("FOUND = []\ndef f(url):\n    return FOUND\n", False),
        ("def f(url):\n    lines(url)\n    return text(url)\n", False),
        ("def g(url):\n    return lines(url)\ndef f(url):\n    return g(url)\n", True),
        ("def h(url):\n    return lines(url)\ndef g(url):\n    return h(url)\ndef f(url):\n    return g(url)\n", True),
        ("async def f(url):\n    return lines(url)\n", False),
    ],
)
def test_what_a_function_returns_is_looked_into(functions: str, gives_more: bool) -> None:
    program = Program(f"{HEAD}{functions}\n\ndef run(url):\n    «f(url)»\n")
    call, frame = program.at()
    assert program.project.ask(Unfinished).gives_more(call, None, frame) is gives_more  # type: ignore[arg-type]


@pytest.mark.parametrize(("steps", "is_told"), [(5, False), (9, True)])
def test_beyond_a_few_functions_the_search_ends(steps: int, is_told: bool) -> None:
    """It is counted then, and more may come."""
    chain = "".join(f"def f{n}(url):\n    return f{n + 1}(url)\n" for n in range(steps))
    program = Program(f"{chain}def f{steps}(url):\n    return text(url)\n\ndef run(url):\n    «f0(url)»\n")
    call, frame = program.at()
    assert program.project.ask(Unfinished).gives_more(call, None, frame) is is_told  # type: ignore[arg-type]
    assert bool(program.evaluator.limits.ended) is is_told
