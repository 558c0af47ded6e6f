"""Where the program may import from: never from the tree that it lints."""

# Nothing may be imported here but what is built in or loaded before any program starts (`sys`; `os`, which runpy and
# site have imported): even `__future__` is a file, and while `python -m` runs the working folder comes before Python's own.
import os
import sys

_INSTALLATIONS = ("site-packages", "dist-packages", "lib-dynload", "DLLs")
_SCRIPTS = ("streamlint", "streamlint.exe", "streamlint-script.py")


def leave_the_tree() -> None:
    """Where this process is the program, take what is linted out of `sys.path`; a program that imports us keeps its own."""
    if _is_program():
        trees = _trees()
        sys.path[:] = [entry for entry in sys.path if not _is_in_a_tree(entry, trees)]


def _is_program() -> bool:
    """Whether this is `python -m streamlint`, whose first argument is `-m` until its module is found, or the script."""
    arguments = getattr(sys, "argv", None) or [""]
    if arguments[0] == "-m":
        return sys.orig_argv[len(sys.orig_argv) - len(arguments)].endswith("streamlint")
    return os.path.basename(arguments[0]) in _SCRIPTS


def _trees() -> set[str]:
    """The working folder, and the folders that the command line names or takes files from."""
    named = {path if os.path.isdir(path) else os.path.dirname(path) or "." for path in sys.argv[1:] if path[:1] != "-"}
    found = set()
    for folder in {".", *named}:
        try:
            found.add(os.path.realpath(folder))
        except (OSError, ValueError):  # the working folder was deleted
            continue
    return found


def _is_in_a_tree(entry: str, trees: set[str]) -> bool:
    """Whether a folder is one of the trees, lies in one or holds one, and is no place where packages are installed."""
    if not os.path.isabs(entry):
        return True
    folder = os.path.realpath(entry)
    if not any(_holds(folder, tree) or _holds(tree, folder) for tree in trees):
        return False
    return os.path.isdir(folder) and not _is_installation(folder)


def _holds(folder: str, other: str) -> bool:
    return other == folder or other.startswith(folder.rstrip(os.sep) + os.sep)


def _is_installation(folder: str) -> bool:
    if os.path.basename(folder) in _INSTALLATIONS or folder == os.path.realpath(os.path.dirname(os.__file__)):
        return True
    try:
        return any(name.endswith(".dist-info") for name in os.listdir(folder))
    except OSError:
        return False
