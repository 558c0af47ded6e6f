"""Compose files, and how they complete each other: by `extends`, and by files that lie beside the first one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, is_for_development
from streamlint.source import Span
from streamlint.surroundings import templates, yaml_file
from streamlint.surroundings.document import Document, Setting
from streamlint.surroundings.names import COMPOSE
from streamlint.surroundings.templates import HOLE, Template

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment


SIGN = re.compile(r"^services\s*:", re.MULTILINE)
_BASE = re.compile(r"(?:docker-)?compose\.ya?ml")
_FURTHER = re.compile(r"((?:docker-)?compose)[._-].+\.ya?ml")
COMPUTED = re.compile(rf"(?<!\$)\$(?!\$)|{HOLE}")
_DEEPEST = 5


@dataclass(frozen=True)
class Part:
    """A service as one file has it; `span` is that of its name."""

    path: Path
    name: str
    span: Span
    text: str
    document: Document
    template: Template = field(compare=False)

    def under(self, *keys: str) -> Iterator[Setting]:
        return self.document.under("services", self.name, *keys)

    def has(self, *keys: str) -> bool:
        return self.document.has("services", self.name, *keys)

    def place(self, key: str) -> Span | None:
        return self.document.places.get(("services", self.name, key))

    def get(self, *keys: str) -> Given | None:
        setting = self.document.get("services", self.name, *keys)
        return self.given(setting) if setting is not None else None

    def given(self, setting: Setting) -> Given:
        """A value; not known where it is computed, or there on a condition only."""
        is_known = not COMPUTED.search(setting.value) and not self.template.depends(setting.span.start, self.span.start)
        return Given(setting.value, Anchor(self.path, setting.span), is_known, setting.inside)


class ComposeFiles:
    """Those of a deployment; each is read once."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._parts: dict[Path, dict[str, Part]] = {}
        self.paths = [path for path in deployment.files if COMPOSE.fullmatch(path.name)]
        self._bases = {path.parent: path for path in self.paths if _BASE.fullmatch(path.name)}

    def parts(self, path: Path) -> tuple[Part, ...]:
        """The services of a file."""
        return tuple(self._of(path).values())

    def whole(self, part: Part) -> tuple[Part, ...]:
        """A service with all that it takes over, its own first."""
        parts = self._extended(part)
        base = self._completes(part, parts)
        return parts if base is None else (*parts, *self._extended(base))

    def is_completed(self, part: Part) -> bool:
        """Whether a file that is not for development says more of a service."""
        if self._bases.get(part.path.parent) != part.path:
            return False
        beside = (path for path in self.paths if path.parent == part.path.parent and path != part.path)
        further = (self._of(path).get(part.name) for path in beside if not self._is_mild(path, part.name))
        return any(self._completes(each, self._extended(each)) == part for each in further if each is not None)

    def _is_mild(self, path: Path, name: str) -> bool:
        return is_for_development(self.deployment.knowledge, path.name, name)

    def _completes(self, part: Part, parts: tuple[Part, ...]) -> Part | None:
        """The same service in the first file beside it, where without that there would be nothing to run."""
        base = self._bases.get(part.path.parent)
        if (
            base is None
            or not _FURTHER.fullmatch(part.path.name)
            or any(each.has("image") or each.has("build") for each in parts)
        ):
            return None
        return self._of(base).get(part.name)

    def _extended(self, part: Part) -> tuple[Part, ...]:
        """A service and those that it extends, in its own file and in others."""
        parts = [part]
        while len(parts) < _DEEPEST:
            last = parts[-1]
            name = last.get("extends") or last.get("extends", "service")
            file = last.get("extends", "file")
            path = last.path.parent / file.text if file is not None else last.path
            known = name is not None and name.is_known and (file is None or file.is_known)
            found = self._of(path).get(name.text) if known and name is not None else None
            if found is None or found in parts:
                break
            parts.append(found)
        return tuple(parts)

    def _of(self, path: Path) -> dict[str, Part]:
        if path not in self._parts:
            self._parts[path] = {part.name: part for part in self._read(path)}
        return self._parts[path]

    def _read(self, path: Path) -> Iterator[Part]:
        source = self.deployment.source(path)
        if source is None or not SIGN.search(source.text):
            return
        template = templates.read(source.text)
        text = template.masked(source.text)
        document = next((each for each in yaml_file.documents(text) if each.has("services")), None)
        for keys, span in document.places.items() if document is not None else ():
            if len(keys) == 2 and keys[0] == "services" and isinstance(keys[1], str) and document is not None:
                yield Part(path, keys[1], span, text, document, template)
