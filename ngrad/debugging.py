"""TensorFlow's `tf.debugging`: what should hold of tensors, or an error says where it does not."""

import typing as _typing

from ngrad.absent import tensorflow as _tensorflow
from ngrad.checks import (
    Assert,
    assert_all_finite,
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_near,
    assert_negative,
    assert_non_negative,
    assert_non_positive,
    assert_none_equal,
    assert_positive,
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
    assert_same_float_dtype,
    assert_scalar,
    assert_shapes,
    assert_type,
    check_numerics,
    disable_check_numerics,
    enable_check_numerics,
    is_numeric_tensor,
)

if not _typing.TYPE_CHECKING:
    __getattr__ = _tensorflow("ngrad.debugging")

__all__ = [
    "Assert", "assert_all_finite", "assert_equal", "assert_greater", "assert_greater_equal",
    "assert_integer", "assert_less", "assert_less_equal", "assert_near", "assert_negative",
    "assert_non_negative", "assert_non_positive", "assert_none_equal", "assert_positive",
    "assert_rank", "assert_rank_at_least", "assert_rank_in", "assert_same_float_dtype",
    "assert_scalar", "assert_shapes", "assert_type", "check_numerics", "disable_check_numerics",
    "enable_check_numerics", "is_numeric_tensor",
]  # fmt: skip
