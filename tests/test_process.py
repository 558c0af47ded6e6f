"""How the process begins and ends: what it may import, and what becomes of output that nobody takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import BLOCKING, Write

SOURCE = Path(__file__).parents[1]
MODULE = (sys.executable, "-m", "streamlint")
USAGE = 2


def started(command: Sequence[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that finds streamlint through this environment alone, as an installed one."""
    return subprocess.run(
        command, cwd=cwd, env=clean_environment(**environment), capture_output=True, text=True, timeout=120, check=False
    )


def clean_environment(**environment: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return {**kept, **environment}


def shell(line: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which `$streamlint` is the program."""
    program = f"{sys.executable} -m streamlint"
    return started(["sh", "-c", line], cwd, streamlint=program, PYTHONPATH=str(SOURCE), **environment)


# What is imported


@pytest.fixture(scope="module")
def shadowed() -> frozenset[str]:
    """Every module that a run may look for and that Python has not already loaded before any program starts."""
    program = "import runpy, sys; print(*sys.modules)"
    early = subprocess.run([sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=True)
    theirs = {"click", "libcst", "packaging", "pathspec", "yaml", "typing_extensions", "re2", "hyperscan", "colorama"}
    names = (sys.stdlib_module_names | theirs) - {"sitecustomize", "usercustomize"}
    return frozenset(names - set(early.stdout.split()) - set(sys.builtin_module_names))


@pytest.fixture
def trap(write: Write, project: Path, shadowed: frozenset[str]) -> Path:
    """A project whose modules are called like those that streamlint imports, and say when they are imported."""
    assert {"typing", "json", "re", "click", "libcst", "tomllib", "__future__", "dataclasses"} <= shadowed
    for name in shadowed:
        write(f"{name}.py", f"open({str(project / 'imported')!r}, 'a').write('{name} ')\n")
    write("app.py", BLOCKING)
    return project


@pytest.mark.parametrize("options", [(), ("--fix", "--diff"), ("--list-rules",), ("--show-routes",)], ids=" ".join)
def test_a_module_run_imports_nothing_of_the_working_folder(trap: Path, options: tuple[str, ...]) -> None:
    done = started([*MODULE, *options], trap)
    assert done.returncode in (0, 1), done.stderr
    assert not (trap / "imported").exists(), (trap / "imported").read_text()


@pytest.mark.parametrize(
    ("way", "entry"),
    [("module", "."), ("module", os.pathsep), ("module", "lib"), ("script", "."), ("script", "{tree}")],
)
def test_nor_through_the_search_path_of_the_environment(
    trap: Path, tmp_path_factory: pytest.TempPathFactory, way: str, entry: str
) -> None:
    shutil.copytree(trap, trap / "lib", ignore=shutil.ignore_patterns("lib"))
    script = tmp_path_factory.mktemp("bin") / "streamlint"
    script.write_text("import sys\nfrom streamlint.cli import main\nsys.exit(main())\n")
    command = MODULE if way == "module" else (sys.executable, str(script))
    done = started([*command, "--fix", "--diff"], trap, PYTHONPATH=entry.format(tree=trap))
    assert done.returncode == 1, done.stderr
    assert not (trap / "imported").exists(), (trap / "imported").read_text()


def test_nor_from_a_tree_that_is_only_named(trap: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = started([*MODULE, str(trap / "app.py")], elsewhere, PYTHONPATH=str(trap))
    assert done.returncode == 1, done.stderr
    assert not (trap / "imported").exists(), (trap / "imported").read_text()


def test_it_runs_in_a_checkout_of_itself(tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "streamlint", tmp_path / "streamlint", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app.py").write_text(BLOCKING)
    done = started([*MODULE, "app.py"], tmp_path)
    assert done.returncode == 1, done.stderr
    assert "STL203" in done.stdout


def test_a_program_that_imports_it_keeps_its_search_path(tmp_path: Path) -> None:
    program = "import sys; before = list(sys.path); import streamlint.cli; print(sys.path == before)"
    assert started([sys.executable, "-c", program], tmp_path, PYTHONPATH=f"{SOURCE}{os.pathsep}.").stdout == "True\n"


# Output that nobody takes


@pytest.mark.parametrize("options", ["", "--output-format json", "--diff", "--fix", "--list-rules", "--help"])
@pytest.mark.parametrize("where", [">&-", ">/dev/full"])
def test_lost_output_is_told(write: Write, project: Path, options: str, where: str) -> None:
    write("app.py", BLOCKING)
    done = shell(f"$streamlint {options} {where}", project)
    assert done.returncode == USAGE
    assert done.stderr.splitlines()[-1].startswith("Error: cannot write to standard output: ")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe(write: Write, project: Path, unbuffered: str) -> None:
    route = '@app.get("/{number:0500}")\ndef route{number}():\n    return 1\n'
    routes = "\n".join(route.format(number=number) for number in range(300))
    write("app.py", f"from fastapi import FastAPI\n\napp = FastAPI()\n{routes}")
    line = "{ $streamlint --show-routes; echo $? >&2; } | head -c 5"
    done = shell(line, project, PYTHONUNBUFFERED=unbuffered)
    assert done.stdout == "METHO"
    assert done.stderr.splitlines() == [
        "Error: cannot write to standard output: Broken pipe; the output is not complete",
        str(USAGE),
    ]


def test_closed_standard_error_does_not_matter(write: Write, project: Path) -> None:
    write("app.py", BLOCKING)
    assert shell("$streamlint 2>&-", project).returncode == 1
    assert shell("$streamlint nowhere 2>&-", project).returncode == USAGE
    assert shell("$streamlint nowhere 2>&- >&-", project).returncode == USAGE


def test_full_standard_error_is_lost_output(write: Write, project: Path) -> None:
    write("text.txt", "no Python")
    assert shell("$streamlint text.txt 2>/dev/full", project).returncode == USAGE


def test_closed_standard_input(project: Path) -> None:
    done = shell("$streamlint - <&-", project)
    assert (done.returncode, done.stdout, done.stderr) == (USAGE, "", "Error: standard input is closed\n")


@pytest.mark.parametrize("options", ["", "app.py", "--show-routes", "/", "- </dev/null"])
def test_a_deleted_working_folder(project: Path, options: str) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; $streamlint {options}", project)
    assert (done.returncode, done.stdout) == (USAGE, "")
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Error: the working folder cannot be used: ") or "does not exist" in line
    assert "Traceback" not in done.stderr
