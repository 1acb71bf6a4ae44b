"""What namespaces say of names that they do not have: why, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reasons = dict[str, tuple[str, ...]]


def by_name(apart: Reasons) -> dict[str, str]:
    """The reason of each name."""
    return {name: reason for reason, names in apart.items() for name in names}


def missing(
    space: str, reasons: Mapping[str, str], otherwise: Callable[[str], str] = lambda name: ""
) -> Callable[[str], Any]:
    """The `__getattr__` of a namespace.

    Parameters
    ----------
    reasons : mapping
        By name.
    otherwise : callable
        The reason of a name that is not among these; nothing if there is no such name.

    Examples
    --------
    >>> find = missing("ngrad", {"data": "slice arrays instead"})
    >>> find("data")
    Traceback (most recent call last):
    ...
    AttributeError: ngrad has no 'data': slice arrays instead
    """

    def find(name: str) -> Any:
        reason = reasons.get(name) or otherwise(name)
        if reason:
            # Without the name, for which Python would guess another.
            raise AttributeError(f"{space} has no {name!r}: {reason}", name=None)
        raise AttributeError(f"module {space!r} has no attribute {name!r}")

    return find


class Absent:
    """In place of an attribute that a class has not: asked for, it says what there is instead."""

    def __init__(self, what: str, name: str, reason: str) -> None:
        self._said, self._name = f"{what} has no attribute {name!r}{reason}", name

    def __get__(self, thing: Any, kind: type | None = None) -> Any:
        raise AttributeError(self._said, name=self._name, obj=thing)


class OfSome:
    """In place of a method that is there for those objects alone of which something holds, for who
    asks by its name; Python itself goes by the slots of the class.
    """

    def __init__(self, function: Any, has: Callable[[Any], bool]) -> None:
        self._function, self._has = function, has

    def __get__(self, thing: Any, kind: type | None = None) -> Any:
        if thing is not None and not self._has(thing):
            name = self._function.__name__
            raise AttributeError(f"this {type(thing).__name__} has no {name!r}", name=name)
        return self._function.__get__(thing, kind)


# -- TensorFlow's ----------------------------------------------------------------------------------

YET = "not here yet"
"""Of names that have a meaning here."""

TENSORFLOW: dict[str, Reasons] = {
    "ngrad": {
        "layers, models, losses and metrics are Keras'; ngrad.Module finds variables, ngrad.nn has "
        "functions and losses, ngrad.optimizers what keras.optimizers has": (
            "estimator", "feature_column", "initializers", "keras", "layers", "losses", "metrics",
        ),
        "optimizers are in ngrad.optimizers": ("train",),
        "an initial value is a tensor here: ngrad.Variable(ngrad.random.normal(shape))": (
            "constant_initializer", "get_variable", "ones_initializer", "random_normal_initializer",
            "random_uniform_initializer", "truncated_normal_initializer", "zeros_initializer",
        ),
        "there are no graphs and no sessions: call the function; ngrad.function records it": (
            "Graph", "Operation", "Session", "autograph", "compat", "disable_eager_execution",
            "get_default_graph", "global_variables_initializer", "graph_util", "import_graph_def",
            "init_scope", "inside_function", "is_symbolic_tensor", "placeholder", "v1",
            "variable_creator_scope", "wrap_function",
        ),
        "what is called runs, in the order in which it is called": (
            "control_dependencies", "group", "no_op", "tuple",
        ),
        "use ngrad.GradientTape, within another for second derivatives; or ngrad.hessian": (
            "AggregationMethod", "RegisterGradient", "gradients", "hessians", "no_gradient",
        ),
        "use ngrad.custom_gradient": ("grad_pass_through", "nondifferentiable_batch_function"),
        "cheap values are computed again by themselves where that saves memory": (
            "recompute_grad",
        ),
        "Python runs where it is called: call the function": ("numpy_function", "py_function"),
        "slice NumPy's arrays, or any iterator of batches, and pass them to ngrad.constant": (
            "data",
        ),
        "write NumPy's files: numpy.save(path, x), and ngrad.constant(numpy.load(path))": (
            "io", "make_ndarray", "make_tensor_proto", "saved_model", "summary",
        ),
        "of text, which no kernel reads; use Python's": (
            "as_string", "edit_distance", "fingerprint", "string", "strings",
        ),
        "tensors are dense; ngrad.math.segment_sum and its like take ids of rows": (
            "RaggedTensor", "RaggedTensorSpec", "SparseTensor", "SparseTensorSpec", "ragged",
            "ragged_fill_empty_rows", "ragged_fill_empty_rows_grad", "sparse",
        ),
        "use a dict, or ngrad.searchsorted": ("lookup", "sets"),
        "one process on one device: `with ngrad.device(name)`, of ngrad.list_devices()": (
            "DeviceSpec", "VariableAggregation", "VariableSynchronization", "distribute", "dtensor",
            "tpu",
        ),
        "settings are in ngrad.config, devices in ngrad.list_devices()": (
            "config_pb2", "get_logger", "load_library", "load_op_library", "logging", "sysconfig",
            "test", "version", "xla",
        ),
        "use ngrad.profile() and ngrad.stats()": ("profiler", "timestamp"),
        "a kernel of your own is an op by ngrad.kernel_op": ("raw_ops", "resource"),
        "a shape is a tuple": (
            "TensorShape", "broadcast_dynamic_shape", "broadcast_static_shape", "get_static_value",
            "parallel_stack", "shape_n",
        ),
        "use ngrad.TensorSpec": (
            "NoneTensorSpec", "OptionalSpec", "TensorArraySpec", "TypeSpec", "type_spec_from_value",
        ),
        "names are not kept; leave it out": ("get_current_name_scope", "name_scope"),
        "use optree, which ngrad's nests are by: optree.tree_map(function, nest)": ("nest",),
        "assertions are in ngrad.debugging": ("check_pinned",),
        "threads need no guard to read: use threading.Lock": ("CriticalSection",),
        "indices are those of ngrad.numpy": ("unravel_index",),
        "use x[begin:end:step]": ("strided_slice",),
        "use the names of ngrad.nn": (
            "conv", "conv2d_backprop_filter_v2", "conv2d_backprop_input_v2",
        ),
        "gradients are dense": ("IndexedSlicesSpec",),
        "use ngrad.math.top_k": ("approx_top_k",),
        "use ngrad.identity": ("guarantee_const", "identity_n"),
        "other dtypes are not there; those of ngrad are listed by ngrad.as_dtype": (
            "qint16", "qint32", "qint8", "quantization", "quint16", "quint8", "variant",
        ),
        "pass what numpy.asarray takes": ("register_tensor_conversion_function",),
        "other packages read images and sound": ("audio", "image"),
        "a part of TensorFlow's own": (
            "experimental", "lite", "mlir", "queue", "security", "tools", "types",
        ),
        YET: (
            "extract_volume_patches", "fftnd", "ifftnd", "irfftnd", "random_index_shuffle",
            "required_space_to_batch_paddings", "rfftnd",
        ),
    },
    "ngrad.math": {
        "use top_k": ("approx_max_k", "approx_min_k"),
        "use ngrad.norm": ("reduce_euclidean_norm",),
        "SciPy's functions are in ngrad.scipy.special, with derivatives": ("special",),
        YET: ("sobol_sample",),
    },
    "ngrad.nn": {
        "cells and layers are Keras'; loop, or use ngrad.scan": (
            "RNNCellDeviceWrapper", "RNNCellDropoutWrapper", "RNNCellResidualWrapper",
        ),
        "write the formula: what is elementwise is fused": (
            "batch_norm_with_global_normalization", "compute_average_loss", "normalize_moments",
            "scale_regularization_loss", "sufficient_statistics",
        ),
        "the gradient of depthwise_conv2d is it": (
            "depthwise_conv2d_backprop_filter", "depthwise_conv2d_backprop_input",
        ),
        "use top_k": ("approx_max_k", "approx_min_k"),
        "tensors are dense": ("embedding_lookup_sparse", "safe_embedding_lookup_sparse"),
        YET: (
            "all_candidate_sampler", "collapse_repeated", "compute_accidental_hits",
            "ctc_beam_search_decoder", "ctc_greedy_decoder", "ctc_unique_labels",
            "dilation2d", "erosion2d", "experimental", "fixed_unigram_candidate_sampler",
            "fractional_avg_pool", "fractional_max_pool", "isotonic_regression",
            "learned_unigram_candidate_sampler", "nce_loss", "pool", "sampled_softmax_loss",
            "with_space_to_batch",
        ),
    },
    "ngrad.linalg": {
        "matrices are tensors, and products of them are functions": tuple(
            f"LinearOperator{kind}"
            for kind in (
                "", "Adjoint", "BlockDiag", "BlockLowerTriangular", "Circulant", "Circulant2D",
                "Circulant3D", "Composition", "Diag", "FullMatrix", "Householder", "Identity",
                "Inversion", "Kronecker", "LowRankUpdate", "LowerTriangular", "Permutation",
                "ScaledIdentity", "Toeplitz", "Tridiag", "Zeros",
            )
        ),
        "use eigh": ("eigh_tridiagonal",),
        "use solve, or ngrad.scipy.linalg.solve_banded": ("banded_triangular_solve",),
        "use matmul": ("tridiagonal_matmul",),
        "a part of TensorFlow's own": ("experimental",),
    },
    "ngrad.random": {
        "the algorithm is Philox; a Generator takes a seed": ("Algorithm", "create_rng_state"),
        "use a Generator of your own, or ngrad.random.set_seed": (
            "get_global_generator", "set_global_generator",
        ),
        YET: (
            "all_candidate_sampler", "fixed_unigram_candidate_sampler",
            "learned_unigram_candidate_sampler", "log_uniform_candidate_sampler",
            "stateless_parameterized_truncated_normal", "uniform_candidate_sampler",
        ),
    },
    "ngrad.dtypes": {
        "what converts is at the top level: ngrad.cast and ngrad.saturate_cast": (
            "cast", "saturate_cast",
        ),
        "it is at the top level: ngrad.bool, ngrad.complex, ngrad.double and ngrad.half": (
            "bool", "complex", "double", "half",
        ),
        "of text, which no kernel reads": ("string",),
        "other dtypes are not there; those of ngrad are listed by ngrad.as_dtype": (
            "QUANTIZED_DTYPES", "qint16", "qint32", "qint8", "quint16", "quint8", "resource",
            "variant",
        ),
        "a part of TensorFlow's own": ("experimental",),
    },
    "ngrad.signal": {
        "use ngrad.numpy.fft": ("fftnd", "ifftnd", "irfftnd", "rfftnd"),
    },
    "ngrad.debugging": {
        "tracebacks are whole": (
            "disable_traceback_filtering", "enable_traceback_filtering",
            "is_traceback_filtering_enabled",
        ),
        "a tensor says where it is: x.device": (
            "get_log_device_placement", "set_log_device_placement",
        ),
        "an iterable is what can be looped over": ("assert_proper_iterable",),
        "a part of TensorFlow's own": ("experimental",),
    },
    "ngrad.optimizers": {
        "floats of two bytes are computed as float32; scale the loss yourself": (
            "LossScaleOptimizer",
        ),
        "make it by its class": ("deserialize", "get", "legacy", "serialize"),
        "a part of TensorFlow's own": ("MultiOptimizer", "OptimizerMap"),
        YET: ("Muon", "ScheduleFreeAdamW"),
    },
    "ngrad.config": {
        "`with ngrad.device(name)` and ngrad.set_default_device say where tensors are made": (
            "LogicalDevice", "LogicalDeviceConfiguration", "PhysicalDevice",
            "get_logical_device_configuration", "get_soft_device_placement", "get_visible_devices",
            "list_logical_devices", "set_logical_device_configuration", "set_soft_device_placement",
            "set_visible_devices",
        ),
        "one process on one device": (
            "experimental_connect_to_cluster", "experimental_connect_to_host",
        ),
        "use ngrad.config.run_functions_eagerly": (
            "experimental_functions_run_eagerly", "experimental_run_functions_eagerly",
        ),
        "memory grows as it is needed, of all devices, up to ngrad.config.set_memory_limit; see "
        "ngrad.config.set_op_determinism and ngrad.config.set_threads": (
            "experimental", "threading",
        ),
        "programs are fused, and nothing is to be chosen of it": ("optimizer",),
    },
}  # fmt: skip
"""By namespace, TensorFlow's names that it has not."""

# -- other libraries' ------------------------------------------------------------------------------

ELSEWHERE: Reasons = {
    "use ngrad.function, which records a function and replays it as one plan": (
        "compile", "jit", "make_jaxpr",
    ),
    "use ngrad.config.run_functions_eagerly": ("disable_jit",),
    "use ngrad.jacobian, of one batched backward sweep; or ngrad.jvp for one column of it, "
    "ngrad.vjp for one row": (
        "jacfwd", "jacrev", "tensor_jacobian_product",
    ),
    "use ngrad.jvp(f, primals, tangents): the value, and its derivative along tangents": (
        "linearize", "make_jvp",
    ),
    "use ngrad.vjp(f, *primals): the value, and what pulls cotangents back": (
        "linear_transpose", "make_vjp", "vector_jacobian_product",
    ),
    "use ngrad.jvp(ngrad.grad(f), (x,), (v,))[1], the product of the Hessian with v": (
        "hessian_tensor_product", "hessian_vector_product", "hvp", "make_hvp", "vhp",
    ),
    "use ngrad.vmap(ngrad.grad(f)), of each element; or ngrad.grad of the sum of what f returns": (
        "egrad", "elementwise_grad",
    ),
    "use ngrad.grad(f, argnums=(0, 1)), or of an argument that is a dict": (
        "multigrad", "multigrad_dict",
    ),
    "use ngrad.grad(f, has_aux=True)": ("grad_and_aux",),
    "use ngrad.grad(f, holomorphic=True)": ("holomorphic_grad",),
    "cheap values are computed again by themselves where that saves memory; leave it out": (
        "checkpoint", "remat",
    ),
    "nothing is recorded but within ngrad.GradientTape, or a function that is differentiated; "
    "there use ngrad.stop_gradient(x), or tape.stop_recording()": (
        "detach", "enable_grad", "inference_mode", "is_grad_enabled", "no_grad",
        "set_grad_enabled",
    ),
    "cond, while_loop, scan, map_fn are in ngrad, top_k in ngrad.math, convolutions in ngrad.nn, "
    "or write Python's `if` and `for`": (
        "lax",
    ),
    "use ngrad.custom_gradient, or ngrad.kernel_op": (
        "custom_jvp", "custom_vjp", "defjvp", "defvjp", "primitive",
    ),
    "use ngrad.GradientTape, or ngrad.grad, ngrad.vjp, ngrad.jvp, ngrad.jacobian and ngrad.vmap": (
        "autograd", "func", "functional_call",
    ),
    "use optree, which ngrad's nests are by: optree.tree_map(function, nest)": (
        "tree", "tree_leaves", "tree_map", "tree_util",
    ),
    "use x.to_device(name), or `with ngrad.device(name)`, of ngrad.list_devices()": (
        "cuda", "device_get", "device_put",
    ),
    "one process on one device; ngrad.vmap maps a function over a batch": ("pmap", "shard_map"),
    "use ngrad.eval(x), or read it: x.numpy()": ("block_until_ready",),
    "use ngrad.random.set_seed": ("manual_seed",),
    "use ngrad.constant, ngrad.Variable for what is trained, or ngrad.numpy.array": (
        "as_tensor", "from_numpy",
    ),
    "optimizers are in ngrad.optimizers": ("optim",),
}  # fmt: skip
"""Names that the top level of JAX, of PyTorch or of autograd has, and `ngrad` has not."""


def tensorflow(space: str) -> Callable[[str], Any]:
    """The `__getattr__` of a namespace that has TensorFlow's names."""
    others = ELSEWHERE if space == "ngrad" else {}
    return missing(space, by_name(others) | by_name(TENSORFLOW[space]))
