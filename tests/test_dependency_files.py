"""Which packages each format names, where it says so, and what becomes of files that are broken."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streamlint.releases.declared import Kind
from streamlint.releases.dependency_files import DependencyFiles, reader
from streamlint.releases.packaging_files import is_library
from streamlint.source import Source
from streamlint.surroundings.names import is_dependency_file

REQUIREMENTS = """\
-r base.txt
-c constraints.txt
--index-url https://example.org/simple
one==1.0 ; python_version < "3.9"   # why
Two[extra,other] >= 1.0, < 2  --config-settings x
three \\
    >=3
four==4.0 \\
    --hash=sha256:aaa \\
    --hash=sha256:bbb
-e git+https://example.org/five.git#egg=five
six @ https://example.org/six-6.1-py3-none-any.whl
seven
./wheels/eight.whl
"""
PYPROJECT = """\
[project]
name = "app"
dependencies = [
    'one>=1', # the first
    "two[x]==2.0; python_version > '3.8'",
]
[project.optional-dependencies]
web = ["three~=3.1"]

[dependency-groups]
dev = [{include-group = "lint"}, "four"]
lint = ["five<6"]

[tool.uv]
dev-dependencies = ["six>6"]
constraint-dependencies = ["seven<8"]

[tool.uv.sources]
one = { git = "https://example.org/one" }

[tool.pdm.dev-dependencies]
test = ["-e file:///x#egg=y", "eight==8"]

[tool.hatch.envs.docs]
dependencies = ["nine"]

[tool.poetry.dependencies]
python = "^3.11"
ten = "^1.2"
eleven = { version = "~0.3", extras = ["a"] }
twelve = { path = "../twelve" }
thirteen = [{ version = "1.0", python = "<3.9" }, { version = "2.0", python = ">=3.9" }]

[tool.poetry.dev-dependencies]
fifteen = "^5"

[tool.poetry.group.test.dependencies]
fourteen = "*"
"""
PIPFILE = '[packages]\none = "*"\ntwo = {version = ">=2", extras = ["x"]}\n[dev-packages]\nthree = "==3.0"\n[docs]\nfour = "4"\n'
ENVIRONMENT = """\
name: x
dependencies:
  - python=3.11
  - conda-forge::one=1.2
  - two==2.0=py_0
  - three>=3,<4
  - pip:
      - four==4.0  # here
      - "five[x]>=5"
"""
SETUP_PY = """\
from setuptools import setup
NEEDED = ["one>=1", computed(), "é" "two"]
setup(install_requires=NEEDED + other, extras_require={"web": ["three==3"], "all": ALL})
setup(
    install_requires=[
        "four<5",
    ],
)
"""

Row = tuple[str, str, str, str, str]
CASES: list[tuple[str, str, list[Row]]] = [
    (
        "requirements.txt",
        REQUIREMENTS,
        [
            ("one", "==1.0", "", 'one==1.0 ; python_version < "3.9"', "==1.0"),
            ("two", "<2,>=1.0", "", "Two[extra,other] >= 1.0, < 2", ">= 1.0, < 2"),
            ("three", ">=3", "", "three \\\n    >=3", "None"),
            ("four", "==4.0", "", "four==4.0", "None"),
            ("five", "", "", "-e git+https://example.org/five.git#egg=five", "None"),
            ("six", "==6.1", "", "six @ https://example.org/six-6.1-py3-none-any.whl", "None"),
            ("seven", "", "", "seven", ""),
        ],
    ),
    (
        "pyproject.toml",
        PYPROJECT,
        [
            ("one", "", "", "one>=1", "None"),
            ("two", "==2.0", "", "two[x]==2.0; python_version > '3.8'", "==2.0"),
            ("ten", "<2,>=1.2", "", "^1.2", "^1.2"),
            ("eleven", "<0.4,>=0.3", "", "~0.3", "~0.3"),
            ("twelve", "", "", '"../twelve"', "None"),
            ("thirteen", "==1.0", "", "1.0", "None"),
            ("thirteen", "==2.0", "", "2.0", "None"),
            ("seven", "<8", "", "seven<8", "<8"),
            ("three", "~=3.1", "web", "three~=3.1", "~=3.1"),
            ("four", "", "dev", "four", ""),
            ("five", "<6", "lint", "five<6", "<6"),
            ("six", ">6", "dev", "six>6", ">6"),
            ("eight", "==8", "dev-test", "eight==8", "==8"),
            ("nine", "", "dev-docs", "nine", ""),
            ("fifteen", "<6,>=5", "dev", "^5", "^5"),
            ("fourteen", "", "test", "*", "*"),
        ],
    ),
    (
        "Pipfile",
        PIPFILE,
        [
            ("one", "", "", "*", "*"),
            ("two", ">=2", "", ">=2", ">=2"),
            ("three", "==3.0", "dev", "==3.0", "==3.0"),
            ("four", "==4", "docs", "4", "4"),
        ],
    ),
    (
        "environment.yml",
        ENVIRONMENT,
        [
            ("one", "==1.2.*", "", "conda-forge::one=1.2", "None"),
            ("two", "==2.0", "", "two==2.0=py_0", "None"),
            ("three", "<4,>=3", "", "three>=3,<4", "None"),
            ("four", "==4.0", "", "four==4.0", "==4.0"),
            ("five", ">=5", "", "five[x]>=5", ">=5"),
        ],
    ),
    (
        "llama_deploy.yml",
        "services:\n  chat:\n    path: src/chat:workflow\n    python-dependencies:\n    - one==1.2\n    - ./two\n    - three\n",
        [("one", "==1.2", "", "one==1.2", "==1.2"), ("three", "", "", "three", "")],
    ),
    (
        "setup.cfg",
        "[options]\ninstall_requires = one\n   two>=2\n[options.extras_require]\nweb =\n  three<4; python_version > '3'\n",
        [
            ("one", "", "", "one", ""),
            ("two", ">=2", "", "two>=2", ">=2"),
            ("three", "<4", "web", "three<4; python_version > '3'", "<4"),
        ],
    ),
    ("setup.py", SETUP_PY, [("three", "==3", "web", "three==3", "==3"), ("four", "<5", "", "four<5", "<5")]),
]


def rows(path: Path, text: str) -> list[Row]:
    source = Source.decode_plain(path, text.encode())
    found = []
    for each in reader(path)(source).declared:
        written = "None" if each.written is None else source.slice(each.written)
        assert each.line == text.count("\n", 0, each.span.start) + 1
        found.append((each.package, str(each.specifier), each.group, source.slice(each.span), written))
    return found


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_a_format_says_and_where(name: str, text: str, expected: list[Row], newline: str) -> None:
    text = text.replace("\n", newline)
    assert rows(Path(name), text) == [tuple(each.replace("\n", newline) for each in row) for row in expected]


def test_what_is_included(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r base.txt\n-c limits.txt\none\n")
    (tmp_path / "base.txt").write_text("two\n-r requirements.txt\n")
    (tmp_path / "limits.txt").write_text("-r more.txt\nthree<3\n")
    (tmp_path / "more.txt").write_text("four<4\n")
    found = DependencyFiles().whole(tmp_path / "requirements.txt")
    assert {each.package: each.kind for each in found} == {
        "one": Kind.REQUIRED,
        "two": Kind.REQUIRED,
        "three": Kind.CONSTRAINT,
        "four": Kind.CONSTRAINT,
    }


def test_a_dynamic_list_of_setuptools_is_included(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.setuptools.dynamic]\ndependencies = {file = ["needed.txt"]}\n')
    (tmp_path / "needed.txt").write_text("one==1\n")
    assert [each.package for each in DependencyFiles().whole(tmp_path / "pyproject.toml")] == ["one"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True), ("requirements-dev.txt", True), ("dev-requirements.txt", True), ("requirements.in", True),
        ("requirements/prod.txt", True), ("constraints.txt", True), ("environment.yml", True), ("pylock.prod.toml", True),
        ("conda-environment.yaml", True), ("Pipfile", True), ("llama_deploy.yml", True), ("notes.txt", False),
        ("config.toml", False), ("robots.txt", False),
        ("docker-compose.yml", False), ("requirements.md", False), ("my.lock", False),
    ],
)  # fmt: skip
def test_names(path: str, expected: bool) -> None:
    assert is_dependency_file(path) is expected


LIBRARY = '[project]\nname = "x"\nclassifiers = ["Framework :: FastAPI"]\n[build-system]\nrequires = ["hatchling"]\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": LIBRARY}, True),
        ({"pyproject.toml": LIBRARY, "Dockerfile": ""}, False),
        ({"pyproject.toml": LIBRARY.replace("Framework :: FastAPI", "Private :: Do Not Upload")}, False),
        ({"pyproject.toml": LIBRARY + "[tool.uv]\npackage = false\n"}, False),
        ({"pyproject.toml": LIBRARY.replace("[build-system]", "[other]")}, False),
        ({"pyproject.toml": '[tool.poetry]\nname = "x"\n[build-system]\nrequires = ["poetry-core"]\n'}, False),
        ({"setup.py": 'from setuptools import setup\nsetup(name="x", url="https://example.org")\n'}, True),
        ({"setup.py": 'from setuptools import setup\nsetup(name="x")\n'}, False),
        ({"setup.cfg": "[metadata]\nname = x\nurl = https://example.org\n"}, True),
        ({"requirements.txt": "one\n"}, False),
    ],
)
def test_libraries_and_applications(files: dict[str, str], expected: bool, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert is_library(DependencyFiles(), tmp_path) is expected


NAMES = [
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "environment.yml",
    "llama_deploy.yml",
    "setup.cfg",
    "setup.py",
    "uv.lock",
    "Pipfile.lock",
]
HOSTILE: dict[str, Callable[[], str]] = {
    "brackets": lambda: "[" * 200_000,
    "a name without an end": lambda: "a" * 200_000,
    "commas": lambda: "llama-index>=1," * 20_000,
    "extras": lambda: "llama-index[" + "a," * 100_000,
    "specifiers": lambda: "llama-index" + " >=1.0" * 30_000,
    "continuations": lambda: "llama-index \\\n" * 50_000,
    "packages": lambda: '[[package]]\nname = "a"\n' * 20_000,
    "markers": lambda: "llama-index; " + "(" * 50_000,
    "includes": lambda: "-r requirements.txt\n" * 20_000,
    "spaces": lambda: "llama-index" + " " * 200_000 + "x",
    "caret": lambda: '[tool.poetry.dependencies]\nllama-index = "' + "^1 || " * 20_000 + '"',
    "numbers": lambda: "llama-index==" + "1." * 100_000 + "1",
    "digits": lambda: "llama-index==" + "1" * 100_000,
    "nulls": lambda: "llama-index\0==1" * 10_000,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_reader_raises_or_hangs(name: str, text: Callable[[], str]) -> None:
    source = Source.decode_plain(Path(name), text().encode())
    before = time.process_time()
    reader(Path(name))(source)
    assert time.process_time() - before < 10, "about a second at the worst, for what a quadratic reader needs minutes"


def test_what_is_asked_for_beside_a_package() -> None:
    texts = {
        "requirements.txt": REQUIREMENTS,
        "pyproject.toml": PYPROJECT,
        "Pipfile": PIPFILE,
        "setup.cfg": "[options]\ninstall_requires = uvicorn[Standard]>=1\n",
    }
    found = {}
    for name, text in texts.items():
        source = Source(Path(name), text)
        found[name] = {each.package: sorted(each.extras) for each in reader(Path(name))(source).declared if each.extras}
    assert found == {
        "requirements.txt": {"two": ["extra", "other"]},
        "pyproject.toml": {"two": ["x"], "eleven": ["a"]},
        "Pipfile": {"two": ["x"]},
        "setup.cfg": {"uvicorn": ["standard"]},
    }
