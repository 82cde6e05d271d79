"""One rule for the cores: obeyed, nested without waiting, BLAS left as it was."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from trifit import compare, load_dataset
from trifit.errors import InputError
from trifit.threads import available, cores, limited, side_by_side


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]


def test_the_innermost_limit_is_in_force_and_blas_has_one_thread():
    with limited():
        pass  # loads BLAS, so that it can be counted
    before = blas_threads()
    assert cores() == available()
    with limited(3):
        assert cores() == 3
        assert set(blas_threads()) == {1}
        with limited(1):
            assert cores() == 1
        assert cores() == 3
    assert blas_threads() == before


def test_blas_keeps_one_thread_as_long_as_anybody_counts_on_it():
    with limited():
        pass
    before, seen = blas_threads(), []

    def other():
        with limited(2):
            pass
        seen.append(blas_threads())

    with limited():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
        seen.append(blas_threads())
    assert [set(threads) for threads in seen] == [{1}, {1}]
    assert blas_threads() == before


def test_nested_work_is_done_in_turns():
    def inner(i):
        return side_by_side(lambda j: (cores(), 10 * i + j), range(3))

    with limited(2):
        results = side_by_side(inner, range(4))
    assert results == [[(1, 10 * i + j) for j in range(3)] for i in range(4)]


def test_an_error_in_a_thread_is_raised():
    with limited(2), pytest.raises(ZeroDivisionError):
        side_by_side(lambda i: 1 / i, [1, 0, 2])


@pytest.mark.parametrize("n", [0, -1, 2.5, "2"])
def test_cores_that_are_no_number_of_cores(n):
    with pytest.raises(InputError, match=r"cores .*: expected a whole number of at least 1"):
        compare(load_dataset("iris"), cores=n)
