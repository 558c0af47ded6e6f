"""Workflows are made as before when a repair has taken their limit away, in whichever constructor that is."""

from __future__ import annotations

import types
from pathlib import Path

from streamlint.fix import Level
from tests.llama_stand_ins import replaced_modules
from tests.test_repairs_run import lint
from tools.fixtures import FIXTURES, bare


class Workflow:
    def __init__(self, timeout: float | None = 45.0) -> None:
        self._timeout = timeout


def ran(text: str) -> types.ModuleType:
    core, models = types.ModuleType("llama_index.core.workflow"), types.ModuleType("llama_index.llms.openai")
    vars(core).update(dict.fromkeys(("Context", "Event", "StartEvent", "StopEvent"), object))
    vars(core).update(Workflow=Workflow, step=lambda function: function)
    vars(models).update(OpenAI=object)
    above = ("llama_index", "llama_index.core", "llama_index.llms")
    module = types.ModuleType("application")
    with replaced_modules(
        {name: types.ModuleType(name) for name in above} | {one.__name__: one for one in (core, models)}
    ):
        exec(compile(text, "application", "exec"), vars(module))
    return module


def test_no_constructor_is_given_what_it_does_not_take(tmp_path: Path) -> None:
    text = bare((FIXTURES / "STL308" / "bad_own_constructor.py").read_text("utf-8"))
    (tmp_path / "application.py").write_text(text, "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(tmp_path, fix=True, level=Level.RESPONSE).changes
    before, after = ran(change.before.text), ran(change.after.text)
    limits = [[made._timeout for made in (one.Writer("m"), one.Writer(model="m"))] for one in (before, after)]
    assert limits == [[45.0, 45.0], [None, None]]
    assert after.Named(model="m", timeout=None).model == "m"
    assert "Named(model=llm, timeout=None)" in change.after.text and "Writer(model=llm)" in change.after.text
