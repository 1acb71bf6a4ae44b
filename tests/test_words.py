"""Programs that must work word for word, as a user would run them: with `import ngrad as tf`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = {
    "reduce": """
x = tf.ones((2, 2))
with tf.GradientTape() as t:
    t.watch(x); y = tf.reduce_sum(x); z = tf.multiply(y, y)
dz_dx = t.gradient(z, x)
for i in [0, 1]:
    for j in [0, 1]:
        assert dz_dx[i][j].numpy() == 8.0
""",
    "intermediate": """
x = tf.ones((2, 2))
with tf.GradientTape() as t:                      # gradient with respect to an intermediate value
    t.watch(x); y = tf.reduce_sum(x); z = tf.multiply(y, y)
assert t.gradient(z, y).numpy() == 8.0
""",
    "persistent": """
x = tf.constant(3.0)
with tf.GradientTape(persistent=True) as t:       # several gradients from one tape
    t.watch(x); y = x * x; z = y * y
assert t.gradient(z, x).numpy() == 108.0 and t.gradient(y, x).numpy() == 6.0
del t
""",
    "control flow": """
def f(x, y):                                      # control flow is recorded as it runs
    output = 1.0
    for i in range(y):
        if i > 1 and i < 5:
            output = tf.multiply(output, x)
    return output
def grad(x, y):
    with tf.GradientTape() as t:
        t.watch(x); out = f(x, y)
    return t.gradient(out, x)
x = tf.convert_to_tensor(2.0)
assert grad(x, 6).numpy() == 12.0 and grad(x, 5).numpy() == 12.0 and grad(x, 4).numpy() == 4.0
""",
    "higher order": """
x = tf.Variable(1.0)                              # higher order
with tf.GradientTape() as t:
    with tf.GradientTape() as t2:
        y = x * x * x
    dy_dx = t2.gradient(y, x)
d2y_dx2 = t.gradient(dy_dx, x)
assert dy_dx.numpy() == 3.0 and d2y_dx2.numpy() == 6.0
""",
}
IMPORT = "import ngrad as tf\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    exec(compile(IMPORT + PROGRAMS[name], name, "exec"), {"__name__": "__main__"})


def test_all_of_them_as_a_script(tmp_path: Path) -> None:
    """One after another in a fresh interpreter, with warnings as errors."""
    script = tmp_path / "programs.py"
    script.write_text(IMPORT + "".join(PROGRAMS.values()) + "print('done')\n")
    command = [sys.executable, "-W", "error", str(script)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")
