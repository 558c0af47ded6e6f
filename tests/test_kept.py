"""What a run keeps is said again as long as nothing has changed that it looked at, and never after."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from streamlint import disk, run
from streamlint.cli import command
from streamlint.config import Config, Selection
from streamlint.disk import digest
from streamlint.finding import Finding
from streamlint.kept import circumstances
from streamlint.kept.folder import NAME
from streamlint.kept.plain import plain, valued
from streamlint.projects import Projects
from streamlint.source import Source
from tests.conftest import BLOCKING, CLEAN, STREAMING, Write, runner

HELPER = "import time\n\n\ndef wait() -> str:\n    time.sleep(1)\n    return 'done'\n"
QUICK = "def wait() -> str:\n    return 'done'\n"
CALLER = """\
from fastapi import FastAPI

from shop.helper import wait

app = FastAPI()


@app.get("/slow")
async def slow() -> str:
    return wait()
"""
DRAINED = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str) -> dict[str, str]:
    return {"answer": "".join(engine.query(q).response_gen)}
"""
SETTINGS = "[project]\nname = 'shop'\n\n[tool.streamlint]\n"


@pytest.fixture(autouse=True)
def caching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMLINT_NO_CACHE")


@pytest.fixture
def shop(write: Write, project: Path) -> Path:
    """A project with one finding, whose wait is in another file, and what may lie around code."""
    write("shop/__init__.py", "")
    write("shop/helper.py", HELPER)
    write("shop/app.py", CALLER)
    write("shop/clean.py", CLEAN)
    write("requirements.txt", "llama-index-core==0.12.1\nfastapi\n")
    write("Dockerfile", 'FROM python:3.12\nCMD ["uvicorn", "shop.app:app"]\n')
    write(".gitignore", "*.log\n")
    write(".git/HEAD", "")  # nothing above a repository is asked for, where other tests make folders
    _age(project)
    return project


def _age(project: Path) -> None:
    """Let all files be so old that their times decide."""
    long_ago = time.time() - 60
    for folder, _, files in os.walk(project):
        for name in ("", *files):
            os.utime(os.path.join(folder, name), (long_ago, long_ago), follow_symlinks=False)


def _told(*arguments: str) -> Result:
    return runner().invoke(command, arguments)


def _all(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each run that looks at something."""
    made: list[str] = []
    real = run.run

    def counting(request: run.Request) -> object:
        made.append(str(request.paths))
        return real(request)

    monkeypatch.setattr(run, "run", counting)
    return made


def test_the_second_run_says_the_same_and_looks_at_nothing(shop: Path, runs: list[str]) -> None:
    first, second = _told(), _told()
    assert "STL204" in first.stdout
    assert _all(first) == _all(second) == _all(_told("--no-cache"))
    assert len(runs) == 2


@pytest.mark.parametrize(
    "arguments", [("--output-format", "json"), ("--select", "STL1"), ("--diff",), ("shop",), ("-q",)]
)
def test_another_command_line_is_another_answer(shop: Path, runs: list[str], arguments: tuple[str, ...]) -> None:
    _told()
    other = _told(*arguments)
    assert _all(other) == _all(_told(*arguments)) == _all(_told("--no-cache", *arguments))
    assert len(runs) == 3


def test_a_report_in_a_file_is_written_again(shop: Path, runs: list[str]) -> None:
    arguments = ("-o", "report.json", "--output-format", "json", "--output", "sarif:report.sarif")
    first = _told(*arguments)
    written = [Path(name).read_bytes() for name in ("report.json", "report.sarif")]
    for name in ("report.json", "report.sarif"):
        os.unlink(name)
    assert _all(first) == _all(_told(*arguments))
    assert [Path(name).read_bytes() for name in ("report.json", "report.sarif")] == written
    assert len(runs) == 1


def test_a_repair_is_made_each_time_that_it_is_needed(shop: Path, write: Write, runs: list[str]) -> None:
    write("shop/app.py", BLOCKING)
    for _ in range(2):
        write("shop/app.py", BLOCKING)
        assert _told("--fix").exit_code == 0
        assert "await " in Path("shop/app.py").read_text()
    number = len(runs)
    assert _all(_told("--fix")) == _all(_told("--fix"))
    assert len(runs) == number + 1


@pytest.mark.parametrize(
    "option", ["--timings", "--show-files", "--show-routes", "--show-settings", "--write-baseline"]
)
def test_what_is_no_report_is_not_kept(shop: Path, option: str) -> None:
    _told(option)
    assert not list(shop.glob(f"{NAME}/*.kept"))


def test_a_failure_of_a_rule_is_not_kept(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Iterator[object]:
        raise ZeroDivisionError

    monkeypatch.setattr("streamlint.judging.judge", fail)
    assert _told().exit_code == 3
    monkeypatch.undo()
    monkeypatch.delenv("STREAMLINT_NO_CACHE")
    assert _told().exit_code == 1


EDITS: dict[str, Callable[[Path], object]] = {
    "the helper waits no more": lambda root: (root / "shop/helper.py").write_text(QUICK),
    "the helper waits again": lambda root: (root / "shop/helper.py").write_text(HELPER),
    "the caller is gone": lambda root: (root / "shop/app.py").unlink(missing_ok=True),
    "the caller is back": lambda root: (root / "shop/app.py").write_text(CALLER),
    "a route that waits": lambda root: (root / "shop/clean.py").write_text(BLOCKING),
    "a route that streams": lambda root: (root / "shop/clean.py").write_text(STREAMING),
    "no route": lambda root: (root / "shop/clean.py").write_text(CLEAN),
    "a broken file": lambda root: (root / "shop/clean.py").write_text("def (\n"),
    "a further file": lambda root: (root / "more.py").write_text(BLOCKING),
    "no further file": lambda root: (root / "more.py").unlink(missing_ok=True),
    "no package": lambda root: (root / "shop/__init__.py").unlink(missing_ok=True),
    "a package": lambda root: (root / "shop/__init__.py").write_text(""),
    "an ignored file": lambda root: (root / ".gitignore").write_text("more.py\nclean.py\n"),
    "nothing ignored": lambda root: (root / ".gitignore").unlink(missing_ok=True),
    "a repository": lambda root: (root / ".git").mkdir(exist_ok=True),
    "no rule": lambda root: (root / "pyproject.toml").write_text(f"{SETTINGS}ignore = ['STL204']\n"),
    "all rules": lambda root: (root / "pyproject.toml").write_text(f"{SETTINGS}select = ['STL']\n"),
    "no settings": lambda root: (root / "pyproject.toml").unlink(missing_ok=True),
    "settings below": lambda root: (root / "shop/streamlint.toml").write_text("ignore = ['STL2']\n"),
    "none below": lambda root: (root / "shop/streamlint.toml").unlink(missing_ok=True),
    "other releases": lambda root: (root / "requirements.txt").write_text(
        "llama-index==0.9.1\nllama-index-core==0.12.1\n"
    ),
    "no releases": lambda root: (root / "requirements.txt").unlink(missing_ok=True),
    "two workers": lambda root: (root / "Dockerfile").write_text(
        "FROM python:3.12\nCMD gunicorn shop.app:app -t 5 -w 2\n"
    ),
    "a proxy": lambda root: (root / "site.conf").write_text("server { location / { proxy_pass http://app:8000; } }\n"),
    "another mode": lambda root: (root / "shop").chmod(0o755),
    "touched": lambda root: os.utime(root / "shop/helper.py"),
    "a link": lambda root: (root / "linked.py").is_symlink() or (root / "linked.py").symlink_to("shop/clean.py"),
    "no link": lambda root: (root / "linked.py").unlink(missing_ok=True),
}


@pytest.mark.parametrize("seed", range(4))
def test_edits_in_any_order_are_seen(shop: Path, seed: int) -> None:
    chance = random.Random(seed)
    _told()
    for _ in range(10):
        names = [chance.choice(list(EDITS)) for _ in range(chance.choice((0, 1, 1, 2)))]
        for name in names:
            EDITS[name](shop)
        if chance.random() < 0.5:
            _age(shop)
        for arguments in ((), ("shop", "--output-format", "json"), ("shop/helper.py", "shop/clean.py")):
            assert _all(_told(*arguments)) == _all(_told("--no-cache", *arguments)), names


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_is_seen(shop: Path, name: str) -> None:
    _told()
    EDITS[name](shop)
    assert _all(_told("shop")) == _all(_told("--no-cache", "shop"))
    assert _all(_told()) == _all(_told("--no-cache"))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One entry for each file that rules look at."""
    made: list[Path] = []
    real = run._check

    def counting(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
        made.append(path)
        return real(projects, path, source)

    monkeypatch.setattr(run, "_check", counting)
    return made


@pytest.mark.parametrize(
    "arguments",
    [("shop/app.py",), ("./shop/app.py", "shop/helper.py"), ("shop", "-q"), ("--output-format", "json")],
)
def test_what_was_found_in_a_file_is_not_sought_again(
    shop: Path, looks: list[Path], runs: list[str], arguments: tuple[str, ...]
) -> None:
    _told()
    looks.clear()
    other = _told(*arguments)
    assert not looks
    assert len(runs) == 2
    assert _all(other) == _all(_told("--no-cache", *arguments))
    assert looks


@pytest.mark.parametrize(
    "arguments", [("--select", "STL2"), ("--target", "llama-index=0.9"), ("--config", "streaming-paths=['/chat']")]
)
def test_whoever_looks_for_something_else_looks(shop: Path, looks: list[Path], arguments: tuple[str, ...]) -> None:
    _told()
    looks.clear()
    _told(*arguments)
    assert looks


def test_files_that_were_looked_at_one_by_one_make_a_whole(shop: Path, looks: list[Path]) -> None:
    for path in sorted(shop.rglob("*.py")):
        _told(str(path.relative_to(shop)))
    looks.clear()
    whole = _told("shop")
    assert not looks
    assert _all(whole) == _all(_told("--no-cache", "shop"))


def test_who_reads_an_answer_is_known_again(shop: Path, write: Write, looks: list[Path]) -> None:
    write("shop/clean.py", DRAINED)
    write("page.js", "fetch('/chat').then(answer => answer.json())\n")
    assert "page.js" in _told().stdout
    looks.clear()
    assert "page.js" in _told("shop/clean.py").stdout
    assert not looks
    write("page.js", "fetch('/chat').then(answer => answer.text())\n")
    assert _all(_told("shop/clean.py")) == _all(_told("--no-cache", "shop/clean.py"))


def test_what_contradicts_itself_is_no_one_record() -> None:
    first: disk.Plain = {"read": {"a": [10, 1, 2, 3, "x"]}, "listed": {"d": [1, 2, "n"]}, "kinds": {"a": "file"}}
    assert disk.both(first, {"read": {"a": [10, 1, 9, 9, "x"]}, "listed": {"d": [7, 7, "n"]}}) is not None
    for other in (
        {"read": {"a": [10, 1, 2, 3, "y"]}},
        {"listed": {"d": [1, 2, "m"]}},
        {"kinds": {"a": "folder"}},
    ):
        assert disk.both(first, other) is None
    for limit, kept in ((5, 10), (20, 20), (-1, -1)):
        longer: disk.Plain = {"read": {"a": [limit, 1, 2, 3, "y"]}}
        for joined in (disk.both(first, longer), disk.both(longer, first)):
            assert joined is not None
            assert joined["read"]["a"][0] == kept


def test_a_file_that_changes_while_others_are_looked_at(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before the change is forgotten, though the run that sees it found something too."""
    _told("shop/helper.py", "shop/app.py")
    real = run._check

    def changing(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
        (shop / "shop/helper.py").write_text(QUICK)
        return real(projects, path, source)

    write = shop / "shop/more.py"
    write.write_text(BLOCKING)
    monkeypatch.setattr(run, "_check", changing)
    _told("shop/more.py")
    monkeypatch.setattr(run, "_check", real)
    assert _all(_told("shop/app.py", "-q")) == _all(_told("--no-cache", "shop/app.py", "-q"))


def test_the_texts_of_an_editor_are_judged(shop: Path, looks: list[Path]) -> None:
    _told()
    looks.clear()
    arguments = ("-", "--stdin-filename", "shop/app.py")
    told = runner().invoke(command, arguments, input=CALLER.replace("wait()", "''"))
    assert "STL204" not in told.stdout
    assert looks


def test_findings_are_plain_data_and_come_back_as_they_were(project: Path) -> None:
    fixtures = Path(__file__).parent / "fixtures"
    for number, path in enumerate(sorted(fixtures.glob("STL[123]0[1-5]/bad_*.py"))):
        if ".fixed" not in path.name:
            (project / f"app_{number}.py").write_bytes(path.read_bytes())
    findings = run.run(run.Request((project,), Config(project), Selection())).findings
    assert len(findings) > 100
    assert any(finding.fix is not None and finding.fix.imports for finding in findings)
    for finding in findings:
        assert valued(Finding, json.loads(json.dumps(plain(finding)))) == finding


@pytest.mark.parametrize(
    "held", [None, [], "", {"code": 1}, {"code": "STL101"}, {"path": "a.py"}, {"severity": "loud"}]
)
def test_what_is_no_finding_makes_none(held: object) -> None:
    with pytest.raises((TypeError, ValueError, LookupError)):
        valued(Finding, held)


@pytest.mark.parametrize("found", [{}, None, [], {"shop/app.py": None}, {"shop/app.py": [{}]}, {"shop/app.py": 3}])
def test_rows_that_are_not_ours_are_not_believed(shop: Path, found: object) -> None:
    _told()
    for path in set(shop.glob(f"{NAME}/*.kept")) - set(shop.glob(f"{NAME}/*-texts.kept")):
        kept = json.loads(path.read_bytes().partition(b"\n")[2])
        if "found" in kept:
            content = json.dumps({**kept, "found": found}).encode()
            path.write_bytes(digest(content).encode() + b"\n" + content)
    assert _all(_told("shop")) == _all(_told("--no-cache", "shop"))


def test_the_same_text_with_another_time_is_not_judged_again(shop: Path, runs: list[str]) -> None:
    _told()
    os.utime(shop / "shop/helper.py")
    _told()
    assert len(runs) == 1


def test_a_text_of_the_same_length_and_time_is_seen(shop: Path, runs: list[str]) -> None:
    _told()
    path = shop / "shop/helper.py"
    status = path.stat()
    path.write_text(HELPER.replace("time.sleep(1)", "time.ctime(1)"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "STL204" not in _told().stdout
    assert len(runs) == 2


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_a_flipped_bit_is_nothing_that_was_kept(shop: Path, at: int, runs: list[str]) -> None:
    first = _told()
    for kept in shop.glob(f"{NAME}/*.kept"):
        content = bytearray(kept.read_bytes())
        content[len(content) * at // 100] ^= 1 << at % 8
        kept.write_bytes(content)
    assert _all(_told()) == _all(first)
    assert len(runs) == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"seen": 1}', '{"seen": {"kinds": {}}, "said": [], "code": 0}', "\ud800"]
)
def test_what_has_the_right_sum_and_is_not_ours(shop: Path, content: str, runs: list[str]) -> None:
    first = _told()
    raw = content.encode("utf-8", "surrogatepass")
    for kept in shop.glob(f"{NAME}/*.kept"):
        kept.write_bytes(digest(raw).encode() + b"\n" + raw)
    assert _all(_told()) == _all(first)
    assert len(runs) == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows does not say whose a file is")
def test_what_another_user_kept_is_not_said(shop: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = _told()
    monkeypatch.setattr(os, "geteuid", lambda: 4_711)
    assert _all(_told()) == _all(first)
    assert len(runs) == 2


def test_a_link_in_place_of_the_folder_is_not_followed(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (shop / NAME).symlink_to(elsewhere)
    assert _told().exit_code == 1
    assert not list(elsewhere.iterdir())


def test_a_new_version_finds_out_for_itself(shop: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _told()
    monkeypatch.setattr(circumstances, "__version__", "99")
    _told()
    assert len(runs) == 2


def test_a_folder_that_takes_nothing(shop: Path) -> None:
    (shop / NAME).write_text("a file")
    assert _all(_told()) == _all(_told("--no-cache"))


def test_the_folder_says_what_it_is_and_is_bounded(shop: Path) -> None:
    for number in range(66):
        assert _told("--target", f"llama-index=0.14.{number}").exit_code == 1
    names = sorted(path.name for path in (shop / NAME).iterdir())
    assert {".gitignore", "CACHEDIR.TAG"} < set(names)
    assert len(names) == 66


def test_it_can_lie_elsewhere_and_be_removed(shop: Path) -> None:
    _told("--cache-dir", "kept")
    assert list(Path("kept").glob("*.kept")) and not (shop / NAME).exists()
    assert _told("--clean", "--cache-dir", "kept").stdout == "removed what earlier runs kept\n"
    assert not Path("kept").exists()
    assert _told("--clean", "--cache-dir", "shop").stdout == "nothing was kept\n"
    assert Path("shop/app.py").exists()


@pytest.mark.slow
def test_killed_runs_leave_nothing_wrong(shop: Path) -> None:
    program = (sys.executable, "-m", "streamlint")
    expected = subprocess.run((*program, "--no-cache"), capture_output=True, check=False).stdout
    chance = random.Random(1)
    for number in range(20):
        EDITS["a further file" if number % 2 else "no further file"](shop)
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, 0.9))
        process.kill()
        process.wait()
    EDITS["no further file"](shop)
    for _ in range(2):
        assert subprocess.run(program, capture_output=True, check=False).stdout == expected
