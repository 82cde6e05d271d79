"""Packages that others import without using them: loaded when something of them is asked for."""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def on_first_use(name: str) -> None:
    """Let ``import name`` load nothing until an attribute of the module is read.

    :class:`importlib.util.LazyLoader` would load it in the import statement. Nothing changes
    where the package is loaded already, or is not installed.
    """
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        return
    module = _Unloaded(name)
    module.__spec__, module.__file__ = spec, spec.origin
    sys.modules[name] = module
    package, _, part = name.rpartition(".")
    if package:
        setattr(sys.modules[package], part, module)


class _Unloaded(ModuleType):
    """Stands for a module, gives way to it, and passes on to it what is asked later."""

    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), attribute)
