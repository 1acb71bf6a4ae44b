"""Write docs/tensorflow.md, on TensorFlow's names: `python docs/tensorflow_coverage.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ngrad.absent import TENSORFLOW, YET

TARGET = Path(__file__).with_name("tensorflow.md")

HEAD = """# TensorFlow's names

Written by `python docs/tensorflow_coverage.py`, of what `ngrad/absent.py` says; change that.

`import ngrad as tf` runs eager TensorFlow code on numbers: [ops.md](ops.md) lists what there is,
with TensorFlow's arguments. This page lists what is not there, and why; asking for such a name says
the same. `python asv_bench/agreement.py` runs programs on both, and finds names that neither page
has.

What differs where both have a name:

- Operands of different dtypes are promoted by NumPy's rules, where TensorFlow raises; a Python
  number beside a tensor, or in a list with it, has the tensor's dtype if that is of its kind.
  NumPy's arrays and numbers keep theirs, so a float32 tensor times `np.sqrt(2.0)` is of float64,
  where TensorFlow has float32: write `float(np.sqrt(2.0))` or `math.sqrt(2.0)`.
- A list as an index gathers rows, as NumPy's does; TensorFlow reads `x[[0, 1]]` as `x[0, 1]`.
- `v += 1` makes a tensor of a variable's name; `v.assign_add(1)` assigns. A part of a variable is
  assigned to by `v.scatter_nd_update`, not by `v[:2].assign`.
- In a recorded `function`, `assert_positive` and others of `ngrad.debugging` look at values when a
  call has computed all, and assigned to variables: then they raise.
- Gradients are tensors; there are no `IndexedSlices` among them.
- `cond`, `while_loop`, `map_fn` and `scan` are Python: they run their functions where they are
  called. In a recorded `function` a condition that is computed has no value, and raises.
- `unique`, `segment_sum` (not `unsorted_segment_sum`), `dynamic_partition`, `dynamic_stitch`, and
  `sequence_mask` and `bincount` without a size look at values when they are called, since these
  decide a shape.
- Of equal indices in `tensor_scatter_nd_update` the last counts, and it alone has a gradient.
- An index, label or id out of range raises, where TensorFlow may skip it.
- Quotients of integers are of float64; TensorFlow has float32 for those of one byte or two.
- The gradient of `linalg.eigh` is symmetric, where TensorFlow has all of it in the triangle that is
  read.
- The second derivative of `nn.relu`, `relu6`, `leaky_relu` and `max_pool` is None, where TensorFlow
  has zeros. That of `nn.moments` is whole, where TensorFlow holds the mean fixed.
- The gradient of `softmax_cross_entropy_with_logits` is that of the formula for any labels;
  TensorFlow's takes them to add up to 1.
- Optimizers take Keras' arguments but for `use_ema`, `gradient_accumulation_steps` and
  `loss_scale_factor`: keep averages and sums of gradients in variables.
- Ties: [limits.md](limits.md).
"""


def paragraphs(space: str) -> Iterator[str]:
    reasons = TENSORFLOW[space]
    yield f"\n## `{space}`\n\n| not there | |\n| --- | --- |"
    for reason in sorted(reasons, key=lambda reason: reason == YET):
        names = ", ".join(f"`{name}`" for name in reasons[reason])
        yield f"| {names} | {reason.replace('|', chr(92) + '|')} |"


def text() -> str:
    """The whole page."""
    return "\n".join([HEAD.rstrip("\n"), *(line for s in TENSORFLOW for line in paragraphs(s)), ""])


if __name__ == "__main__":
    TARGET.write_text(text())
