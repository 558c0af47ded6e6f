"""The project's modules: which file an import means, and each file's text and Summary, loaded when first asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from streamlint.model.comments import uncommented
from streamlint.model.forms import Form
from streamlint.model.import_roots import ImportRoots
from streamlint.model.summary import UnparsableFile, summarise
from streamlint.model.syntax import Expression, Scope, Summary
from streamlint.model.texts import Texts
from streamlint.model.uses import Uses
from streamlint.source import Placed, Source, Span
from streamlint.timings import PARSING, phase
from streamlint.working import tell

_DEEPEST_IMPORT = 8
"""How often a function may be handed on by modules that only import it."""


@dataclass(frozen=True, eq=False)
class Module:
    """A parsed file of the project."""

    path: Path
    source: Source
    summary: Summary

    @cached_property
    def scopes(self) -> list[Scope]:
        return self.summary.scopes

    def text(self, expression: Expression) -> str:
        return self.source.slice(Span(expression.start, expression.end))

    def code(self, scope: Scope) -> str:
        """The text of a scope, with blanks in place of comments."""
        return uncommented(self.source.slice(Span(scope.start, scope.end)))

    @cached_property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def uses(self) -> Uses:
        """Where its names are used."""
        return Uses(self.scopes)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The top-level packages that it imports, relative imports left out."""
        return frozenset(name.partition(".")[0] for name, _, level in self.summary.imports if not level)

    @cached_property
    def _inner(self) -> dict[int, list[Scope]]:
        found: dict[int, list[Scope]] = {}
        for scope in self.scopes:
            found.setdefault(scope.parent, []).append(scope)
        return found

    def inner(self, scope: Scope) -> list[Scope]:
        """The scopes directly in a scope."""
        return self._inner.get(scope.index, [])

    def around(self, place: Placed) -> list[Scope]:
        """The scopes that a place stands in, the innermost first."""
        return sorted((scope for scope in self.scopes if scope.contains(place)), key=lambda one: one.end - one.start)

    def enclosing_function(self, scope: Scope) -> Scope | None:
        """The innermost named function that holds this scope, or is it."""
        while scope.kind != "function":
            if scope.parent < 0:
                return None
            scope = self.scopes[scope.parent]
        return scope

    def qualified_name(self, scope: Scope) -> str:
        """`Class.method` as people say it."""
        names = []
        while scope.parent >= 0:
            names.append(scope.name)
            scope = self.scopes[scope.parent]
        return ".".join(reversed(names))


class Modules:
    """Finds and loads modules.

    `texts` are all Python files of the tree. What matters are the `entrances` among them and all that they import; of these, each
    is parsed when it is asked for. `installed` are names of packages from outside that neither a bare folder nor a module inside
    a package of the project hides; `told` are dotted names of functions that the user's rows are about. What `earlier` modules were
    parsed from is not parsed again where the text is the same. `import_roots` are told by packaging files.
    Projects that have files in common share what is `parsed`.
    """

    def __init__(
        self,
        root: Path,
        texts: Texts,
        entrances: Iterable[Path],
        installed: Collection[str] = (),
        told: Iterable[str] = (),
        earlier: Modules | None = None,
        import_roots: ImportRoots | None = None,
        parsed: dict[Path, Module] | None = None,
    ) -> None:
        self._import_roots = import_roots or ImportRoots()
        self._earlier = earlier
        self._parsed = parsed if parsed is not None else {}
        self.root = root
        self.texts = texts
        self._entrances = frozenset(entrances)
        self._names_told = tuple(told)
        self.installed = installed
        self.files = frozenset(texts.paths)
        self._loaded: dict[Path, Module | None] = {}
        self._resolved: dict[tuple[Path, str, int], Path | None] = {}
        self._starting: dict[Path, tuple[tuple[Path, ...], tuple[Path, ...]]] = {}
        """By folder: where an import of its files may start, and the folders of sources beside that."""
        self._imported: dict[Path, tuple[Path, ...]] = {}
        self._saying: dict[frozenset[str], tuple[Module, ...]] = {}

    @cached_property
    def _folders(self) -> frozenset[Path]:
        folders: set[Path] = set()
        for path in self.files:
            parent = path.parent
            while parent not in folders and parent != parent.parent:
                folders.add(parent)
                parent = parent.parent
        return frozenset(folders)

    @cached_property
    def _names(self) -> frozenset[str]:
        """What an import of the project's own can begin with."""
        inside = (*(path.stem for path in self.files), *(folder.name for folder in self._folders))
        return self._import_roots.names.union(inside)

    def load(self, path: Path) -> Module | None:
        """The module of a file; None where the file cannot be read or parsed."""
        try:
            return self._loaded[path]
        except KeyError:
            found = self._loaded[path] = self._parse(path)
            return found

    def loaded(self) -> tuple[Module, ...]:
        """All modules that matter, by path. Dear: where words can tell which of them are meant, `saying` parses fewer."""
        return self.among(self.members)

    def saying(self, *words: str) -> tuple[Module, ...]:
        """The modules that matter and hold one of these texts, by path."""
        key = frozenset(words)
        if key not in self._saying:
            self._saying[key] = self.among(self.texts.saying(words))
        return self._saying[key]

    def standing(self, word: str, *forms: Form, beside: Iterable[str] = ()) -> tuple[Module, ...]:
        """The modules that matter and in which a word may stand in one of these forms, by path; `beside` one of other words.

        What tests call and store is not what requests meet, so they are not among them.
        """
        loaded, others = self._loaded, tuple(beside)
        wanted = self._numbers & self.texts.holding((word,))
        if others:
            wanted &= self.texts.holding(others)
        paths = map(self.texts.paths.__getitem__, sorted(wanted))
        modules = (self.load(path) for path in paths if path in loaded or self._may_stand(path, word, forms))
        return tuple(module for module in modules if module is not None)

    def _may_stand(self, path: Path, word: str, forms: tuple[Form, ...]) -> bool:
        source = self.texts.source(path)
        return source is not None and any(form.stands_in(source.text, word) for form in forms)

    def among(self, paths: Iterable[Path]) -> tuple[Module, ...]:
        """The modules of those files that matter, in the order of the paths."""
        wanted = sorted(self._mattering(frozenset(paths)), key=self.texts.numbers.__getitem__)
        modules = (self.load(path) for path in wanted)
        return tuple(module for module in modules if module is not None)

    def _mattering(self, paths: frozenset[Path]) -> frozenset[Path]:
        """Those of some files that matter; what the entrances import is only looked for where that decides."""
        return paths if paths <= self._entrances else self.members & paths

    def _parse(self, path: Path) -> Module | None:
        source = self.texts.source(path)
        if self._earlier is not None and source is self._earlier.texts.source(path):
            return self._earlier.load(path)
        known = self._parsed.get(path)
        if known is not None and source is not None and known.source.text == source.text:
            return known
        try:
            tell("following", path)
            with phase(PARSING):
                found = Module(path, source, summarise(source)) if source is not None else None
        except UnparsableFile:
            return None
        if found is not None:
            self._parsed[path] = found
        return found

    @cached_property
    def members(self) -> frozenset[Path]:
        """The files that matter, by what their texts import."""
        return frozenset(self.around(self._entrances))

    @cached_property
    def _numbers(self) -> frozenset[int]:
        """The numbers of these files, without those of tests."""
        return frozenset(self.texts.numbers[path] for path in self.members if not self.texts.is_test(path))

    def around(self, paths: Iterable[Path], steps: int = -1) -> set[Path]:
        """These files and what they import, over so many steps; -1: over any number."""
        found: set[Path] = set()
        edge = set(paths)
        while edge:
            found |= edge
            if steps == 0:
                break
            steps -= 1
            edge = {path for one in edge for path in self.imported_by(one)} - found
        return found

    def imported_by(self, path: Path) -> tuple[Path, ...]:
        """The files of the project that a file imports, submodules named by `from package import module` too."""
        if path not in self._imported:
            self._imported[path] = tuple(dict.fromkeys(self._imports(path)))
        return self._imported[path]

    def _imports(self, path: Path) -> Iterator[Path]:
        for one in self.texts.imports(path):
            found = self.resolve(path, one.module, one.level)
            if found is None:
                continue
            if found in self.files:
                yield found
            submodule = self.member(found, one.member) if one.member and one.member != "*" else None
            if submodule is not None and submodule in self.files:
                yield submodule
            parent = found.parent / "__init__.py"
            if found.name != "__init__.py" and parent in self.files:
                yield parent

    def resolve(self, importer: Path, name: str, level: int = 0) -> Path | None:
        """The file, or the folder of a namespace package, that an import names; None for what lies outside the project."""
        if not level and name.partition(".")[0] not in self._names:
            return None
        key = (importer.parent, name, level)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(importer, name, level)
        found = self._resolved[key]
        return found if found != importer or not name or self._is_own_package(importer, name) else None

    def _is_own_package(self, importer: Path, name: str) -> bool:
        """Whether a package imports from itself, as `from plugins import wiki` in its `__init__.py`, and not from its namesake."""
        return importer.name == "__init__.py" and name.partition(".")[0] not in self.installed

    def told(self, module: Module, scope: int) -> str:
        """The name under which the user's rows speak of a function, or nothing."""
        return self._told.get((module.path, scope), "") if self._names_told else ""

    @cached_property
    def _told(self) -> dict[tuple[Path, int], str]:
        found = {}
        for name in self._names_told:
            module, _, function = name.rpartition(".")
            place = self._function(self.root / "__main__.py", module, function, 0)
            if place is not None:
                found[place] = name
        return found

    def _function(self, importer: Path, name: str, member: str, level: int, depth: int = 0) -> tuple[Path, int] | None:
        """Where the function is defined that `from name import member` gives, also through further imports."""
        path = self.resolve(importer, name, level)
        module = self.load(path) if path is not None and path in self.files else None
        if module is None or depth > _DEEPEST_IMPORT:
            return None
        top = module.summary.module
        for binding in (top.bindings[index] for index in reversed(top.by_name.get(member, []))):
            if binding.kind == "function":
                return module.path, binding.target
            if binding.kind == "import" and binding.member:
                return self._function(module.path, binding.module, binding.member, binding.level, depth + 1)
        starred = (self._function(module.path, *star, depth + 1) for star in self._stars(module, member))
        return next((place for place in starred if place is not None), None)

    @staticmethod
    def _stars(module: Module, member: str) -> Iterator[tuple[str, str, int]]:
        return ((name, member, level) for name, level in module.summary.star_imports)

    def member(self, package: Path, name: str) -> Path | None:
        """The submodule `name` of a package's `__init__.py` or of a namespace folder."""
        folder = package.parent if package.name == "__init__.py" else package
        return self._find(folder, name) if folder in self._folders else None

    def _resolve(self, importer: Path, name: str, level: int) -> Path | None:
        if level:
            folder = importer.parent
            for _ in range(level - 1):
                folder = folder.parent
            if name:
                return self._find(folder, *name.split("."))
            return folder / "__init__.py" if folder / "__init__.py" in self.files else folder
        parts = name.split(".")
        found = self._around(importer, parts)
        if found is None or found not in self.files:
            places = self._import_roots.places(parts, self._find)
            found = next((place for place in places if place in self.files), found)
        return found or self._in_packages(importer, parts)

    def _around(self, importer: Path, parts: list[str]) -> Path | None:
        """What an import means by the folders around its file."""
        if importer.parent not in self._starting:
            roots = tuple(self._roots(importer))
            self._starting[importer.parent] = roots, tuple(folder / "src" for folder in roots)
        roots, sources = self._starting[importer.parent]
        for folder in (*roots, *sources):
            found = self._find(folder, *parts)
            if found is not None and folder != roots[0] and self._is_namesake(found, parts):
                continue
            if found is not None and (found in self.files or len(parts) > 1 or found.parent != folder):
                return found
            if found is not None and folder not in sources and self._is_source_folder(found):
                return found
        return None

    def _is_namesake(self, found: Path, parts: list[str]) -> bool:
        """Whether a package elsewhere in the project has nothing but the name of one from outside, as a folder of examples may."""
        is_package = len(parts) == 1 and parts[0] in self.installed and found.name == "__init__.py"
        return is_package and not self.texts.content(found).strip()

    def _is_source_folder(self, folder: Path) -> bool:
        """A bare folder counts as a namespace package only where its name is no installed framework's."""
        return folder.name not in self.installed

    def _roots(self, importer: Path) -> Iterator[Path]:
        """Folders that Python may have on its path when it runs the importing file, likeliest first."""
        folder = importer.parent
        while folder / "__init__.py" in self.files:
            folder = folder.parent
        yield folder
        while folder != self.root and self.root in folder.parents:
            folder = folder.parent
            yield folder
        if folder != self.root:
            yield self.root

    def _in_packages(self, importer: Path, parts: list[str]) -> Path | None:
        """What an import means that starts inside a package: where a program is started may lie an `__init__.py` too.

        The outermost package is the likeliest; a name that Python or a known package has is not sought there.
        """
        if parts[0] in sys.stdlib_module_names or parts[0] in self.installed:
            return None
        folder, around = importer.parent, []
        while folder / "__init__.py" in self.files:
            around.append(folder)
            folder = folder.parent
        found = (self._find(folder, *parts) for folder in reversed(around))
        return next((path for path in found if path is not None), None)

    def _find(self, folder: Path, *parts: str) -> Path | None:
        whole = os.path.join(folder, *filter(None, parts))
        files = self._files_by_text
        package = files.get(os.path.join(whole, "__init__.py"))
        return package or files.get(f"{whole}.py") or self._folders_by_text.get(whole)

    @cached_property
    def _files_by_text(self) -> dict[str, Path]:
        """The files by their paths as texts, which are joined and looked up in a fraction of the time."""
        return {str(path): path for path in self.files}

    @cached_property
    def _folders_by_text(self) -> dict[str, Path]:
        return {str(path): path for path in self._folders}
