"""What the images of the project's Dockerfiles start, and from which image each begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import disk
from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, Port
from streamlint.source import Span
from streamlint.surroundings import dockerfile
from streamlint.surroundings.dockerfile import Instruction, Stage
from streamlint.surroundings.names import DOCKERFILE
from streamlint.surroundings.numbers import whole_number
from streamlint.surroundings.shell_words import Word
from streamlint.surroundings.written import Written

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_DEFAULT_SHELL = ("/bin/sh", "-c")
_DEEPEST = 10


@dataclass(frozen=True)
class Start:
    """What is run: the words of an exec form, or a text that `shell` is given."""

    words: tuple[Word, ...]
    anchor: Anchor
    text: Written | None = None
    shell: tuple[str, ...] = ()
    instruction: Instruction | None = None


@dataclass(frozen=True)
class Image:
    """A stage that starts something; `base` is the image that the first of its stages begins from, "" where it is computed."""

    path: Path
    stage: str
    is_last: bool
    base: str
    entrypoint: Start | None
    command: Start | None
    environment: dict[str, Given]
    ports: tuple[Port, ...]
    anchor: Anchor


class Images:
    """Those of all Dockerfiles of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.rows: tuple[Image, ...] = tuple(
            image for path in deployment.files if DOCKERFILE.fullmatch(path.name) for image in self._of_file(path)
        )
        self._by_path: dict[Path, list[Image]] = {}
        for image in self.rows:
            self._by_path.setdefault(Path(disk.real(image.path)), []).append(image)

    def built(self, path: Path, target: str) -> Image | None:
        """The image that is built from a Dockerfile: of a stage, or of the last one."""
        if "\0" in str(path):  # no file's name, but a YAML text can write it
            return None
        images = self._by_path.get(Path(disk.real(path)), ())
        fitting = [image for image in images if (image.stage == target if target else image.is_last)]
        return fitting[0] if fitting else None

    def _of_file(self, path: Path) -> list[Image]:
        source = self.deployment.source(path)
        stages = dockerfile.read(source.text).stages if source is not None else ()
        found = []
        for number, stage in enumerate(stages):
            chain = _chain(stage, stages[:number])
            is_last = number == len(stages) - 1
            if any(each.name in ("cmd", "entrypoint") for each in stage.instructions) or is_last:
                found.append(_image(path, stage, chain, is_last))
        return found


def _chain(stage: Stage, before: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """A stage and those that it begins from, the nearest first."""
    chain = [stage]
    while len(chain) < _DEEPEST:
        base = next((each for each in before if each.name and each.name == chain[-1].base), None)
        if base is None:
            break
        chain.append(base)
    return tuple(chain)


def _image(path: Path, stage: Stage, chain: tuple[Stage, ...], is_last: bool) -> Image:
    shell: tuple[str, ...] = _DEFAULT_SHELL
    for each in chain:
        if (set_ := each.last("shell")) is not None and set_.strings:
            shell = tuple(word.text for word in set_.strings)
            break
    entrypoint, command = _starting(chain)
    base = chain[-1].base
    return Image(
        path,
        stage.name,
        is_last,
        base if "$" not in base else "",
        _start(entrypoint, path, shell),
        _start(command, path, shell),
        _environment(chain, path),
        tuple(map(Port, filter(None, (whole_number(word.text.split("/")[0]) for word in _exposed(chain))))),
        Anchor(path, stage.instructions[0].span),
    )


def _starting(chain: tuple[Stage, ...]) -> tuple[Instruction | None, Instruction | None]:
    """The entrypoint and the command that hold; a new entrypoint makes those before it in the base count for nothing."""
    entrypoint = command = None
    for stage in chain:
        command = command or (stage.last("cmd") if entrypoint is None else None)
        entrypoint = stage.last("entrypoint")
        if entrypoint is not None:
            break
    return entrypoint, command


def _start(instruction: Instruction | None, path: Path, shell: tuple[str, ...]) -> Start | None:
    if instruction is None:
        return None
    if instruction.strings is not None:
        spans = [word.span for word in instruction.strings]
        span = Span(spans[0].start, spans[-1].end) if spans else instruction.span
        return Start(instruction.strings, Anchor(path, span), instruction=instruction)
    return Start((), Anchor(path, instruction.value.whole), instruction.value, shell, instruction)


def _environment(chain: tuple[Stage, ...], path: Path) -> dict[str, Given]:
    found: dict[str, Given] = {}
    for stage in reversed(chain):
        for instruction in stage.instructions:
            if instruction.name == "env":
                found |= _variables(instruction, path)
    return found


def _variables(instruction: Instruction, path: Path) -> dict[str, Given]:
    words = instruction.words
    if words and "=" not in words[0].text:
        rest = instruction.value.text[len(words[0].text) :].strip()
        return {words[0].text: Given(rest, Anchor(path, instruction.value.whole), "$" not in rest)}
    found = {}
    for word in words:
        if pair := _PAIR.fullmatch(word.text):
            text = pair[2].strip("\"'")
            found[pair[1]] = Given(text, Anchor(path, word.span), word.is_known)
    return found


def _exposed(chain: tuple[Stage, ...]) -> list[Word]:
    return [word for stage in chain for each in stage.instructions if each.name == "expose" for word in each.words]
