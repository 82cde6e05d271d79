"""Functions by name, from modules and files."""

import os

import pytest

from trifit.errors import InputError
from trifit.functions import function_of, log_code


def test_a_file_that_changed_gives_the_function_as_it_is_now(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("def build():\n    return 1\n")
    reference = f"{file}:build"
    assert function_of(reference, "builder")() == 1
    assert function_of(reference, "builder") is function_of(reference, "builder")
    file.write_text("def build():\n    return 2\n")
    os.utime(file, ns=(1, 1))
    assert function_of(reference, "builder")() == 2


def test_a_relative_path_is_that_of_the_present_folder(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.py").write_text(f"def build():\n    return {name!r}\n")
    for name in ("a", "b"):
        monkeypatch.chdir(tmp_path / name)
        assert function_of("own.py:build", "builder")() == name


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("build", "expected package.module:function or path/file.py:function"),
        ("nowhere.py:build", "no such file 'nowhere.py'"),
        ("no_such_module:build", "cannot be imported: ModuleNotFoundError"),
        ("math:no_such", "math has no function 'no_such'"),
        ("math:pi", "math has no function 'pi'"),
    ],
)
def test_what_is_not_there_is_one_line(reference, message):
    with pytest.raises(InputError, match="builder") as error:
        function_of(reference, "builder")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_users_file_of_trifits_name_is_not_trifits_own(caplog):
    with caplog.at_level("INFO", logger="trifit.functions"):
        log_code("trifit.models:softmax_regression", "a card")
        log_code("trifit.py:build", "a card")
    assert caplog.messages == ["running the code of trifit.py, which a card names"]
