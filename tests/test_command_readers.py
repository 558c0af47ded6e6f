"""The readers of commands: shell words as `shlex` has them, Dockerfiles as Docker's own parser, and every place is right."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable
from typing import Any

import dockerfile as docker
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streamlint.surroundings import dockerfile, procfile, python_settings, shell_words, unit_files, yaml_file
from streamlint.surroundings.written import Written, aligned


def shell(text: str) -> tuple[shell_words.Simple, ...]:
    return shell_words.commands(Written.plain(text, 0))


def texts(text: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in shell(text)]


@given(st.text(alphabet="ab-=1 \t'\"\\.:/,é", max_size=40))
def test_words_as_shlex_splits_them(text: str) -> None:
    try:
        expected = shlex.split(text)
    except ValueError:
        shell(text)
        return
    assert [word.text for word in shell_words.words(Written.plain(text, 0))] == expected
    for word in shell_words.words(Written.plain(text, 0)):
        assert shlex.split(text[word.span.start : word.span.end]) == [word.text]
        assert word.inside is None or text[word.inside.start : word.inside.end] == word.text


SHELL = [
    "show a 'b c' \"d $HOME e\" f\\ g",
    "show one\\\n two && show three; show four | cat",
    "if true; then show yes; else show no; fi",
    "cat <<EOF > /dev/null\nshow not this\nEOF\nshow after",
    "cat <<-'E O' > /dev/null\n\tshow not this\n\tE O\nshow after > /dev/stdout",
    "for x in 1; do show inner; done # show comment",
    "{ show in braces; }; ( show in brackets )",
    "A=1 B='2 3' show with assignments",
    "case x in\n  x)\n    show case ;;\nesac",
    "A=$(printf '%s' \"$HOME\" | tr ',' ' '); show after what is computed",
    'A="$(echo "${B:-"a)"}" \'b)\' \\) )"; show after quotes in quotes',
    "A=${B:-$(echo '}' \"it's\")}; show after braces",
    "! show a\\\\b 'c'\\''d' \"e\\\"f\" g#h",
]


@pytest.mark.parametrize("text", SHELL)
def test_words_as_the_shell_gives_them(text: str) -> None:
    told = subprocess.run(
        ["sh", "-c", f"show() {{ printf '<%s>' \"$@\"; echo; }}\n{text}"],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": "$HOME", "PATH": "/usr/bin:/bin"},
    ).stdout
    found = [words[1:] for words in texts(text) if words[:1] == ["show"] and words[1:] != ["no"]]
    assert "".join("".join(f"<{word}>" for word in words) + "\n" for words in found) == told


def test_what_is_expanded_is_not_known() -> None:
    command = shell("PORT=1 exec uvicorn app:app --port ${PORT:-8000} --workers $N --x=$(nproc) `id` '$X'")[0]
    assert [(word.text, word.is_known) for word in command.words[3:]] == [
        ("--port", True), ("8000", False), ("--workers", True), ("$N", False), ("--x=$(nproc)", False), ("`id`", False),
        ("$X", True),
    ]  # fmt: skip
    assert [word.text for word in command.assignments] == ["PORT=1"]


def test_what_stands_behind_a_command() -> None:
    assert [each.behind for each in shell("a && b || c; d | e & (f)\ng")] == ["&&", "||", ";", "|", "&", ")", ""]
    assert [each.depth for each in shell("a (b (c)) d")] == [0, 1, 2, 0]


DOCKERFILES = [
    "FROM python:3.12 AS base\nCMD [\"uvicorn\", \"app:app\"]\n",
    "# syntax=docker/dockerfile:1\n# escape=`\nFROM --platform=linux/amd64 a AS b\n"
    "RUN echo a `\n  # comment\n\n  && echo b\nCMD x\n",
    "FROM a\r\nRUN echo a \\\r\n  b\r\nCMD [\"a\", \\\r\n \"b\"]\r\n",
    "\ufeffFROM a\n  CMD  [ \"a\" , \"b\\\"c\", \"\\u0064\" ]   \n",
    "FROM a\nCMD ['a', \"b\"]\nENTRYPOINT [\"a\"] # b\nRUN []\nCMD {\"a\": \"b\"}\nSHELL [\"bash\",\"-c\"]\n",
    "FROM a\nRUN cat <<A <<-B > f && echo\nx\nA\n\ty\n\tB\nCMD x\nCOPY <<\"EOF\" /x\nabc\nEOF\nRUN echo <<<x\nCMD a\n",
    "FROM a\nHEALTHCHECK --interval=1s --timeout=2s CMD [\"a\",\"b\"]\nHEALTHCHECK NONE\n"
    "RUN --mount=type=cache,target=/x pip # x\n",
    "FROM a\nRUN x \\\\\nRUN y \\\n\n\nRUN z\\\n# c\nRUN w \\",
    "# a comment\n# escape=`\nFROM a\nRUN x \\\n y\nRUN z `\n",
    "from a\nexpose 80 90/tcp\ncopy --from=base --chown=a:b c d /e\nuser x\nCMD\n",
]  # fmt: skip


def assert_same_as_docker(text: str) -> None:
    theirs, ours = docker.parse_string(text), dockerfile.read(text).instructions
    assert [(one.name, one.is_json, *one.lines) for one in ours] == [
        (one.cmd.lower(), one.json, one.start_line, one.end_line) for one in theirs
    ]
    for one, other in zip(ours, theirs, strict=True):
        assert tuple(flag.text for flag in one.flags) == other.flags
        if other.json or one.name in ("from", "copy", "expose"):
            assert tuple(word.text for word in one.words) == other.value
        elif one.name in ("run", "cmd", "entrypoint"):
            assert (one.value.text,) == (other.value or ("",))
        for number, character in enumerate(one.value.text):
            span = one.value.span(number, number + 1)
            assert text[span.start : span.end] == character
        for word in one.words:
            assert word.inside is None or text[word.inside.start : word.inside.end] == word.text


@pytest.mark.parametrize("text", DOCKERFILES, ids=range(len(DOCKERFILES)))
def test_dockerfiles_as_docker_reads_them(text: str) -> None:
    assert_same_as_docker(text)


LINES = st.sampled_from(
    ["CMD [\"a\", \"b c\"]", "RUN a \\", "  b \\", "# c", "", "ENTRYPOINT exec x", "RUN <<E", "E", "\tE", "x", "CMD x `",
     "COPY a b", "RUN \"a\\", " b\"", "CMD [\"a\" \\", ", \"b\"]", "RUN a \\\\", "EXPOSE 1 2", "RUN --a=b --c d", "  # d \\",
     "RUN <<-'E' x", "WORKDIR /\r"]
)  # fmt: skip


@given(st.lists(LINES, max_size=12))
def test_generated_dockerfiles_as_docker_reads_them(lines: list[str]) -> None:
    text = "\n".join(["FROM a", *lines])
    try:
        docker.parse_string(text)
    except docker.GoParseError:
        dockerfile.read(text)
        return
    assert_same_as_docker(text)


def test_stages_of_a_dockerfile() -> None:
    stages = dockerfile.read("ARG X\nFROM a AS one\nCMD x\nFROM one\nCMD y\nCMD z\n").stages
    assert [(stage.base, stage.name, len(stage.instructions)) for stage in stages] == [("a", "one", 2), ("one", "", 3)]
    last = stages[1].last("cmd")
    assert last is not None and last.value.text == "z"


UNIT = """\
[Unit]
Description=chat
# a comment
[Service]
Environment="A=1 2" B=3
Environment=C=4
ExecStart=/srv/bin/gunicorn app:app \\
  --bind 0.0.0.0:80 \\
# comment
  --timeout 30
Restart=always
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_systemd(newline: str) -> None:
    text = UNIT.replace("\n", newline)
    unit = unit_files.systemd(text)
    assert [each.value.text for each in unit.of("Service", "Environment")] == ['"A=1 2" B=3', "C=4"]
    (start,) = unit.of("Service", "ExecStart")
    words = shell_words.words(start.value)
    assert [word.text for word in words] == ["/srv/bin/gunicorn", "app:app", "--bind", "0.0.0.0:80", "--timeout", "30"]
    assert [text[word.span.start : word.span.end] for word in words] == [word.text for word in words]
    assert unit.faults == ()


SUPERVISOR = """\
[program:web]
command=gunicorn app:app ; the server
    --timeout 30
environment=A="1",B=2
stopwaitsecs = 5
nonsense
"""


def test_supervisord() -> None:
    unit = unit_files.supervisord(SUPERVISOR)
    (command,) = unit.of("program:web", "command")
    words = shell_words.words(command.value)
    assert [word.text for word in words] == ["gunicorn", "app:app", "--timeout", "30"]
    assert [SUPERVISOR[word.span.start : word.span.end] for word in words] == [word.text for word in words]
    assert [each.value.text for each in unit.of("program:web", "stopwaitsecs")] == ["5"]
    assert len(unit.faults) == 1


def test_procfile() -> None:
    text = "# processes\nweb: gunicorn app:app\r\n\nrelease:python manage.py migrate\nnonsense\n"
    found = procfile.read(text)
    assert [(each.name, each.command.text) for each in found.processes] == [
        ("web", "gunicorn app:app"), ("release", "python manage.py migrate"),
    ]  # fmt: skip
    assert all(text[each.command.whole.start : each.command.whole.end] == each.command.text for each in found.processes)
    assert [text[fault.offset :] for fault in found.faults] == ["nonsense\n"]


GUNICORN = """\
# é
import multiprocessing, os
bind = "0.0.0.0:" + os.getenv("PORT", "8000")
minute = 60
timeout: int = minute * 2 - 1  # é
workers = multiprocessing.cpu_count() * 2 + 1
graceful_timeout = int(os.environ.get("GRACE", "30"))
keepalive = float("5")
worker_class, threads = "gthread", 4
if os.getenv("DEBUG"):
    reload = True
reload_engine = name = f"{minute}s"
"""


def test_python_settings() -> None:
    found = {each.name: each for each in python_settings.read(GUNICORN).assigned}
    assert {name: (each.value, each.is_known) for name, each in found.items()} == {
        "bind": ("0.0.0.0:8000", False), "minute": (60, True), "timeout": (119, True), "workers": (None, False),
        "graceful_timeout": (30, False), "keepalive": (5.0, True), "reload": (None, False), "reload_engine": ("60s", True),
        "name": ("60s", True),
    }  # fmt: skip
    timeout = found["timeout"]
    assert GUNICORN[timeout.span.start : timeout.span.end] == "minute * 2 - 1"
    assert python_settings.read("x = (\n").faults != ()


COMPOSE = """\
x-common: &common
  restart: always
  environment: &env {A: "1"}
services:
  web: &web
    <<: *common
    command: >
      gunicorn app:app
      --timeout 30
  worker:
    <<: [*web, *common]
    restart: "no"
---
second: 'it''s'
"""


def test_all_documents_with_what_is_merged() -> None:
    first, second = yaml_file.documents(COMPOSE)
    plain = list(yaml.safe_load_all(COMPOSE))
    expected = dict(_leaves(plain[0]))
    assert {each.keys: each.value for each in first.settings} == expected
    assert [each.value for each in second.settings] == ["it's"]
    place = first.places["services", "worker"]
    assert COMPOSE[place.start : place.end] == "worker"
    command = first.get("services", "worker", "command")
    assert command is not None
    words = shell_words.words(yaml_file.written(command, COMPOSE))
    assert [COMPOSE[word.span.start : word.span.end] for word in words] == ["gunicorn", "app:app", "--timeout", "30"]


def _leaves(value: Any, keys: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if not isinstance(value, dict):
        return [(keys, value)]
    return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*keys, key))]


def test_before_a_fault_in_a_later_document() -> None:
    found = yaml_file.documents("a: 1\n---\nb: 2\nc: [\n")
    assert [[each.value for each in document.settings] for document in found] == [["1"], ["2"]]
    assert found[1].faults != ()


@given(st.text(alphabet="ab \n-'\"", max_size=30))
def test_a_block_is_found_in_its_file(text: str) -> None:
    source = yaml.safe_dump({"k": text}, width=10)
    found = yaml_file.written(yaml_file.documents(source)[0].settings[0], source)
    assert found.text == text
    for number, character in enumerate(text):
        if found.is_exact and not character.isspace():
            span = found.span(number, number + 1)
            assert source[span.start : span.end] == character


def test_a_text_that_stands_nowhere_is_inexact() -> None:
    assert not aligned("abc", "x abd", yaml_file.documents("k: v")[0].settings[0].span).is_exact


READERS: list[Callable[[str], object]] = [
    shell, dockerfile.read, procfile.read, python_settings.read, unit_files.systemd, unit_files.supervisord, yaml_file.documents,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@given(st.text(alphabet="[]{}()\"'=,.:#-&*!|<>\\$` \n\r\ta1\x00éFROM CMD", max_size=60))
def test_nothing_raises(read: Callable[[str], object], text: str) -> None:
    read(text)


HOSTILE = [
    "$(" * 100_000, "${A-" * 50_000, "`" * 100_001, "'" * 100_001, '"' * 100_001, "\\\n" * 100_000, "<<E\n" * 20_000,
    "<<E " * 20_000,
    "FROM a\nRUN x" + " \\\n" * 100_000, "FROM a\n" + "RUN <<E\n" * 20_000, 'FROM a\nCMD ["' + "\\" * 100_000,
    "FROM a\nRUN " + "--a " * 50_000,
    "a" * 300_000, "[a]\n" + "b=c\\\n" * 50_000, "[a]\nb=c\n" + " d\n" * 50_000, "(" * 100_000, "a=" + "-" * 50_000 + "1",
    "x=" + "(" * 5_000,
    "a: &a {<<: [*a, *a]}\n" * 2_000, "a: &a [1]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + "d: [*c, *c, *c]\n" * 2_000,
    "FROM " + '"' * 100_000, "FROM a\nCOPY " + "<<" * 50_000, "x = 9" + "*9" * 3_000, " ;" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_nothing_takes_long(read: Callable[[str], object], text: str) -> None:
    before = time.process_time()
    read(text)
    assert time.process_time() - before < 10, "about a second at the worst, for what a quadratic reader needs minutes"
