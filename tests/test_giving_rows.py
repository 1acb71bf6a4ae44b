"""Rows written in the memory of what variables and arrays held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from holders import address, others_array, others_capsule, others_slice, others_value

import ngrad as tf
import ngrad.numpy as gnp

pytestmark = pytest.mark.usefixtures("waiting")

ROWS = np.array([5, 0, 5, -1, 1])
WIDTH = 256  # such that the table is more than what is computed at once


def table() -> Any:
    return np.linspace(-1.0, 1.0, 256 * WIDTH, dtype=np.float32).reshape(-1, WIDTH)


def rows(dtype: Any = np.float32) -> Any:
    return np.arange(ROWS.size * WIDTH, dtype=dtype).reshape(-1, WIDTH) / 3


def by_window(variable: Any, method: str) -> Callable[[], None]:
    given, places = tf.constant(rows()), tf.constant(ROWS % 256)

    def step() -> None:
        if "_nd_" in method:
            getattr(variable, method)(tf.reshape(places, (-1, 1)), given)
        else:
            getattr(variable, method)(tf.IndexedSlices(given, places))
        tf.eval(variable)

    return step


SCATTERS = {
    "scatter_add": np.add.at,
    "scatter_sub": np.subtract.at,
    "scatter_update": lambda x, index, y: x.__setitem__(index, y),
    "scatter_nd_add": np.add.at,
    "scatter_nd_sub": np.subtract.at,
    "scatter_nd_update": lambda x, index, y: x.__setitem__(index, y),
}


@pytest.mark.parametrize("method", SCATTERS)
def test_rows_of_a_variable_are_written_where_they_are(method):
    variable, expected = tf.Variable(table()), table()
    step = by_window(variable, method)
    before = address(variable)
    for _ in range(3):
        step()
        SCATTERS[method](expected, ROWS, rows())
        assert address(variable) == before
        np.testing.assert_array_equal(variable.numpy(), expected)


@pytest.mark.parametrize("index", [ROWS, (ROWS, ROWS % 3), (slice(2, None), ROWS)])
@pytest.mark.parametrize("name", ["add", "subtract"])
def test_rows_of_an_array_are_written_where_they_are(name, index):
    x, expected = gnp.array(table()), table()
    given = expected[index] / 3
    before = x._read()._address
    whole = not (isinstance(index, tuple) and isinstance(index[0], slice))
    for _ in range(3):
        getattr(gnp, name).at(x, index, given)
        getattr(np, name).at(expected, index, given)
        tf.eval(x)
        assert (x._read()._address == before) or not whole
        np.testing.assert_array_equal(np.asarray(x), expected)


def test_rows_that_none_names_stay_as_they_are():
    x = np.full((2, WIDTH), -0.0, np.float32)
    for method in ("add", "subtract"):
        given = gnp.array(x)
        getattr(gnp, method).at(given, [0], 1.0)
        assert np.signbit(given.numpy()[1]).all()


@pytest.mark.parametrize("other", [others_value, others_array, others_capsule, others_slice])
def test_rows_that_others_have_are_not_written(other):
    variable = tf.Variable(table())
    step = by_window(variable, "scatter_add")
    step()
    expected, held = variable.numpy(), other(variable)
    step()
    found = np.asarray(held)
    np.testing.assert_array_equal(found, expected[1:] if len(found) < len(expected) else expected)
    assert not np.array_equal(variable.numpy(), expected)


@pytest.mark.parametrize("other", [lambda x: x[1:], lambda x: x.T, lambda x: x.copy(), np.asarray])
def test_rows_of_an_array_that_others_have(other):
    x = gnp.array(table())
    held = other(x)
    shows = isinstance(held, gnp.ndarray) and held.base is not None
    expected = np.array(held)
    gnp.add.at(x, ROWS, rows())
    if shows:
        expected = np.array(other(np.asarray(x)))
    np.testing.assert_array_equal(np.asarray(held), expected)
    whole = table()
    np.add.at(whole, ROWS, rows())
    np.testing.assert_array_equal(np.asarray(x), whole)


def test_an_index_out_of_range_writes_nothing():
    x, variable = gnp.array(table()), tf.Variable(table())
    with pytest.raises(IndexError):
        gnp.add.at(x, [0, 256], 1.0)
    with pytest.raises(IndexError):
        variable.scatter_add(tf.IndexedSlices(rows()[:2], [0, 256]))

    @tf.function
    def step(places: Any) -> None:
        variable.scatter_add(tf.IndexedSlices(rows()[:2], places))

    step(tf.constant([0, 1]))
    expected = variable.numpy()
    with pytest.raises(IndexError):
        step(tf.constant([0, 256]))
    np.testing.assert_array_equal(np.asarray(x), table())
    np.testing.assert_array_equal(variable.numpy(), expected)


def test_what_a_tape_heard_of_is_not_written():
    variable = tf.Variable(table())
    by_window(variable, "scatter_add")()
    before = variable.numpy()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(variable * variable)
        variable.scatter_add(tf.IndexedSlices(rows(), ROWS % 256))
    tf.eval(variable)
    np.testing.assert_array_equal(tape.gradient(y, variable).numpy(), before * 2)


def test_a_function_updates_the_rows_that_it_is_given():
    variable = tf.Variable(table())

    @tf.function
    def step(places: Any, by: Any) -> Any:
        with tf.GradientTape() as tape:
            read = tf.gather(variable, places)
            tape.watch(read)
            loss = tf.reduce_sum(read * read * by)
        variable.scatter_sub(tf.IndexedSlices(tape.gradient(loss, read), places))
        return loss

    expected, before = table(), address(variable)
    for places in (ROWS % 256, ROWS % 7, ROWS % 5):
        read = expected[places]
        step(tf.constant(places), tf.constant(rows()))
        np.subtract.at(expected, places, (read * rows() + read * rows()))
        assert address(variable) == before
        np.testing.assert_allclose(variable.numpy(), expected, 1e-5, 1e-5)
    with pytest.raises(IndexError, match=r"gather: index 256 is out of range"):
        step(tf.constant(ROWS % 256 + 1), tf.constant(rows()))
