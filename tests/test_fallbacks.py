"""Attributes that nothing defines are what `__getattr__` gives for their names, of an object and of a module."""

from __future__ import annotations

from tests.asking import Program

PROXY = """\
class Target:
    size = 3

class Proxy:
    own = 1

    def __init__(self):
        self.kept = 2
        self.target = Target()

    def __getattr__(self, name):
        return getattr(self.target, name)

proxy = Proxy()
"""


def test_what_a_class_defines_is_not_asked_for() -> None:
    assert Program(PROXY + "«proxy.own»\n").said() == {"1"}
    assert Program(PROXY + "«proxy.kept»\n").said() == {"2"}


def test_the_rest_is_what_the_method_gives_for_the_name() -> None:
    assert Program(PROXY + "«proxy.size»\n").said() == {"3"}


def test_a_class_that_is_filled_by_name_may_have_anything() -> None:
    filling = PROXY.replace("self.kept = 2", "self.__dict__.update(load())")
    assert Program(filling + "«proxy.size»\n").said() == {"3", "?"}


def test_a_special_method_is_looked_for_in_the_class_alone() -> None:
    assert Program(PROXY + "«proxy.__size__»\n").said() == {"?"}


LAZY = 'size = 1\n\ndef __getattr__(name):\n    return 2 if name == "later" else 3\n'


def test_a_module_is_asked_for_what_it_lacks() -> None:
    assert Program(app="import lazy\n«lazy.later»\n", lazy=LAZY).said() == {"2"}
    assert Program(app="from lazy import other\n«other»\n", lazy=LAZY).said() == {"3"}


def test_a_module_is_not_asked_for_what_it_has() -> None:
    assert Program(app="from lazy import size\n«size»\n", lazy=LAZY).said() == {"1"}
