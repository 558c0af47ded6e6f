"""What is promised for CI: the action and the snippets are valid, name options that exist, and pin what they use."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from streamlint.cli import command
from tests.conftest import BLOCKING, Write

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCHEMAS = {
    ".github/workflows/streamlint.yml": "github-workflows",
    ".gitlab-ci.yml": "gitlab-ci",
    "azure-pipelines.yml": "azure-pipelines",
}
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def blocks(language: str) -> list[str]:
    found = (match for path in DOCUMENTS for match in BLOCK.findall(path.read_text("utf-8")))
    return [text for kind, text in found if kind == language]


@cache
def validator(name: str) -> Draft7Validator:
    schema = files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json")
    return Draft7Validator(json.loads(schema.read_text("utf-8")))


def faults(name: str, document: Any) -> list[str]:
    return [error.message[:200] for error in validator(name).iter_errors(document)]


def test_the_yaml_of_the_documents_can_be_read() -> None:
    documents = [yaml.safe_load(text) for text in blocks("yaml")]
    assert len(documents) >= 6
    assert all(documents)


@pytest.mark.parametrize("file", SCHEMAS)
def test_pipelines_are_valid(file: str) -> None:
    texts = [text for text in blocks("yaml") if text.startswith(f"# {file}\n")]
    assert texts
    for text in texts:
        document = yaml.safe_load(text)
        document = {"on" if key is True else key: value for key, value in document.items()}  # YAML 1.1 has on for true
        assert faults(SCHEMAS[file], document) == []


def test_the_action_is_valid() -> None:
    assert faults("github-actions", ACTION) == []


def test_whatever_is_used_is_pinned() -> None:
    texts = [(ROOT / "action.yml").read_text("utf-8"), *blocks("yaml")]
    used = [name for text in texts for name in re.findall(r"uses: (\S+)", text)]
    assert len(used) >= 4
    for name in used:
        assert re.fullmatch(r"[\w/-]+@([0-9a-f]{40}|REVISION)", name), name
    assert not re.search(r"pip install streamlint|rev: v\d", "\n".join(texts)), "there is no release"


def test_options_in_the_documents_exist() -> None:
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    lines = [line for kind in ("sh", "yaml", "groovy") for text in blocks(kind) for line in text.splitlines()]
    calls = [line.split("#")[0] for line in lines if re.search(r"(^|/|- |: )streamlint (-|\w)", line)]
    assert len(calls) > 5
    named = {option for call in calls for option in re.findall(r"(?<=\s)--[a-z-]+", call[call.index("streamlint") :])}
    assert named <= known


def step(identifier: str) -> dict[str, Any]:
    return next(each for each in ACTION["runs"]["steps"] if each.get("id") == identifier)


def test_no_input_is_put_into_a_script() -> None:
    scripts = [each["run"] for each in ACTION["runs"]["steps"] if "run" in each]
    assert scripts
    assert not any("${{" in script for script in scripts)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action needs bash")
@pytest.mark.parametrize(
    ("inputs", "code", "files_found"),
    [
        ({"PATHS": "."}, 1, {"app.py", "two words/app.py"}),
        ({"PATHS": "two words\n"}, 1, {"two words/app.py"}),
        ({"PATHS": "app.py\ntwo words", "FIX_LEVEL": "safe"}, 1, {"app.py", "two words/app.py"}),
        ({"PATHS": "$(touch pwned); `touch pwned`"}, 2, None),
        ({"PATHS": ".", "SINCE": "HEAD"}, 1, {"two words/app.py"}),
    ],
)
def test_the_script_of_the_action(
    write: Write, project: Path, inputs: dict[str, str], code: int, files_found: set[str] | None
) -> None:
    write("app.py", BLOCKING)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "m"]):
        subprocess.run([*git, *arguments], cwd=project, check=True)
    write("two words/app.py", BLOCKING)
    temporary = project / "runner"
    temporary.mkdir()
    (temporary / "streamlint.sarif").write_text("of an earlier step")
    given = dict.fromkeys(step("lint")["env"], "") | inputs
    runner = {"RUNNER_TEMP": str(temporary), "GITHUB_OUTPUT": str(temporary / "output"), "PYTHON": sys.executable}
    environment = {**os.environ, **given, **runner, "PYTHONPATH": str(ROOT)}
    shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step("lint")["run"]]
    done = subprocess.run(shell, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert not (project / "pwned").exists()
    assert (temporary / "output").exists() == (files_found is not None)
    if files_found is not None:
        assert set(re.findall(r"::error file=(.*?),line", done.stdout)) == files_found
        assert (temporary / "output").read_text() == f"sarif={temporary}/streamlint.sarif\n"
        assert json.loads((temporary / "streamlint.sarif").read_text())["version"] == "2.1.0"


def test_the_inputs_of_the_action_are_documented() -> None:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == set(ACTION["inputs"])
