"""The Project under programs that no person would write, and the same answers in whatever order it is asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.project import Project
from streamlint.run import Request, run
from streamlint.source import Source
from streamlint.waiting import Blocking

FIXTURES = Path(__file__).parent / "fixtures"
ROUTE = """\
from fastapi import FastAPI
from helpers import work

app = FastAPI()


@app.get("/")
async def home():
    return work()
"""
WAITING = "import requests\n\n\ndef work():\n    return requests.get('https://example.org').text\n"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def request(folder: Path, *paths: Path) -> Request:
    return Request(
        paths or (folder,), Config(root=folder), Selection(select=("STL0", "STL1", "STL2")), Level.RESPONSE, root=folder
    )


def findings(folder: Path, *paths: Path) -> tuple[Finding, ...]:
    return run(request(folder, *paths)).findings


def told(folder: Path, *paths: Path) -> list[str]:
    return [f"{f.path.name}:{f.place.start.line}: {f.code}" for f in findings(folder, *paths)]


def test_imports_in_a_circle(tmp_path: Path) -> None:
    names = [f"ring{number}" for number in range(40)]
    files = {
        f"{name}.py": f"from {names[number - 1]} import work as before\n\n\ndef work():\n    return before()\n"
        for number, name in enumerate(names)
    }
    write(tmp_path, {**files, "helpers.py": "from ring7 import work\n", "main.py": ROUTE})
    assert told(tmp_path) == []


def test_names_imported_in_a_circle(tmp_path: Path) -> None:
    helpers = "from one import work\n"
    one, two = "from two import work, other\n", "from one import work\nother = 1\n"
    write(tmp_path, {"one.py": one, "two.py": two, "helpers.py": helpers, "main.py": ROUTE})
    assert told(tmp_path) == []


def test_star_imports_in_a_circle(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "one.py": "from two import *\nfrom three import *\n",
            "two.py": "from three import *\nfrom one import *\n",
            "three.py": "from one import *\nfrom waiting import *\n",
            "waiting.py": WAITING,
            "helpers.py": "from one import *\n",
            "main.py": ROUTE,
        },
    )
    assert told(tmp_path) == ["main.py:9: STL204"]


def test_recursion_of_every_kind(tmp_path: Path) -> None:
    helpers = """\
import requests


def work(n=0, f=None):
    if n:
        return work(n - 1, lambda: work(n, f))
    return (f or work)(f, work)


def twice(function):
    return twice(twice)(function) if function else twice


class Node:
    def __init__(self, parent=None):
        self.parent = parent
        self.children = [Node(self) for _ in range(3)]

    @property
    def root(self):
        return self.parent.root if self.parent else self

    def __call__(self):
        return self.root()()


x = y = None
x = [y, x]
y = (x, y)
for x in x:
    y = x, y
node = Node(Node())
twice(node)(work)()
"""
    write(
        tmp_path,
        {"helpers.py": helpers, "main.py": ROUTE + "\n\n@app.get('/n')\nasync def n():\n    return node.root()\n"},
    )
    assert told(tmp_path) == []


def test_deep_inheritance(tmp_path: Path) -> None:
    classes = ["class C0:\n    def run(self):\n        return requests.get(self.url)\n\n\n"]
    classes += [f"class C{n}(C{n - 1}):\n    pass\n\n\n" for n in range(1, 60)]
    helpers = (
        "import requests\n\n\n"
        + "".join(classes)
        + "def work():\n    return C9().run()\n\n\ndef far():\n    return C59().run()\n"
    )
    loop = (
        "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n\n\nclass Own(Own):\n    pass\n\n\nB().run(), Own().run()\n"
    )
    write(tmp_path, {"helpers.py": helpers + "\n\n" + loop, "main.py": ROUTE})
    assert told(tmp_path) == ["main.py:9: STL204"]


def test_syntax_error_in_an_imported_module(tmp_path: Path) -> None:
    main = ROUTE.replace("import work", "import work\nfrom broken import engine")
    write(tmp_path, {"broken.py": "def engine(:\n", "helpers.py": WAITING, "main.py": main})
    assert told(tmp_path) == ["broken.py:1: STL001", "main.py:10: STL204"]


def test_file_that_vanishes(tmp_path: Path) -> None:
    write(tmp_path, {"helpers.py": WAITING, "main.py": ROUTE})
    project = Project(tmp_path, [tmp_path / "helpers.py", tmp_path / "main.py"])
    (tmp_path / "helpers.py").unlink()
    assert project.module(tmp_path / "helpers.py") is None
    assert [entry.path for entry in project.entries] == ["/"]
    assert project.concerns(tmp_path / "main.py")


def test_text_that_stands_in_for_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"helpers.py": "def work():\n    return 1\n", "main.py": ROUTE})
    helpers = tmp_path / "helpers.py"
    text = Source.read(helpers).with_text(WAITING)
    project = Project(tmp_path, [helpers, tmp_path / "main.py"], overlay={helpers: text})
    entry = project.entries[0]
    call = entry.scope.calls[0]
    assert project.ask(Blocking).of_call(call, project.evaluator.any_call(entry.module, entry.scope)) is not None


def test_huge_literals(tmp_path: Path) -> None:
    rows = ",\n".join(f"    'key{n}': [{n}, 'a', {{'b': ({n}, None)}}]" for n in range(20_000))
    sums = " + ".join(["'a'"] * 900)
    helpers = f"TABLE = {{\n{rows}\n}}\nTEXT = {sums}\n\n\ndef work():\n    return TABLE['key7'][0], TABLE.get('key19999'), TEXT\n"
    write(tmp_path, {"helpers.py": helpers, "main.py": ROUTE})
    assert told(tmp_path) == []


def test_two_thousand_modules(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "helpers.py": "from pkg.m0 import work\n", "main.py": ROUTE}
    for n in range(2_000):
        following = [f"from pkg.m{n * 2 + k} import work as work{k}\n" for k in (1, 2) if n * 2 + k < 2_000]
        calls = "".join(f"    work{k}()\n" for k in range(1, len(following) + 1))
        files[f"pkg/m{n}.py"] = (
            "import fastapi\n" + "".join(following) + f"\n\ndef work(x=None):\n{calls}    return {n}\n"
        )
    files["pkg/m1999.py"] = WAITING
    write(tmp_path, files)
    started = time.monotonic()
    assert told(tmp_path) == ["main.py:9: STL204"]
    assert time.monotonic() - started < 60, "seconds, even on a busy machine"


def test_many_alternatives_tell_nothing(tmp_path: Path) -> None:
    functions = "".join(f"def f{n}():\n    return requests.get('u')\n\n\n" for n in range(40))
    names = ", ".join(f"'{n}': f{n}" for n in range(40))
    helpers = f"import requests\n\n\n{functions}ALL = {{{names}}}\n\n\ndef work(name='1'):\n    return ALL[name]()\n"
    write(tmp_path, {"helpers.py": helpers, "main.py": ROUTE})
    assert told(tmp_path) in ([], ["main.py:9: STL204"])


# The same answers


@pytest.mark.parametrize(
    "project", sorted(FIXTURES.glob("*/project_*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_one_file_is_judged_as_within_its_project(project: Path) -> None:
    root = project.resolve()
    together = findings(root)
    for path in sorted(root.rglob("*.py")):
        assert findings(root, path) == tuple(f for f in together if f.path == path)


@pytest.mark.parametrize(
    "project", sorted(FIXTURES.glob("*/project_*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_order_of_files_does_not_matter(project: Path) -> None:
    root = project.resolve()
    files = sorted(root.rglob("*.py"))
    assert findings(root, *files) == findings(root, *reversed(files))


class Counting:
    """An analysis that nobody knows of."""

    def __init__(self, project: Project) -> None:
        self.blocking = project.ask(Blocking)
        self.names = [entry.name for entry in project.entries]


def test_an_analysis_is_made_once_for_a_project_and_rests_on_others(tmp_path: Path) -> None:
    write(tmp_path, {"helpers.py": WAITING, "main.py": ROUTE})
    files = [tmp_path / "helpers.py", tmp_path / "main.py"]
    project, other = Project(tmp_path, files), Project(tmp_path, files)
    asked = project.ask(Counting)
    assert asked.names == ["home"]
    assert asked is project.ask(Counting)
    assert asked.blocking is project.ask(Blocking)
    assert asked is not other.ask(Counting)
