"""The resources and modules of Terraform files, with the values of the variables and locals of their folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources.declared import Resource
from streamlint.deployment.units import Given
from streamlint.surroundings import hcl_file
from streamlint.surroundings.document import Document, Setting

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_REFERENCE = re.compile(r"(var|local)\.([\w-]+)")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?|true|false")
_DEEPEST = 5
_VERSION = re.compile(r"\?ref=.*$")
_SET_BY_ITSELF = re.compile(r"terraform\.tfvars|.*\.auto\.tfvars")
_GIVEN_WITH_A_COMMAND = ".tfvars"


def resources(deployment: Deployment) -> Iterator[Resource]:
    """Those of all folders; a module is called by its source."""
    folders: dict[Path, list[Path]] = {}
    for path in deployment.files:
        if path.suffix in (".tf", _GIVEN_WITH_A_COMMAND):
            folders.setdefault(path.parent, []).append(path)
    for paths in folders.values():
        yield from _of_folder(deployment, paths)


def _of_folder(deployment: Deployment, paths: list[Path]) -> Iterator[Resource]:
    documents = {path: hcl_file.read(text.text) for path in paths if (text := deployment.source(path)) is not None}
    known = _Known(documents)
    for path, document in documents.items():
        if path.suffix == _GIVEN_WITH_A_COMMAND:
            continue
        for keys, span in document.places.items():
            if len(keys) == 3 and keys[0] == "resource":
                yield Resource(
                    str(keys[1]), str(keys[2]), Anchor(path, span), document, keys, partial(known.value, path)
                )
            elif len(keys) == 2 and keys[0] == "module":
                source = document.get(*keys, "source")
                kind = f"module {_VERSION.sub('', source.value)}" if source is not None else "module"
                yield Resource(kind, str(keys[1]), Anchor(path, span), document, keys, partial(known.value, path))


class _Known:
    """The variables and locals of a folder."""

    def __init__(self, documents: dict[Path, Document]) -> None:
        self._set: dict[tuple[str, str], tuple[Path, Setting]] = {}
        self._unknown: set[str] = set()
        for path, document in documents.items():
            for setting in document.settings:
                if path.suffix == _GIVEN_WITH_A_COMMAND:
                    self._give(path, setting)
                elif setting.keys[0] == "locals" and len(setting.keys) == 2:
                    self._set.setdefault(("local", str(setting.keys[1])), (path, setting))
                elif setting.keys[0] == "variable" and setting.keys[2:] == ("default",):
                    self._set.setdefault(("var", str(setting.keys[1])), (path, setting))

    def _give(self, path: Path, setting: Setting) -> None:
        """What a file of values sets beats the default; one that is only named with a command may, or may not."""
        if len(setting.keys) != 1:
            return
        name = str(setting.keys[0])
        if _SET_BY_ITSELF.fullmatch(path.name):
            self._set["var", name] = path, setting
        else:
            self._unknown.add(name)

    def value(self, path: Path, setting: Setting) -> Given:
        """What a setting comes to, and where that is written."""
        at, found = path, setting
        for _ in range(_DEEPEST):
            match = _REFERENCE.fullmatch(found.value) if not found.is_text else None
            if match is None:
                break
            held = self._set.get((match[1], match[2]))
            if held is None or (match[1] == "var" and match[2] in self._unknown):
                return Given(found.value, Anchor(path, setting.span), is_known=False)
            at, found = held
        is_known = "${" not in found.value and "%{" not in found.value
        if not found.is_text:
            is_known = bool(_PLAIN.fullmatch(found.value))
        if found.value == "null" and not found.is_text:
            return Given("", Anchor(at, found.span))
        inside = (found.inside if found.is_text else found.span) if found is setting else None
        return Given(found.value, Anchor(at, found.span), is_known, inside)
