"""Lines of plain NumPy that assign to arrays, to views of them, and to copies."""

from __future__ import annotations

IDIOMS = """
np.swapaxes(x, 0, 1)[0] = 9
np.squeeze(x[:, :1])[...] = 9
np.expand_dims(x, 0)[0, 1] = 9
np.atleast_2d(x)[1] = 9
np.atleast_3d(x)[1] = 9
np.split(x, 3)[1][...] = 9
np.hsplit(x, 2)[0][0] = 9
np.vsplit(x, 3)[2][...] = 9
np.array_split(x, 2)[0][0] = 9
np.rot90(x)[0] = 9
np.flip(x)[0] = 9
np.flip(x, 1)[0] = 9
np.fliplr(x)[0, 0] = 9
np.flipud(x)[0] = 9
np.moveaxis(x, 0, 1)[0] = 9
np.rollaxis(x, 1)[0] = 9
np.asarray(x)[0] = 9
np.ravel(x)[2] = 9
np.reshape(x, (2, 6))[1] = 9
np.transpose(x)[0] = 9
np.permute_dims(x, (1, 0))[0] = 9
np.matrix_transpose(x)[0] = 9
np.unstack(x)[1][...] = 9
np.unstack(x, axis=1)[1][...] = 9
x[...][0] = 9
x[:][0] = 9
x[None][0, 1] = 9
x.view()[0] = 9
np.array(x, copy=False)[0] = 9
np.asanyarray(x)[0] = 9
np.ascontiguousarray(x)[0] = 9
np.real(x)[0] = 9
x.real[0] = 9
np.copyto(x[0], 3.0)
np.copyto(x[:, 1], [1.0, 2, 3])
np.put(x[0], [1], 7.0)
np.fill_diagonal(x, 5.0)
np.fill_diagonal(x[:2, :2], 5.0)
np.putmask(x, x > 3, [1.0, 2])
np.putmask(x[1], x[1] > 3, [1.0, 2])
x[0].fill(3)
x.fill(2)
x[1][::-1].sort()
x[::-1].sort(axis=0)
x[1].partition(2)
np.add.at(x[0], [0, 0], 1.0)
np.add.at(x, (slice(None), 1), 1.0)
x[[0, 1]][0] = 5
x[[0, 1], 1] += 2
np.nan_to_num(x, copy=False)
x.flat[3] = 9
x.flat[2:5] = 9
x.flat = 7.0
x.T.flat[1] = 8
np.diagonal(x) + 1
x.diagonal().copy()[0]
np.broadcast_arrays(x, x[0])
np.put_along_axis(x, np.array([[0], [1], [2]]), 9.0, 1)
np.put_along_axis(x[1], np.array([0]), 9.0, 0)
np.random.default_rng(0).shuffle(x[1])
np.random.default_rng(0).shuffle(x, axis=1)
x.reshape(-1)[::2] = 1
x.reshape(3, 2, 2)[:, 1] = 1
x.reshape(3, 2, 2).swapaxes(1, 2)[0, 0] = 4
x.ravel()[3] = 4
x.flatten()[3] = 4
x.swapaxes(0, 1)[1] = 3
x.squeeze()[0] = 3
x.transpose()[1:, 0] = 3
x.T[1] += x.T[0]
x[1:] = x[:-1]
x[::-1] = x
x[:, 1:] += x[:, :-1]
x[0], x[1] = x[1], x[0]
x[[0, 1]] = x[[1, 0]]
x[0, 0], x[1, 1] = x[1, 1], x[0, 0]
y = x[0]; x = x + 1; y[0] = 99
y = x; y += 1
y = x; y = y + 1
y = x[0]; y = y + 1
y = x[1:]; y *= y
y = x.T; y -= 1; y[0] = 5
y = x.reshape(4, 3); y[0] = x[0, :3]
for r in x: r[0] = -1
for r in x.T: r[0] = -1
for i, r in enumerate(x): r *= i
for a, b in zip(x, x[::-1]): a += b
for i, j in np.ndindex(2, 2): x[i, j] = i - j
for (i, j), v in np.ndenumerate(x): x[i, j] = v * 2
for i in range(3): x[i, :i] = 0
for i in np.arange(3): x[i, :i] = 0
for i in np.arange(3): x[i] += x[i - 1]
for k in np.argsort(x[0]): x[1, k] += k
m = np.argmax(x, axis=1); x[np.arange(3), m] = 0
k = np.int64(1); x[k][1] = 4; x[k:][0] = 2
k = np.array([1, 2])[0]; x[k][1] = 4; x[k, 1:][0] = 2
k = np.array([1, 2]).max(); x[k] *= 2; x[k][:2] = 0
k = np.array([1, 2]).sum() - 2; x[k][0] = 4
k = np.array(1); r = x[k]; r[0] = 44
k = np.random.default_rng(0).integers(3); x[k][0] = 4
k = np.random.default_rng(0).integers(3, size=2); x[k[1]][0] = 4
k = x.shape[0] - 1; x[k][0] = 4
a = x[1]; b = a[1:]; b[0] = 7; a *= 2; b += 1
a = x[:, 1]; x[1, 1] = 70; a[0] = a[1]
np.triu(x)[0] = 9
np.tile(x, 2)[0] = 9
np.repeat(x, 2, 0)[0] = 9
np.take(x, [0], 0)[0] = 9
np.take(x, 0, 0)[0] = 9
np.compress([True, False, True], x, 0)[0] = 9
np.delete(x, 0, 0)[0] = 9
np.abs(x)[0] = 9
(+x)[0] = 9
x.astype(float)[0] = 9
x.astype(float, copy=False)[0] = 9
np.array(x)[0] = 9
np.copy(x)[0] = 9
np.concatenate([x])[0] = 9
np.stack([x])[0] = 9
np.block([x])[0] = 9
np.sort(x)[0] = 9
np.where(True, x, 0)[0] = 9
np.clip(x, 0, None)[0] = 9
np.round(x)[0] = 9
np.lib.stride_tricks.sliding_window_view(x, 2, 0)
np.require(x)[0] = 9
np.select([x > 0], [x])[0] = 9
np.meshgrid(x[0], x[1], copy=False)[0]
np.meshgrid(x[0], x[1])[0][0] = 5
np.ix_([0], [1])
x[np.ix_([0, 2], [1, 3])] = 9
x[np.s_[1:, ::2]] = 9
x[..., 0] = 9
x[1, ...][0] = 9
x[True] = 9
x[np.array([True, False, True])] = 9
x[np.array([True, False, True]), 1] = 9
x[-1] = 9; x[-1, -1] = 8; x[-2:][0] = 7
del x; x = np.ones(3)
""".strip().splitlines()
"""What writes through views, or does not, in NumPy: `x` is a (3, 4) array of floats."""
LOOKING = """
np.place(x, x > 3, [1.0, 2])
x[x > 3] += 1
x[x > 3][0] = 5
i, j = np.unravel_index(np.argmax(x), x.shape); x[i, j] = 0; x[i] += 1; x[:, j] -= 1
i = np.searchsorted(x[0], 2.5); x[:i] = 0; x[1][i:] = 7
n = np.count_nonzero(x > 3); x[: n - 6] = 1; x.ravel()[n] = 55
k = np.where(x[0] > 1)[0][0]; x[k][k] = 4; x[k:, k] = 8
k = np.nonzero(x[0] > 1)[0]; x[k[0]][1] = 4
np.trim_zeros(x[0])[0] = 9
np.piecewise(x, [x > 0], [lambda v: v])[0] = 9
""".strip().splitlines()
"""The same by places that depend on values."""
