"""What programs import: sorted, complete, documented with examples that run, and spelled as
TensorFlow spells it.
"""

from __future__ import annotations

import doctest
import functools
import inspect
import pydoc
import re
import sys
import types
from typing import Any

import pytest

import ngrad
from ngrad.errors import DTypeError

NAMESPACES = (
    ngrad,
    *(ngrad.math, ngrad.nn, ngrad.linalg, ngrad.random, ngrad.bitwise),
    *(ngrad.debugging, ngrad.signal),
)
CALLABLES = {
    f"{space.__name__}.{name}": getattr(space, name)
    for space in NAMESPACES
    for name in space.__all__
    if callable(getattr(space, name))
}

# Argument names of TensorFlow 2 (1.x for `random_*`), as far as they are taken here, in order.
SHARED = {
    "x name": """
        abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor log log1p logical_not
        negative round rsqrt sigmoid sign sin sinh sqrt square tan tanh math.digamma math.erf
        math.erfc math.is_finite math.is_inf math.is_nan math.lgamma math.reciprocal
        bitwise.invert nn.sigmoid nn.tanh linalg.trace""",
    "x y name": """
        add divide equal greater greater_equal less less_equal logical_and logical_or maximum
        minimum multiply not_equal pow subtract truediv math.floormod bitwise.bitwise_and
        bitwise.bitwise_or bitwise.bitwise_xor bitwise.left_shift bitwise.right_shift""",
    "input_tensor axis keepdims name": """
        reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod
        reduce_sum math.reduce_std math.reduce_variance""",
    "features name": """
        math.softplus nn.elu nn.relu nn.relu6 nn.selu nn.softplus nn.softsign""",
}
SIGNATURES = {
    **{name: arguments for arguments, names in SHARED.items() for name in names.split()},
    "argmax": "input axis output_type name",
    "argmin": "input axis output_type name",
    "argsort": "values axis direction stable name",
    "atan2": "y x name",
    "boolean_mask": "tensor mask axis name",
    "broadcast_to": "input shape name",
    "cast": "x dtype name",
    "clip_by_global_norm": "t_list clip_norm use_norm name",
    "clip_by_norm": "t clip_norm axes name",
    "linalg.global_norm": "t_list name",
    "clip_by_value": "t clip_value_min clip_value_max name",
    "concat": "values axis name",
    "constant": "value dtype shape name",
    "convert_to_tensor": "value dtype dtype_hint name",
    "cumsum": "x axis exclusive reverse name",
    "expand_dims": "input axis name",
    "eye": "num_rows num_columns batch_shape dtype name",
    "fill": "dims value name",
    "gather": "params indices validate_indices axis batch_dims name",
    "gather_nd": "params indices batch_dims name",
    "identity": "input name",
    "linspace": "start stop num name axis",
    "math.cumprod": "x axis exclusive reverse name",
    "matmul": "a b transpose_a transpose_b adjoint_a adjoint_b a_is_sparse b_is_sparse output_type",
    "norm": "tensor ord axis keepdims name",
    "one_hot": "indices depth on_value off_value axis dtype name",
    "ones": "shape dtype name",
    "ones_like": "input dtype name",
    "bitcast": "input type name",
    "pad": "tensor paddings mode constant_values name",
    "random_normal": "shape mean stddev dtype seed name",
    "random_shuffle": "value seed name",
    "random_uniform": "shape minval maxval dtype seed name",
    "range": "start limit delta dtype name",
    "rank": "input name",
    "repeat": "input repeats axis name",
    "reshape": "tensor shape name",
    "reverse": "tensor axis name",
    "roll": "input shift axis name",
    "scatter_nd": "indices updates shape name",
    "shape": "input out_type name",
    "size": "input out_type name",
    "sort": "values axis direction name",
    "split": "value num_or_size_splits axis num name",
    "squeeze": "input axis name",
    "stack": "values axis name",
    "stop_gradient": "input name",
    "tensor_scatter_nd_add": "tensor indices updates name",
    "tensordot": "a b axes name",
    "tile": "input multiples name",
    "transpose": "a perm conjugate name",
    "unstack": "value num axis name",
    "where": "condition x y name",
    "zeros": "shape dtype name",
    "zeros_like": "input dtype name",
    "linalg.band_part": "input num_lower num_upper name",
    "nn.batch_normalization": "x mean variance offset scale variance_epsilon name",
    "nn.bias_add": "value bias data_format name",
    "nn.dropout": "x rate noise_shape seed name",
    "nn.gelu": "features approximate name",
    "nn.l2_loss": "t name",
    "nn.l2_normalize": "x axis epsilon name",
    "nn.leaky_relu": "features alpha name",
    "nn.log_softmax": "logits axis name",
    "nn.moments": "x axes shift keepdims name",
    "nn.sigmoid_cross_entropy_with_logits": "labels logits name",
    "nn.silu": "features beta",
    "nn.softmax": "logits axis name",
    "nn.softmax_cross_entropy_with_logits": "labels logits axis name",
    "nn.sparse_softmax_cross_entropy_with_logits": "labels logits name",
    "nn.weighted_cross_entropy_with_logits": "labels logits pos_weight name",
    "random.categorical": "logits num_samples dtype seed name",
    "random.gamma": "shape alpha beta dtype seed name",
    "random.normal": "shape mean stddev dtype seed name",
    "random.set_seed": "seed",
    "random.shuffle": "value seed name",
    "random.stateless_gamma": "shape seed alpha beta dtype name",
    "random.stateless_normal": "shape seed mean stddev dtype name",
    "random.stateless_uniform": "shape seed minval maxval dtype name",
    "random.truncated_normal": "shape mean stddev dtype seed name",
    "random.uniform": "shape minval maxval dtype seed name",
    "GradientTape": "persistent watch_accessed_variables",
    "GradientTape.gradient": "self target sources output_gradients unconnected_gradients",
    "GradientTape.watch": "self tensor",
    "GradientTape.jacobian": """tape target sources unconnected_gradients parallel_iterations
        experimental_use_pfor""",
    "GradientTape.batch_jacobian": """tape target source unconnected_gradients parallel_iterations
        experimental_use_pfor""",
    "Variable.assign": "self value",
    "Variable.assign_add": "self delta",
    "Variable.assign_sub": "self delta",
}


def natural(name: str) -> list[Any]:
    """Sorts as ruff's RUF022 does: int8 before int16, classes before functions."""
    parts = re.split(r"(\d+)", name)
    return [name[0].islower(), *(int(p) if k % 2 else p for k, p in enumerate(parts))]


@pytest.mark.parametrize("space", NAMESPACES, ids=lambda space: space.__name__)
def test_all_is_sorted_and_complete(space: types.ModuleType) -> None:
    assert space.__all__ == sorted(set(space.__all__), key=natural)
    public = {
        name
        for name, value in vars(space).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    modules = {name for name in space.__all__ if isinstance(getattr(space, name), types.ModuleType)}
    assert public == set(space.__all__) - modules


@functools.cache
def collected(module: str) -> frozenset[str]:
    """Names in a module whose examples doctest finds."""
    found = doctest.DocTestFinder(exclude_empty=True).find(sys.modules[module])
    return frozenset(test.name for test in found if test.examples)


@pytest.mark.parametrize("name", CALLABLES)
def test_has_an_example_that_doctest_collects(name: str) -> None:
    thing = CALLABLES[name]
    assert thing.__doc__ and thing.__doc__.strip()[0] != ">"
    example = inspect.getdoc(thing).partition("\nExamples\n--------\n>>> ")[2]
    assert re.search(r"(import|from) ngrad", example)
    assert f"{thing.__module__}.{thing.__qualname__}" in collected(thing.__module__)


@pytest.mark.parametrize("name", SIGNATURES)
def test_argument_names_are_tensorflows(name: str) -> None:
    thing: Any = ngrad
    for part in name.split("."):
        thing = getattr(thing, part)
    expected = SIGNATURES[name].split()
    assert list(inspect.signature(thing).parameters)[: len(expected)] == expected


def test_an_op_looks_like_the_function_that_declared_it() -> None:
    assert str(inspect.signature(ngrad.add)) == "(x, y, name=None)"
    assert str(inspect.signature(ngrad.exp)) == "(x, name=None)"
    assert (ngrad.exp.__module__, ngrad.exp.__name__) == ("ngrad.ops.exponential", "exp")
    text = pydoc.plain(pydoc.render_doc(ngrad.add))
    assert "<op add(x, y, name=None)>" in text and ">>> ngrad.add(" in text


def test_operands_may_be_named() -> None:
    assert ngrad.subtract(y=1.0, x=3.0).numpy() == 2.0
    assert ngrad.subtract(3.0, 1.0, "difference").numpy() == 2.0
    assert ngrad.atan2(x=-1.0, y=0.0).numpy() > 3.0
    assert ngrad.math.softplus(features=100.0).numpy() == 100.0


def test_a_missing_operand_raises() -> None:
    with pytest.raises(TypeError, match="'y'"):
        ngrad.add(1.0)
    with pytest.raises(TypeError, match="'x'"):
        ngrad.exp()
    with pytest.raises(DTypeError, match="add"):
        ngrad.add(1.0, None)
