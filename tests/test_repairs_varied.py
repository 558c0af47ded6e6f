"""Programs and fixtures written in other ways are repaired as well: the same checks, and the same answers, saves and logs."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers import programs
from tests.test_repairs_run import faults
from tools import repaired as tool
from tools.respelt import SPELLINGS
from tools.varied import CHANGES, changed, varied

SEED = 5
OFTEN = 3
"""How many fixtures are written in each way; `python -m tools.repaired --varied SEED` takes all."""
NOT_ALONE = ("wrapped", "reordered")
"""Ways that need a file, or that put a decorator behind its use."""
WAYS: Mapping[str, Callable[[str], str]] = {
    **{each.__name__: each for each in SPELLINGS},
    **{
        each.__name__: partial(lambda change, text: changed(text, random.Random(SEED), change), each)
        for each in CHANGES
        if each.__name__ not in NOT_ALONE
    },
}
REPAIRED = list(tool.fixtures(0))


@pytest.mark.parametrize("way", dict(varied("x = 1\n", SEED)))
def test_fixtures_written_in_another_way(way: str, tmp_path: Path) -> None:
    chosen = random.Random(way).sample(REPAIRED, OFTEN)
    wrong = [row for project in tool.projects(tmp_path, chosen, SEED, (way,)) for row in tool.repaired(project).wrong]
    assert wrong == []


FOUND = (
    ("STL104/bad_replays", "commented"),  # one of two loops that are spelt alike goes, and so does its comment
    ("STL108/bad_logged", "commented"),
    ("STL201/bad_agent_of_older_releases", "ended"),
)
"""What was wrong once."""


@pytest.mark.parametrize(("fixture", "way"), FOUND)
def test_what_was_wrong_once(fixture: str, way: str, tmp_path: Path) -> None:
    path = tool.FIXTURES / f"{fixture}.py"
    (project,) = tool.projects(tmp_path, [path], SEED, (way,))
    tally = tool.repaired(project)
    assert tally.changed and tally.wrong == []


@settings(max_examples=settings().max_examples // 2)
@given(programs(2), st.sampled_from(sorted(WAYS)))
def test_repairs_of_handlers_written_in_another_way(text: str, way: str) -> None:
    with TemporaryDirectory() as folder:
        assert faults(Path(folder), WAYS[way](text), is_written=False) == []
