"""The command line: options, exit codes, and what it costs to start."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamlint import __version__
from streamlint.cli import command
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write, run_program, runner


def test_clean_project_exits_0(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    result = streamlint()
    assert (result.exit_code, result.stdout) == (0, "No findings (1 file checked)\n")


def test_findings_exit_1(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    result = streamlint(".")
    assert result.exit_code == 1
    assert "error[STL203]: blocking-call-in-async: " in result.stdout
    assert " --> app.py:10:5" in result.stdout
    assert "Found 1 error in 1 file (1 file checked); 1 fixable with --fix" in result.stdout


def test_exit_zero(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    assert streamlint("--exit-zero").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.py",),
        ("--select", "STL999"),
        ("--output-format", "yaml"),
        ("--fix-level", "display"),
        ("--stdin-filename", "app.py"),
        ("-", "other.py"),
        ("--explain", "nonsense"),
        ("--explain", "STL"),
        ("--unknown",),
    ],
)
def test_usage_errors_exit_2(write: Write, streamlint: Streamlint, arguments: tuple[str, ...]) -> None:
    write("other.py", CLEAN)
    result = streamlint(*arguments, text="")
    assert result.exit_code == 2
    assert result.stderr


def test_unknown_rule_names_the_nearest(streamlint: Streamlint) -> None:
    assert "did you mean `STL203`?" in streamlint("--select", "STL2O3").stderr
    assert "did you mean `unused-ignore`?" in streamlint("--ignore", "unusd-ignore").stderr


def test_fix_writes_and_says_so(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--fix")
    assert result.exit_code == 0, result.stdout
    assert "await asyncio.sleep(1)" in path.read_text()
    assert "Fixed 1 finding in 1 file:\n  app.py:10: STL203 " in result.stdout
    assert result.stdout.endswith("Nothing is left (1 file checked)\n")


def test_second_fix_changes_nothing(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    streamlint("--fix")
    once = path.read_bytes()
    assert streamlint("--fix").exit_code == 0
    assert path.read_bytes() == once


def test_diff_prints_and_leaves_the_file(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--diff")
    assert result.exit_code == 1
    assert "-    time.sleep(1)\n+    await asyncio.sleep(1)\n" in result.stdout
    assert path.read_text() == BLOCKING


def test_diff_of_clean_code_is_empty(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    result = streamlint("--diff")
    assert (result.exit_code, result.stdout) == (0, "")


def test_standard_input_stands_for_the_file(write: Write, streamlint: Streamlint) -> None:
    write("app.py", CLEAN)
    result = streamlint("-", "--stdin-filename", "app.py", text=BLOCKING)
    assert result.exit_code == 1
    assert " --> app.py:10:5" in result.stdout


def test_fixed_standard_input_goes_to_standard_output(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", CLEAN)
    result = streamlint("--fix", "-", "--stdin-filename", "app.py", text=BLOCKING.replace("\n", "\r\n").encode())
    assert result.exit_code == 0
    assert b"    await asyncio.sleep(1)\r\n" in result.stdout_bytes
    assert "Fixed 1 finding" in result.stderr
    assert path.read_text() == CLEAN


def test_excluded_standard_input_comes_back_unchanged(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'extend-exclude = ["generated/"]\n')
    result = streamlint("--fix", "-", "--stdin-filename", "generated/app.py", text=BLOCKING)
    assert (result.exit_code, result.stdout) == (0, BLOCKING)


def test_selection(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    assert streamlint("--ignore", "blocking-call-in-async").exit_code == 0
    assert streamlint("--ignore", "STL2").exit_code == 0
    assert streamlint("--select", "STL1").exit_code == 0
    assert streamlint("--select", "STL1,STL203").exit_code == 1
    assert streamlint("--select", "STL1", "--extend-select", "blocking-call-in-async").exit_code == 1
    assert streamlint("--ignore", "STL2", "--extend-select", "STL203").exit_code == 1, "the longer selector decides"


def test_quiet_prints_nothing_but_findings(write: Write, streamlint: Streamlint) -> None:
    write("shop.py", CLEAN)
    write("text.txt", "no Python")
    assert streamlint("--quiet").output == ""
    assert streamlint("--quiet", "shop.py", "text.txt").output == ""
    write("app.py", BLOCKING)
    line = "app.py:10:5: error[STL203] blocking-call-in-async: `time.sleep` holds the event loop "
    concise = streamlint("-q", "--output-format", "concise")
    assert (len(concise.output.splitlines()), concise.exit_code) == (1, 1)
    assert concise.stdout.startswith(line)
    full = streamlint("-q")
    assert full.stdout.startswith("error[STL203]")
    assert "Found" not in full.output
    assert streamlint("-q", "--fix").output == ""


def test_a_file_that_is_named_and_not_looked_at_is_told(write: Write, streamlint: Streamlint) -> None:
    write("streamlint.toml", 'extend-exclude = ["generated/"]\n')
    write("generated/app.py", BLOCKING)
    write("text.txt", "no Python")
    result = streamlint("generated/app.py", "text.txt", "generated")
    assert (result.exit_code, result.stdout) == (0, "Nothing was looked at (0 files checked)\n")
    assert result.stderr.splitlines() == [
        "streamlint: generated/app.py: skipped: the configuration excludes it",
        "streamlint: text.txt: skipped: is not a Python file",
        "streamlint: generated: skipped: the configuration excludes it",
    ]


def test_a_named_folder_that_cannot_be_read_is_no_clean_folder(
    write: Write, project: Path, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("locked/app.py", BLOCKING)
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path) == str(project / "locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = streamlint("locked")
    assert result.exit_code == 1
    assert result.stderr == "streamlint: locked: skipped: Permission denied\n"
    assert streamlint(".").exit_code == 0, "nobody asked for this folder"
    assert streamlint("locked", "--exit-zero").exit_code == 0


def test_a_named_file_that_cannot_be_read_is_a_finding(
    write: Write, streamlint: Streamlint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("app.py", BLOCKING)
    monkeypatch.setattr(os, "access", lambda *_arguments, **_options: False)
    assert streamlint("app.py").exit_code == 1, "the command line leaves it to the run to find out"


def test_an_interrupted_run_is_no_run_with_findings(project: Path) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if size == 0:
                return b""
            raise KeyboardInterrupt

    result = runner().invoke(command, ["-"], input=Interrupted())
    assert (result.exit_code, result.stderr) == (130, "streamlint: interrupted\n")


ROUTES = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex([])


@app.get("/one")
@app.post("/two")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return {"answer": "".join(response.response_gen)}


@app.get("/other")
def other():
    return 1
"""
CHANGED = """\
These routes now answer their clients differently:
  app.py: GET /one
  app.py: POST /two
--fix-level safe, or fix-level = "safe" in the configuration, makes only repairs that no client can see.
"""


@pytest.mark.parametrize("output_format", ["full", "concise"])
def test_the_last_lines_name_the_routes_that_answer_differently(
    write: Write, streamlint: Streamlint, output_format: str
) -> None:
    write("app.py", ROUTES)
    write("text.txt", "no Python")
    result = streamlint("app.py", "text.txt", "--fix", "--output-format", output_format)
    assert result.output.endswith(CHANGED), "also behind what stands on standard error"


@pytest.mark.parametrize("output_format", ["json", "github"])
def test_for_programs_the_routes_are_named_on_standard_error(
    write: Write, streamlint: Streamlint, output_format: str
) -> None:
    write("app.py", ROUTES)
    result = streamlint("--fix", "--output-format", output_format)
    assert result.stderr == CHANGED
    if output_format == "json":
        document = json.loads(result.stdout)
        assert document["fix_level"] == "response"
        assert {tuple(each["routes"]) for each in document["fixed"]} == {("GET /one", "POST /two")}
        assert {each["route"] for each in document["fixed"]} == {"GET /one"}


def test_diff_says_it_before(write: Write, streamlint: Streamlint) -> None:
    write("app.py", ROUTES)
    result = streamlint("--diff")
    head = "With --fix these routes would answer their clients differently:"
    assert result.stderr.splitlines()[1:4] == [head, "  app.py: GET /one", "  app.py: POST /two"]
    assert "--fix-level safe" in result.stderr
    assert result.stdout.startswith("--- a/app.py\n")
    assert streamlint("--diff", "--fix-level", "safe").output == ""


def test_routes_that_run_a_repaired_helper_are_named(write: Write, streamlint: Streamlint) -> None:
    write(
        "app.py",
        """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex([])


@app.get("/above")
def above():
    return 1


def tokens(q):
    for token in index.as_query_engine(streaming=True).query(q).response_gen:
        yield token


@app.get("/one")
def one(q: str):
    return StreamingResponse(tokens(q), media_type="text/event-stream")


@app.get("/two")
def two(q: str):
    return StreamingResponse(tokens(q), media_type="text/event-stream")
""",
    )
    result = streamlint("--fix")
    assert CHANGED.replace("POST", "GET") in result.stdout, result.stdout


@pytest.mark.parametrize(
    ("arguments", "setting", "label", "applies"),
    [
        ((), "response", "applied by --fix)", True),
        ((), "safe", "applied by --fix-level response)", False),
        (("--fix-level", "response"), "safe", "applied by --fix)", True),
        (("--fix-level", "safe"), "response", "applied by --fix-level response)", False),
    ],
)
def test_the_label_says_what_this_run_would_do(
    write: Write, streamlint: Streamlint, arguments: tuple[str, ...], setting: str, label: str, applies: bool
) -> None:
    write("app.py", ROUTES)
    write("streamlint.toml", f'fix-level = "{setting}"\n')
    assert label in " ".join(streamlint(*arguments).stdout.split())
    findings = json.loads(streamlint(*arguments, "--output-format", "json").stdout)["findings"]
    assert [finding["fix"]["applies"] for finding in findings] == [applies]


def test_a_fix_that_can_never_be_applied_is_not_promised(write: Write, streamlint: Streamlint) -> None:
    taken = "from house import StreamingResponse\n"
    path = write("app.py", taken + ROUTES)
    result = streamlint()
    assert result.stdout.splitlines()[-1] == "Found 1 error in 1 file (1 file checked)"
    said = " ".join(result.stdout.split())
    assert "the name is taken in this file; shown only, never applied)" in said
    assert "(display: it needs `StreamingResponse` from `fastapi.responses`, and the name is taken in this file" in said
    again = streamlint("--fix")
    assert again.stdout.splitlines()[-1] == "Found 1 error in 1 file (1 file checked)"
    assert path.read_text() == taken + ROUTES


def test_version(streamlint: Streamlint) -> None:
    assert streamlint("--version").stdout == f"streamlint {__version__}\n"


def test_list_rules(streamlint: Streamlint) -> None:
    lines = streamlint("--list-rules").stdout.splitlines()
    assert lines == sorted(lines)
    assert lines[0].split()[:3] == ["STL001", "unreadable-file", "error"]
    assert any(line.startswith("STL203  blocking-call-in-async") for line in lines)
    sentences = [line.split(maxsplit=3)[3] for line in lines if line[:4] != "STL0"]
    assert all(sentence.startswith("Finds ") and sentence[-1] in ".…" for sentence in sentences)
    assert len(set(sentences)) == len(sentences)
    assert max(map(len, lines)) <= 150


@pytest.mark.parametrize("rule", ["STL203", "stl203", "blocking-call-in-async", "STL002"])
def test_explain(streamlint: Streamlint, rule: str) -> None:
    result = streamlint("--explain", rule)
    assert result.exit_code == 0
    assert result.stdout.startswith("# STL")


def test_show_routes_as_json(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    result = streamlint("--show-routes", "--output-format", "json")
    assert result.exit_code == 0
    points = json.loads(result.stdout)["entry_points"]
    assert [(point["path"], point["methods"], point["file"], point["name"]) for point in points] == [
        ("/slow", ["GET"], "app.py", "slow")
    ]


def test_program_prints_without_colours_into_a_pipe(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    assert "\x1b[" not in run_program(cwd=project).stdout
    assert "\x1b[1;31merror[STL203]" in run_program(cwd=project, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run_program(cwd=project, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_program_exits_with_the_code(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    assert run_program(cwd=project).returncode == 1
    assert run_program("nowhere", cwd=project).returncode == 2


@pytest.mark.parametrize(
    "statement",
    ["import streamlint.cli", "import streamlint.cli; streamlint.cli.command(['.'], standalone_mode=False)"],
    ids=["import", "run"],
)
def test_a_run_with_nothing_to_do_leaves_libcst_alone(write: Write, project: Path, statement: str) -> None:
    write("shop.py", CLEAN)
    check = "import atexit, sys; atexit.register(lambda: print('libcst' in sys.modules, 'yaml' in sys.modules))"
    source = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(source)!r}); {check}; {statement}"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "False False", done.stderr


def test_public_names() -> None:
    import streamlint

    assert streamlint.Finding.__name__ == "Finding"
    with pytest.raises(AttributeError):
        _ = streamlint.nothing


def test_lint_returns_findings(write: Write, project: Path) -> None:
    import streamlint

    write("app.py", BLOCKING)
    found = streamlint.lint([project])
    assert [(finding.code, finding.place.start.line) for finding in found] == [("STL203", 10)]
    assert streamlint.lint(["app.py"], ignore=["STL203"]) == []


HOSTILE = "x\n::error::pwned\x1b[31m\x07\u202e"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--output-format", "concise"),
        ("--output-format", "json"),
        ("--output-format", "github"),
        ("--show-routes",),
        ("--diff",),
        ("--fix",),
        (f"{HOSTILE}.txt",),
        (f"nowhere{HOSTILE}",),
        ("--select", HOSTILE),
        ("--explain", HOSTILE),
        (f"--{HOSTILE}",),
        ("--output-format", HOSTILE),
        ("--config", HOSTILE),
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("unicode_escape").decode(),
)
def test_no_name_from_outside_starts_a_line_or_reaches_the_terminal(
    write: Write, streamlint: Streamlint, arguments: tuple[str, ...]
) -> None:
    hostile = ROUTES.replace('"/one"', repr(f"/one{HOSTILE}")).replace('"/two"', "'/two', methods=['::error::m']")
    for name in (f"{HOSTILE}.py", "::error file=x::y.py"):
        write(name, hostile.replace("app.post", "app.route"))
    write(f"{HOSTILE}.txt", "no Python")
    result = streamlint(*arguments)
    output = (result.stdout + result.stderr).replace("\t\n", "\n")  # git's mark behind a name that holds a space
    assert "pwned" in output
    assert {character for character in output if not character.isprintable()} == {"\n"}
    commands = [line for line in output.splitlines() if line.lstrip().startswith("::")]
    expected = output.splitlines() if "github" in arguments else []
    assert commands == expected


STREAMS = """from fastapi import FastAPI

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return {"answer": "".join(response.response_gen)}


@app.get("/wait")
async def wait():
    return str(index.as_query_engine().query("q"))
"""


def test_fix_only_says_nothing_of_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(STREAMS)
    script = "fetch('/chat').then((r) => r.json())"
    (tmp_path / "app.js").write_text(script)
    done = told(tmp_path, "--fix-only", "app.py")
    assert done.returncode == 0
    assert "STL102" not in done.stdout
    assert "GET /chat (see app.js:1)" in done.stdout
    assert "STL201" in done.stdout, "what was fixed is said"
    assert (tmp_path / "app.py").read_text() != STREAMS
    document = json.loads(told(tmp_path, "--fix-only", "--output-format", "json", "app.py").stdout)
    assert document["findings"] == []
    assert len(document["left"]) == 1


def told(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streamlint", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_diff_patches_and_says_what_it_does_behind(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(STREAMS)
    done = told(tmp_path, "--diff", "app.py")
    assert done.returncode == 1
    assert "Would fix 2 findings in 1 file: 1 safe and 1 response" in done.stderr
    assert "GET /chat" in done.stderr
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], input=done.stdout.encode(), cwd=tmp_path, check=True)
    assert told(tmp_path, "--diff", "app.py").stdout == ""
