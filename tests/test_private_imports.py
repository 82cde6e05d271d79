"""Parts of other packages that are no public interface of theirs: all of them, pinned.

Whoever adds one adds it here, with a bound in pyproject.toml; whoever updates such a package
sees here what may have moved.
"""

import ast
import importlib
import re
import tomllib

import pytest

PINNED = {
    "nutpie": {
        "trifit/fit/fast/callback.py": {
            "nutpie.compile_pymc": {"CompiledPyMCModel"},
        },
    },
    "pytensor": {
        "trifit/fit/fast/backend.py": {
            "pytensor.link.numba.dispatch.basic": {"numba_njit"},
            "pytensor.link.numba.linker": {"NumbaLinker"},
        },
        "trifit/fit/fast/graph.py": {
            "pytensor.link.numba.cache": {"CACHED_SRC_FUNCTIONS"},
        },
        "trifit/fit/fast/fused_numba.py": {
            "pytensor.link.numba.dispatch.basic": {
                "numba_njit",
                "register_funcify_default_op_cache_key",
            },
        },
    },
    "sklearn": {
        "trifit/estimators.py": {"sklearn.utils.validation": {"_check_sample_weight"}},
    },
}
"""By package, then file: modules that their authors may change at any time, and the names used."""

WITHOUT_A_PROMISE = re.compile(
    r"nutpie\.|arviz_stats\.base|pytensor\.link|joblib\.externals|\w+(\.\w+)*\._"
)


def imported(path):
    """Private modules that a file imports, and names from them."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if WITHOUT_A_PROMISE.match(whole) and not whole.startswith("trifit"):
                    found.setdefault(node.module, set()).add(alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if WITHOUT_A_PROMISE.match(alias.name) and not alias.name.startswith("trifit"):
                    found[alias.name] = set()
    return found


def test_they_are_all_listed(root):
    there = {}
    for path in (root / "src").rglob("*.py"):
        for module, names in imported(path).items():
            of_file = there.setdefault(module.partition(".")[0], {})
            of_file.setdefault(str(path.relative_to(root / "src")), {})[module] = names
    assert there == PINNED


def test_one_that_is_not_listed_would_be_seen(tmp_path):
    path = tmp_path / "new.py"
    path.write_text(
        "import scipy._lib\nfrom joblib.externals.loky import x\nfrom scipy import special"
    )
    assert imported(path) == {"scipy._lib": set(), "joblib.externals.loky": {"x"}}


@pytest.mark.parametrize("package", sorted(PINNED))
def test_they_are_there(package):
    for modules in PINNED[package].values():
        for module, names in modules.items():
            for name in names:
                assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("package", ["nutpie", "pytensor"])
def test_versions_of_these_packages_are_bounded(root, package):
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    bounds = {d.partition(">")[0]: d for d in project["dependencies"]}
    assert "<" in bounds[package]
