"""Find broken LlamaIndex streaming in web applications, show where the tokens stop, and fix it."""

from streamlint.search_path import leave_the_tree

leave_the_tree()  # before anything else is imported: a linted folder may hold a `typing.py`

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from streamlint.finding import Finding

__version__ = "0.1.0"
__all__ = ["Finding", "__version__", "lint"]


def lint(
    paths: "Iterable[str | Path]",
    *,
    select: "Sequence[str] | None" = None,
    ignore: "Sequence[str]" = (),
    root: "Path | None" = None,
) -> "list[Finding]":
    """The findings of the files and folders in `paths`, in the order of their places.

    The configuration is the one that the command line would find. `root` is the project's folder where it cannot be
    told from `pyproject.toml`, `setup.py`, `setup.cfg` or `.git`. Raises `streamlint.config.ConfigError`.
    """
    from pathlib import Path

    from streamlint import rule, run, settings

    given = tuple(Path(path) for path in paths)
    codes = rule.codes()
    nearest = settings.nearest(given, codes, select=select, ignore=ignore)
    config = nearest.base
    request = run.Request(given, config, config.selection, level=config.fix_level, root=root, nearest=nearest)
    return list(run.run(request).findings)


def __getattr__(name: str) -> object:
    if name == "Finding":
        from streamlint.finding import Finding

        return Finding
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
