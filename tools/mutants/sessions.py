"""pytest in this process: chosen tests in a chosen order, each with a limit of processor time."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tools.mutants.replaced import ROOT

_MEMORY = 4 << 30
_TIMES, _SECONDS = 10.0, 5.0
"""A test may take so many times what it takes without a fault, and so many seconds more, before it counts as endless."""
_START = 60.0
_FIRST = 60
"""So many tests are collected and run before the others: most faults are seen by these, and all files take seconds to collect."""
_OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-o", "tmp_path_retention_policy=none")


@dataclass
class Session:
    """What a session has seen: the failed test, or what could not be imported, and the seconds of each test."""

    counter: bytearray = field(default_factory=bytearray)
    """Bytes that the tested code sets."""
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    hits: dict[str, bytes] = field(default_factory=dict)

    @property
    def failed(self) -> str:
        """The first that failed; empty where all passed."""
        return next(iter(self.failures), "")

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def every_test(file: str, counter: bytearray) -> Session:
    """Run the tests of a file that are not slow, and keep what each that passes sets in `counter`."""
    session = Session(counter)
    _pytest((file, "-m", "not slow and not witness"), session, _Watch(session))
    return session


def chosen_tests(tests: Sequence[str], seconds: Mapping[str, float]) -> Session:
    """Run these tests in this order, up to the first that fails; a test that takes too long ends the process."""
    session = Session()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _START)
    for some in (tests[:_FIRST], tests[_FIRST:]):
        if some and not session.failures:
            files = dict.fromkeys(test.partition("::")[0] for test in some)
            _pytest(["-x", *files], session, _Chosen(some), _Limit(seconds), _Watch(session))
    return session


def _pytest(arguments: Sequence[str], session: Session, *plugins: object) -> None:
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        code = pytest.main([*_OPTIONS, f"--basetemp={folder}/tests", *arguments], list(plugins))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not session.failures:
        session.failures.append(f"pytest ended with {code!r}")


class _Watch:
    """Notes what tests do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        session = self._session
        session.counter[:] = bytes(len(session.counter))
        started = time.process_time()
        outcome = yield
        session.seconds[item.nodeid] = time.process_time() - started
        if session.counter and item.nodeid not in session.failures:
            session.hits[item.nodeid] = bytes(session.counter)
        return outcome

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._session.failures.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._session.failures.append(f"the import of {report.nodeid}")


class _Chosen:
    """Keeps the chosen tests, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(kept, key=lambda item: self._order[item.nodeid])


class _Limit:
    """Ends the process when a test takes far longer than it should."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        signal.setitimer(signal.ITIMER_PROF, _TIMES * self._seconds.get(item.nodeid, 0.0) + _SECONDS)
        outcome = yield
        signal.setitimer(signal.ITIMER_PROF, _START)
        return outcome
