import subprocess
import sys

from trifit.lazily import on_first_use


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_a_package_is_loaded_when_something_of_it_is_asked_for():
    told = in_a_process(
        "import sys; from trifit.lazily import on_first_use; on_first_use('concurrent.futures')\n"
        "import concurrent.futures as early\n"
        "print('concurrent.futures._base' in sys.modules)\n"
        "print(early.Future.__name__, 'concurrent.futures._base' in sys.modules)\n"
        "import concurrent.futures.thread\n"
        "import concurrent.futures as late\n"
        "print(late is early, late.Future is early.Future)"
    ).stdout
    assert told.split() == ["False", "Future", "True", "False", "True"]


def test_what_is_loaded_or_not_there_stays_as_it_is():
    before = sys.modules["subprocess"]
    on_first_use("subprocess")
    assert sys.modules["subprocess"] is before
    on_first_use("no_such_package_here")
    assert "no_such_package_here" not in sys.modules


def test_nutpie_does_not_load_arviz_and_pyplot():
    told = in_a_process(
        "import sys; import trifit.fit.fast.callback\n"
        "print({'arviz_plots', 'arviz_stats', 'matplotlib.pyplot'} & set(sys.modules))\n"
        "import arviz; print(callable(arviz.summary), 'arviz_plots' in sys.modules)"
    ).stdout
    assert told.splitlines() == ["set()", "True True"]


def test_a_part_of_a_package_is_loaded_when_something_of_it_is_asked_for():
    told = in_a_process(
        "import sys; from trifit.lazily import on_first_use; on_first_use('numpy.f2py')\n"
        "import scipy.linalg, numpy as np; print('numpy.f2py.crackfortran' in sys.modules)\n"
        "print(callable(np.f2py.run_main), 'numpy.f2py.crackfortran' in sys.modules)\n"
        "import numpy.f2py as late; print(callable(late.run_main), np.f2py is late)"
    ).stdout
    assert told.split() == ["False", "True", "True", "True", "True"]
