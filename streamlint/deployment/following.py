"""From what a unit is told to run to the programs that run in the end: through shells, scripts and programs that start others."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.dockerfiles import Start
from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, Unit, is_for_development
from streamlint.source import Span
from streamlint.surroundings import shell_words
from streamlint.surroundings.shell_words import Simple, Word
from streamlint.surroundings.written import Written

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_SCRIPT = re.compile(r".*\.sh(?:\.\w+)?|[^.]+", re.IGNORECASE)
_SHEBANG = re.compile(r"#![ \t]*(\S+)(?:[ \t]+(\S+))?")
_PRODUCTION = re.compile(r"(?<![a-z])prod", re.IGNORECASE)
_SHELL_ONLY = re.compile(r"[$`*?<>~\n#\\]")
_DEEPEST = 4
_MOST = 20_000
"""Commands that are followed; scripts that run each other again and again would be without end."""
_ARGUMENTS = ("$@", "$*")


@dataclass(frozen=True)
class Shell:
    """The shell between a unit and its command; `name` is "" where it is not known which."""

    name: str
    is_alone: bool
    """Whether the command is all that it is given."""
    is_last: bool
    """Whether nothing comes behind the command."""
    is_script: bool
    hands_over: bool
    """Whether `exec` stands before the command."""
    is_plain: bool
    """Whether the text holds nothing that only a shell can do."""
    first: Word
    """The first word of the command as it is written, such as `exec`, and the file of the text."""
    path: Path
    is_for_development: bool = False
    """Whether the text has the command for development only: `if [ "$ENV" = dev ]`."""


@dataclass(frozen=True)
class Command:
    """A program with its arguments. `start` is what the unit was told to run, which may be a script around it.

    `shells` are those in which it runs, the outermost first; `passed` are the programs that start it, such as `tini`.
    """

    words: tuple[Word, ...]
    path: Path
    unit: Unit
    start: Start | None = None
    shells: tuple[Shell, ...] = ()
    passed: tuple[str, ...] = ()
    environment: Mapping[str, Given] = field(default_factory=dict)
    """What is set before the command, in the same text."""

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.path, Span(self.words[0].span.start, max(word.span.end for word in self.words)))

    @property
    def is_for_development(self) -> bool:
        return self.unit.is_for_development or any(shell.is_for_development for shell in self.shells)

    @property
    def program(self) -> str:
        """The name of the program, without its folder."""
        return PurePosixPath(self.words[0].text).name


@dataclass(frozen=True)
class Running:
    """What is known on the way from a unit to its program; `rest` are words that a script is given, and where they stand."""

    unit: Unit
    path: Path
    start: Start | None = None
    shells: tuple[Shell, ...] = ()
    passed: tuple[str, ...] = ()
    rest: tuple[Word, ...] = ()
    rest_path: Path | None = None
    environment: Mapping[str, Given] | None = None


class Following:
    """Knows the scripts of a deployment, and which of them something runs."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        names = deployment.knowledge.names
        self._shells = names("deployment_words", "shells")
        self._wrappers = names("deployment_words", "wrappers")
        self._users = names("deployment_words", "users")
        self._valued = names("deployment_words", "valued")
        self._runners = frozenset(tuple(each.split()) for each in names("deployment_words", "runners"))
        self.scripts = [path for path in deployment.files if _SCRIPT.fullmatch(path.name)]
        self.run_scripts: set[Path] = set()
        self._left = _MOST

    def of_start(self, start: Start, unit: Unit) -> Iterator[Command]:
        """What an exec form, or a text for a shell, comes to."""
        running = Running(unit, start.anchor.path, start)
        if start.text is None:
            yield from self.of_words(start.words, running)
        else:
            yield from self.of_text(start.text, PurePosixPath(start.shell[0]).name if start.shell else "", running)

    def of_words(self, words: tuple[Word, ...], running: Running) -> Iterator[Command]:
        words, running = self._unwrapped(words, running)
        if not words or len(running.shells) > _DEEPEST:
            return
        name = PurePosixPath(words[0].text).name
        is_shell = name in self._shells
        if is_shell and running.rest and not _has_script(words):
            words, running = (
                words + running.rest,
                replace(running, path=running.rest_path or running.path, rest=(), rest_path=None),
            )
        text = _text_behind(words) if is_shell else None
        script = words[1] if is_shell and text is None and len(words) > 1 else words[0]
        if text is not None:
            written = Written.plain(text.text, text.inside.start) if text.inside else Written(text.text, text.span)
            yield from self.of_text(written, name, running)
        elif (found := self._script(script.text, running)) is not None:
            behind = words[words.index(script) + 1 :] + running.rest
            yield from self.of_script(found, replace(running, rest=behind, rest_path=running.rest_path or running.path))
        else:
            is_together = running.rest_path in (None, running.path)
            yield _command(words + running.rest if is_together else words, running)

    def of_text(self, text: Written, shell: str, running: Running, is_script: bool = False) -> Iterator[Command]:
        """The commands of a shell's text."""
        found = shell_words.commands(text)
        for number, (simple, tests) in enumerate(zip(found, shell_words.tests(found), strict=True)):
            if not simple.words or simple.depth:
                continue
            self._left -= 1
            if self._left < 0:
                return
            is_last = number == len(found) - 1 and simple.behind not in ("|", "&&", "||", "&")
            is_plain = not simple.assignments and not _SHELL_ONLY.search(text.text)
            hands_over = simple.words[0].text == "exec"
            own = Shell(
                shell,
                len(found) == 1 and not is_script,
                is_last,
                is_script,
                hands_over,
                is_plain,
                simple.words[0],
                running.path,
                any(self._asks_for_development(test) for test in tests),
            )
            words = simple.words[hands_over:]
            inner = replace(running, shells=(*running.shells, own))
            if len(words) == 1 and words[0].text in _ARGUMENTS:
                given = replace(inner, path=running.rest_path or running.path, rest=(), rest_path=None)
                yield from self.of_words(running.rest, given)
            else:
                behind = replace(inner, rest=(), rest_path=None, environment=_set_before(simple, running.path))
                yield from self.of_words(words, behind)

    def _asks_for_development(self, test: Simple) -> bool:
        """Whether a test is passed by those who develop: it names what they have, or is no for what is deployed."""
        words = [word.text for word in test.words[1:] if "/" not in word.text]
        if "!" in test.keywords or not {"!", "!=", "-z"}.isdisjoint(words):
            return any(_PRODUCTION.search(word) for word in words)
        return is_for_development(self.deployment.knowledge, *words)

    def of_script(self, path: Path, running: Running) -> Iterator[Command]:
        if len(running.shells) > _DEEPEST:
            return
        self.run_scripts.add(path)
        source = self.deployment.source(path)
        text = source.text if source is not None else ""
        shebang = _SHEBANG.match(text)
        program = "sh" if path.suffix else ""
        if shebang is not None:
            program = (shebang[2] if shebang[1].endswith("env") else shebang[1]) or ""
        if PurePosixPath(program).name in self._shells:
            inner = replace(running, path=path)
            yield from self.of_text(Written.plain(text, 0), PurePosixPath(program).name, inner, is_script=True)

    def _unwrapped(self, words: tuple[Word, ...], running: Running) -> tuple[tuple[Word, ...], Running]:
        """The words from the program on that is started in the end, be it one that a script was given."""
        words, passed = self._started(words)
        if not words and running.rest:
            words, further = self._started(running.rest)
            running = replace(running, path=running.rest_path or running.path, rest=(), rest_path=None)
            passed += further
        return words, replace(running, passed=running.passed + passed)

    def _started(self, words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[str, ...]]:
        """The words without the programs that only start another one, and the names of these."""
        passed: list[str] = []
        while words:
            name = PurePosixPath(words[0].text).name
            if len(words) > 1 and (name, words[1].text) in self._runners:
                words = words[2:]
            elif name in self._wrappers:
                words = words[1:]
            else:
                break
            passed.append(name)
            words = self._behind_options(words, name)
        return words, tuple(passed)

    def _behind_options(self, words: tuple[Word, ...], name: str) -> tuple[Word, ...]:
        """What stands behind the options of a program that starts another one."""
        number = int(name in self._users and bool(words) and not words[0].text.startswith("-"))
        while number < len(words):
            text = words[number].text
            if text == "--":
                return words[number + 1 :]
            if text.startswith("-"):
                number += 1 + (text in self._valued)
            elif name == "env" and "=" in text:
                number += 1
            else:
                break
        return words[number:]

    def _script(self, name: str, running: Running) -> Path | None:
        """The script of the project that a path in a container means: the one with most folders in common.

        Of several that lie equally near to the command the one near to what the image is built from.
        """
        parts = [part for part in PurePosixPath(name).parts if part not in (".", "..", "/")]
        fitting = [path for path in self.scripts if parts and path.name == parts[-1]]
        if not fitting:
            return None
        command, built = running.path, running.unit.folder / "any"
        ranks = (
            (_alike(path.parts, parts), _beside(path, command), _beside(path, built), str(path)) for path in fitting
        )
        return max(zip(ranks, fitting, strict=True))[1]


def _command(words: tuple[Word, ...], running: Running) -> Command:
    return Command(
        words, running.path, running.unit, running.start, running.shells, running.passed, running.environment or {}
    )


def _has_script(words: tuple[Word, ...]) -> bool:
    """Whether a shell is told what to run."""
    return any(not word.text.startswith(("-", "+")) for word in words[1:])


def _text_behind(words: tuple[Word, ...]) -> Word | None:
    """The text that a shell is given to run."""
    for option, text in itertools.pairwise(words[1:]):
        if option.text.startswith("-") and option.text.endswith("c") and not option.text.startswith("--"):
            return text
        if not option.text.startswith(("-", "+")) and option.text != "pipefail":
            return None
    return None


def _set_before(simple: Simple, path: Path) -> Mapping[str, Given]:
    found = {}
    for word in simple.assignments:
        name, _, value = word.text.partition("=")
        found[name] = Given(value, Anchor(path, word.span), word.is_known)
    return found


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many parts at their ends two paths share."""
    pairs = zip(reversed(list(one)), reversed(list(other)), strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), len(list(other)))


def _beside(path: Path, other: Path) -> int:
    """How many folders from the root on two paths share."""
    pairs = zip(path.parent.parts, other.parent.parts, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), len(other.parent.parts))
