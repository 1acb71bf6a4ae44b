"""Lines of plain NumPy: what assigns to arrays, their views and copies, and what uses numbers."""

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
x[1] = 2**70
x[1] = None
np.put(x, [1], 3)
np.array(x, copy=None)[0] = 9
x[np.diag_indices_from(x[:, :3])] = 9
i = np.diag_indices(3); i[0][0] = 2; x[i] = 9
x.take([0, 1])[0] = 9
x.clip(None, None)[0] = 9
np.clip(x.astype("i1"), -500, 500)[0] = 9
x.repeat(1)[0] = 9
x.T[1] = -(2**70)
x[x > 3] = 2**70
x.fill(2**70)
np.put(x, [1, 5], 2**70)
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
x[0, :3] = np.histogram(x, 3, (2, 11))[0]
x[:, 1] = np.histogram(x, [1, 4, 6.5, 12], weights=x)[0]
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
NUMBERS = r"""
round(x[1], 2)
round(x[1])
int(x[1])
x[0] == True
f"{x[1]:.2f}"
f"{x[1]}"
"%d %s %.3f" % (n, x[1], x[1])
max(x)
min(x)
sum(x)
sorted(x)
sorted(x, reverse=True)
str(x[1])
list(range(n))
[1, 2, 3, 4, 5, 6][n]
"abc" * n
[0] * n
math.sqrt(x[1])
math.floor(x[1])
math.ceil(x[1])
math.trunc(x[1])
x[1].is_integer()
divmod(x[1], 2)
divmod(7, n)
abs(-x[1])
x[1] // 1
x[1] % 1
x[1] ** 2
2**n
n / 2
n // 2
-n
~n
n << 2
n & 1
n | 1
n ^ 1
n > 0
n in [1, 2, 3]
n in (2,)
3 in i
{n: 1}[2]
{2: 1}[n]
hash(n) == hash(2)
len({n, 2})
n == 2 and n < 3
not n
bool(x[0])
json.dumps({"a": float(x[1]), "b": int(n)})
x.tolist()
x[1].item()
list(x)
tuple(i)
[v * 2 for v in i]
dict(zip(i.tolist(), x.tolist()))
dict(zip(i, x))
list(map(int, x))
list(map(float, i))
any(x > 2)
all(x > 2)
list(zip(x, i))
list(enumerate(i))
list(reversed(x))
x[0] + x[1] * 2
x.mean() * 3
x.max() - x.min()
np.float64(x[1])
complex(x[1])
x[1].real
x[1].imag
x[1].conjugate()
x.std() > 1 or 5
x.sum() if x.sum() > 1 else 0
np.sqrt(x[1])
np.round(x[1], 1)
x[1].round(1)
x[1].astype(int)
x[1].dtype
x[1].shape
x[1].ndim
x[1].size
np.ndim(x[1])
np.isscalar(x[1])
np.shape(n)
n.dtype
(n + 1).dtype
(n * 2.5).dtype
(x[1] * n).dtype
(f[0] * 2.5).dtype
(f[0] * x[0]).dtype
(f[0] + n).dtype
(u[0] - 1)
(u[0] + 255).dtype
f.sum().dtype
u.sum().dtype
b.sum()
b.sum().dtype
b[0] and 5
b[0] is np.True_ or bool(b[0])
b[0] + b[1]
~b[0]
not b[0]
b[0] == 1
c[0].real
c[0].conjugate()
abs(c[0])
c[0] * 2
x[1].tolist()
x[1].copy()
x[1].T
x[1].any()
x[1].max()
x[1].sum()
x[1].mean()
x[1].argmax()
x[1].cumsum()
x[1].reshape(1)
x[1].flatten()
x[1].ravel()
x[1].squeeze()
x[1][()]
x[1][None]
len(x[1])
np.array([x[0], x[1]])
np.array([x[0], 1])
np.array([n, 1.5])
np.array((n, n))
np.array([[x[0], x[1]], [x[2], x[0]]])
np.zeros(n)
np.zeros((n, n))
np.ones([n, 3])
np.arange(n)
np.arange(x[1])
np.arange(0, n, 0.5)
np.linspace(0, 1, n)
np.eye(n)
np.full((n,), x[1])
np.full(n, n)
np.repeat(x, n)
np.tile(x, n)
np.roll(x, n)
np.reshape(np.arange(6), (n, 3))
np.arange(6).reshape(n, -1)
np.expand_dims(x, n - 2)
x.sum(axis=n - 2)
np.random.default_rng(0).integers(n)
np.random.default_rng(0).normal(size=n)
slice(n).indices(5)
list(itertools.islice(x, n))
functools.reduce(lambda a, b: a + b, x)
random.Random(0).choice(x)
random.Random(0).sample(list(i), 2)
statistics.mean(x.tolist())
operator.index(n)
copy.copy(x[1])
copy.deepcopy(n)
pickle.loads(pickle.dumps(x[1]))
n.bit_count()
int(x[1] * 10) % 3
x[n]
x[n - 1 : n + 1]
x[-n]
x[:n]
x[n:]
x[[n, 0]]
x[n,]
x[(n,)]
x.take(n)
np.take(x, n)
x.item(n)
x[int(n)]
x[n.item()]
np.unravel_index(n, (2, 2))
np.bincount(i)[n]
"{:5d}|{:<8.3f}|{:>6}".format(n, x[1], n)
"{0:e}".format(x[1])
f"{n:03d} {n:x} {n:+}"
f"{c[0]:.2f}"
f"{b[0]}"
str(n) + str(b[0]) + str(c[0])
math.isclose(x[1], 2.5)
math.gcd(n, 4)
math.comb(5, n)
math.factorial(n)
math.isnan(x[1])
math.log(x[1], n)
math.copysign(1, -x[1])
math.hypot(x[0], x[1])
math.fsum(x)
math.prod(i)
math.dist(x, x[::-1])
pow(n, 3, 5)
pow(x[1], 2)
bin(n)
hex(n)
chr(n + 65)
bytes(n)
x[1] <= x[2] <= 9
float("%.2f" % x[1])
int(str(n))
x.dtype.type(3)
np.int64(n)
np.float32(x[1])
np.bool_(n)
type(x[1].item())
sum(v for v in i if v > 1)
max(i, key=lambda v: -v)
min(x[0], x[1], 1)
max(n, 3)
x[1] == 2.5
x[1] != 2.5
x[1] in x
n in i
x[0] == x[0] and "y"
n * [0]
x + range(3)
range(3) * n
(0,) * n
[0] * x.argmax()
x[2].hex()
[7] * i[1]
i[2] * (1, 2)
""".strip().splitlines()
"""Expressions of what NumPy has scalars for: `n` is one, elements of the arrays are."""
