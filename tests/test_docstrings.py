"""Public functions say what their arguments are: numpydoc's checks of parameters and sections."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from numpydoc.validate import validate

import trifit

FEW = 2  # arguments that a sentence can explain
CODES = {
    "GL07",  # sections are in numpydoc's order
    "PR01",  # every parameter is documented
    "PR02",  # no other is
    "PR03",  # in the order of the signature
    "PR04",  # with its type
}


def public_modules() -> list[str]:
    """Names of all modules of trifit without an underscore in front."""
    found = pkgutil.walk_packages(trifit.__path__, "trifit.")
    return [i.name for i in found if not any(part.startswith("_") for part in i.name.split("."))]


def long_signatures(module: ModuleType) -> Iterator[str]:
    """Public functions of a module, and methods of its classes, with more than few arguments.

    Without methods of another package's interface, which that package documents.
    """
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(value) and len(inspect.signature(value).parameters) > FEW:
            yield name
        if not inspect.isclass(value):
            continue
        for of_class, member in vars(value).items():
            method = getattr(member, "__func__", member)  # of class and static methods
            if of_class.startswith("_") or not inspect.isfunction(method):
                continue
            theirs = any(
                hasattr(base, of_class) and not base.__module__.startswith("trifit")
                for base in value.__mro__[1:]
            )
            if not theirs and len(inspect.signature(method).parameters) > 1 + FEW:
                yield f"{name}.{of_class}"


@pytest.mark.parametrize("name", public_modules())
def test_parameters_are_documented(name: str) -> None:
    found = [
        f"{function}: {code} {text}"
        for function in long_signatures(importlib.import_module(name))
        for code, text in validate(f"{name}.{function}")["errors"]
        if code in CODES
    ]
    assert not found, "\n".join(found)
