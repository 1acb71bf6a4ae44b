"""Corners that NumPy's own tests look into, as expressions, which `test_corners.py` evaluates:
of `np`, an array `SIZES` of 2, 3, 1 and 0, and a `CUBE` of 2 by 3 by 4.
"""

CORNERS = """
[np.arange(1, stop=3), np.arange(stop=3), np.arange(start=1, stop=3), np.arange(3, step=2)]
[np.arange(5, None), np.arange(5, None, 2), np.arange(0, 3, None), np.arange(3, None, -1)]
[np.signbit(np.linspace(a, -2, 5)) for a in (0, 0.0, -0.0)] + [np.signbit(np.arange(0.0, -2, -1))]
np.signbit(np.linspace(0.0, -2, 100000)[:2])
[np.ones((3, 2, 4))[np.zeros(s, bool)].shape for s in ((0,), (0, 2), (3, 0), (0, 0, 4))]
[np.ones((n, 2))[np.zeros(0, bool)].shape for n in (3, 40000)]
[np.ones((2, n))[:, np.zeros(0, bool)].shape for n in (3, 40000)]
[(X := np.arange(n)).__setitem__(np.zeros(0, bool), 5) or X.sum() for n in (3, 40000)]
[(X := np.arange(n)).__setitem__(np.zeros(0, bool), []) or X.sum() for n in (3, 40000)]
[np.arange(0, 3.5), np.arange(2, 5.5), np.arange(0, 5, 1.0), np.arange(0, 4, 1, 'f4')]
np.pad([1.0, 2.0], (1, 2), 'mean', stat_length=0)
np.pad([1.0, 2.0], (1, 2), 'median', stat_length=0)
np.histogram([0.2, 0.7], bins=2, range=(0, 1), weights=[1 + 2j, 3j])
np.bincount(np.array([1, 2], np.uint64), minlength=5)
np.r_[0 : 36 : np.complex64(5j)]
np.poly([[1.0, 2.0], [3.0, 4.0]])
np.poly([[0.0, 1.0], [-1.0, 0.0]])
np.polydiv([2, 6, 6, 1], [-1j, 1 + 2j, -(2 + 1j), 1])
np.nan_to_num(X := np.array([np.nan, 1.0]), copy=False) is X
np.nan_to_num(X := np.array([-np.inf, np.nan, 1.0]), copy=False) + X
np.nan_to_num(X := np.array([-np.inf, 1j]), copy=False) + X
np.diag(np.ones((3, 2)), 2)
np.diag(np.ones((3, 2)), -9)
np.diagonal(np.ones((2, 3, 2)), 5)
np.trace(np.ones((3, 2)), 5)
np.diagonal(np.ones((2, 0, 0), int), 0, 1, 2)
np.corrcoef(np.ones((0, 2)))
[np.isclose(1, 1, rtol=[1, 2]), np.isclose([1.0, 2.0], 1, [1, 0], np.array([0, 0.5]))]
[np.arange(2.0).conj(X := np.zeros(2)) is X, X, np.arange(2).conjugate(np.ones(2))]
[np.astype(np.int64(10), float), np.astype(np.array(1.5), int), np.astype(np.float32(2.5), 'i2')]
[np.full(2, 1 + 2j, dtype='f8'), np.full(2, np.complex64(1j), 'i4')]
[np.full_like([1.0, 2.0], [1j, 1]), np.full(2, 1j), np.full((), 2 + 1j, 'f4'), np.full(2, 1j, bool)]
np.concatenate([[1, 2], [3]], None, np.zeros(3))
np.stack([[1, 2], [3, 4]], 1, np.zeros((2, 2)))
np.dot(np.eye(2), np.eye(2), np.zeros((2, 2)))
[np.einsum('ii->i', np.eye(2), casting='no'), np.einsum('ij,j', np.eye(2), [3, 4], casting='safe')]
(np.ones((1,) * 64) + 1).sum()
[f(2**200, 2**100) for f in (np.equal, np.not_equal, np.less, np.less_equal, np.greater)]
[np.greater_equal(-(2**70), 1), np.equal(2**64, 2**64), np.less(3, 2**64)]
[np.add(np.arange(3), 1, casting='no'), np.sqrt(4.0, casting='no')]
[np.add(np.arange(3.0), np.float32(1), signature=('f4', None, None)), np.add(1, 2, out=...)]
[x.shape for x in np.modf(1.5, out=...)]
[np.add([1, 2], 1, out=np.zeros(2, int), where=k) for k in (1, [1, 0], (0.0, 1.5), np.int64(1))]
[np.sum([1, 2, 3], where=[1, 0, 1]), np.mean([1, 2, 3], where=[1, 0, 1]), np.any([3], where=0)]
[np.ldexp(np.ones(2, 'f4'), [1, 2], dtype='f8'), np.ldexp(1, 2, dtype='f8')]
[np.vecdot(np.ones((2, 3)), np.ones((2, 3)), axes=[0, 0, k], keepdims=True) for k in (0, 1)]
np.vecdot(np.ones((2, 3)), np.ones((2, 3)), axes=[0, 0], keepdims=True)
np.vecdot(np.ones((4, 3)), np.ones((4, 3)), out=np.empty((2, 4)))
np.nanmin(np.array([1 + 2j, np.nan, 3]))
np.nanmax(np.array([[1 + 2j, np.nan, 3], [0, 0, 0]]), axis=0)
np.nanvar(np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]]), axis=1, ddof=2)
np.nanvar(np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]]), axis=1, ddof=5)
np.average(np.arange(24.0).reshape(2, 3, 4), (2, 0), np.arange(8.0).reshape(4, 2))
np.trim_zeros([0, 1, 0, 2, 0])
np.trim_zeros((0, 1, 0), 'f')
np.sinc(np.array([0, 1 + 1j]))
[np.array([2 + 0j, -3j]) ** np.array([k, k - 1j]) for k in (2000.5, -2000.5, 1e308, -1e308)]
[np.array([2 + 0j]) ** np.array([k * 1j]) for k in (1e20, 1e300)]
[np.array([2 + 0j], np.complex64) ** 200.5, np.float_power([2 + 0j], [2000 + 1j])]
np.sign(np.array([complex(x, y) for x in (np.inf, -np.inf, np.nan) for y in (np.inf, np.nan, -1)]))
[np.split(np.arange(6.0), k) for k in (2.0, np.array(2), {2, 3}, [np.array(2)])]
[np.einsum('...i->i', np.ones(3)), np.einsum('...i,i->', np.ones(3), np.ones(3))]
[np.einsum(k, np.ones((3, 3, 3))) for k in ('...ii->...i', 'ii...->i...', 'i...i->i...', 'iii->i')]
[np.roll(np.arange(6), 1, axis=k) for k in (False, [0, 0], np.array(0))]
np.where([True, False], -1, np.array([1, 2], np.uint8))
np.where([True, False], np.array([1, 2], np.uint8), 300)
np.select([np.array([True, False])], [np.array([1, 2], np.uint8)], -1)
np.conj(np.array([True, False]))
np.linspace(0, 1, 1, retstep=True)[0]
np.pad(np.array([True, False, True]), 2, 'reflect', reflect_type='odd')
np.polyfit(np.arange(4, dtype='f4'), np.arange(4, dtype='f4') ** 2, 2, full=True)[4]
np.fft.fftn(np.ones((2, 2)), axes=())
np.multiply.accumulate(np.ones(3), axis=None)
np.emath.sqrt(np.array([-1, 4], 'f2'))
[np.reciprocal(np.array([0, 1, -1, 5], kind)) for kind in ('i1', 'i2', 'i4', 'i8')]
[np.reciprocal(np.array([0, 1, 5], kind)) for kind in ('u1', 'u2', 'u4', 'u8')]
np.array([[1.0, 2.0]]).ravel(None), np.ravel(np.array([1.0]), None), np.array([1.0]).flatten(None)
np.roll(np.arange(5), np.array([1, 2])), np.roll(np.arange(6), 1.5), np.roll(np.arange(3), [])
np.split(np.arange(6), [None]), np.array_split(np.arange(6), [2, None, 4])
np.einsum('...->', CUBE, optimize=True), np.einsum('i...->i', CUBE, optimize=True)
np.einsum('a...,...->a', CUBE, CUBE[0], optimize=True)
np.arange(3.0)[..., np.array(1)], CUBE[0, ..., np.array(1)], CUBE[..., 0, 1, np.array(1)]
np.polyval(np.poly1d([1, 2]), POLY)(3.0), np.polyval(POLY, np.array([1.0, 2.0]))
np.emath.sqrt([1, -4])
np.emath.sqrt(np.array([1.0, 4.0]))
np.emath.sqrt(np.array([-1], 'f4'))
np.emath.log10(-10.0)
np.emath.logn(2, [4, -8])
np.emath.power([2, 4], -2)
np.emath.arcsin([0, 3.0])
np.emath.arctanh(0.5)
np.interp([np.nan, 1.0, 0.0], [1.0], [2.0])
np.delete(np.arange(9000.0), [3, -1, 0])
np.delete(np.arange(9000.0).reshape(3, 3000), 1, axis=0)
np.interp(np.nan, [1.0], [2.0], left=0.0)
np.percentile(np.float32([1, 2, 3]), np.float64(50))
np.percentile(np.float32([1, 2, 3]), np.array(50.0))
np.quantile(np.array([1, 2, 3], np.float32), np.float64(0.5))
np.quantile(np.array([1, 2, 3], np.float32), 0.5)
np.array([1, 2]) == None
np.array([[1, 2]]) != None
np.array([1, 2]) == 'a'
np.array([1, 2]) != b'a'
np.array([1, 2], np.uint8) > -1
np.array([1, 2], np.uint8) == -1
np.array([1, 255], np.uint8) == 256
1000 > np.array([1, 2], np.int8)
np.equal(np.array([1, 44], np.uint8), 300)
np.array([1, 2**63 - 1]) == 2**63
np.array([1, 2]) < 2**70
np.any(np.zeros(10000, np.uint8) == 256)
np.all(np.zeros(10000, np.uint8) >= -1)
np.array([2**60]) < np.array([2**60 + 1], np.uint64)
np.array([2**60 + 1], np.uint64) == np.array([2**60])
np.array([-1, 5, 2**62]) >= np.array([2**63 + 1, 5, 0], np.uint64)
np.array([2**63 + 1, 5, 0], np.uint64) > np.array([-1, 5, 2**62])
np.array([2**63 + 1, 0], np.uint64) != np.array(-1)
[X := np.arange(1100)] + [X := X[1:] for _ in range(1000)][-1:]
[X := np.ones((4, 3)), X.T[1].fill(3), R := X.ravel(), R[2:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X.T.reshape(-1), R[2:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X[:, 1].reshape(3, 1), R[2:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X[:, 1].ravel(), R[2:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X[::2].reshape(2, 2, 2), R[1:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X[::2].reshape(4, 2), R[2:].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := X.T.copy(), R[0].fill(1), R.ravel()[2:].fill(7), X, R][4:]
[X := np.arange(12).reshape(3, 4), X.T.flat.__setitem__(1, 9), X][2:]
[np.arange(6).flat[k] for k in ((), ..., (1,), ([0, 1],), [[0, 1], [2, 3]], np.ones(6, bool), True)]
[X := np.arange(4), X.flat.__setitem__(False, 9), X.flat.__setitem__(True, 8), X][3]
[X := np.arange(12).reshape(3, 4), R := np.ascontiguousarray(X.T), R[0].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := np.asfortranarray(X), R[0].fill(7), X, R][3:]
[X := np.arange(12).reshape(3, 4), R := np.require(X, None, 'F'), R[0].fill(7), X, R][3:]
[X := np.ones(20000), R := X[:3], Y := X + 1, X.__setitem__(slice(2, 9), [5.0]), X, R, Y][4:]
np.ascontiguousarray(3) + np.asfortranarray(4)
np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0).ravel('K')
np.arange(24).reshape(2, 3, 4).T.ravel('A')
np.reshape(np.arange(6), (2, 3), order='f')
np.arange(6).reshape(2, 3).flatten('f')
np.arange(6).reshape(1, 2, 3).transpose(np.array([2, 0, 1]))
np.arange(6).reshape(1, 2, 3).transpose(None)
f'{np.array(0.1, np.float32)} {np.array([1.5, 2.0])} {np.array(3)}'
np.linalg.cond([[np.nan, 1.0], [2.0, 3.0]], 1)
np.linalg.cond([[np.nan, 1.0], [2.0, 3.0]], 'fro')
np.linalg.cond([[1.0, 2.0], [2.0, 4.0]], -1)
np.einsum('ij,jk->ik', np.ones((3, 1)), np.ones((4, 2)))
np.einsum('ij,ij->ij', np.ones((3, 1)), np.ones((1, 2)))
np.einsum('ij,j', np.ones((2, 2), np.int8), np.ones(2, np.int8), dtype='f8')
np.geomspace(1, 1000, 4, dtype=int)
np.geomspace(0.3, 20.3, 3)[[0, -1]]
np.geomspace(1, 1000, 3, endpoint=False)
np.geomspace(-1000, -1, 1)
np.array([[0, 7, 2], [4, 1, 9]]).argpartition(np.array([], np.int16))
np.array([[0, 7, 2], [4, 1, 9]]).argpartition(np.array([], np.int16), 0)
np.array([4, 0, 2]).argpartition(np.arange(0), None)
np.geomspace(1j, 16j, 5)
np.geomspace([1.0, 2.0], [100.0, 200.0], 3, axis=1)
np.logspace(0, 3, 4, dtype=int)
np.logspace(0, 3, 4, base=[2.0, 10.0])
np.logspace([0, 1], 3, 4, base=np.array([2.0, 10.0]), axis=1)
np.vstack((np.arange(2), np.arange(2.0)), dtype=int, casting='unsafe')
np.block(np.arange(3))
np.pad(np.zeros(2, np.uint8), 1, constant_values=-1)
np.stack([np.float32(1.0), 1.0])
np.cov(np.ones((1, 3)), ddof=0, rowvar=False)
np.select([True], [0], default=[0])
np.piecewise([1, 2], np.array([True, False]), [2, 3])
np.piecewise(np.array(3.0), np.array(3.0) > 3, [4.0, 0.5])
np.nanargmin(np.array([np.nan, 2 + 1j, 1]))
np.choose([1, 0], (0.5, np.array([1, 3], np.float32)))
np.concatenate([np.ones(1, np.float32), 1.0], axis=None)
np.add([1, 2], [2.5, 3.5], dtype=np.float32)
np.equal([1, 2], [2, 2], dtype=bool)
np.logical_and([1, 2], [0, 3], dtype=bool)
np.sum(3, axis=0) + np.max(2.5, axis=-1) + np.prod(3.5, axis=0, keepdims=True)
np.all(False, axis=0)
loads(dumps(np.sin))([0.5, 1.5])
loads(dumps(np.add)).reduce([1, 2])
np.array([2, 4], np.uint64) ** np.array([-1])
np.clip(np.array([0, 7, 255], np.uint8), -1, 300)
np.clip(np.arange(5, dtype=np.int32), -(2**320), 3)
np.rollaxis(np.ones((1, 2, 3)), 2, -3)
np.moveaxis(np.ones((1, 2, 3)), range(2), np.array([1, 2]))
np.isclose(np.array(1.0, np.float32), 2, atol=0, rtol=(1 - 2e-16) / 2)
np.linalg.norm(np.ones((0, 2)), np.inf)
np.linalg.norm(np.ones((2, 0)), np.inf, axis=1)
np.linalg.norm(np.ones((0, 0)), 2)
np.abs(np.linalg.svd([[1.0, 0.0], [0.0, 0.0]], hermitian=True)[2])
np.array([2.5, 3.0])[1].is_integer()
np.array([2.5])[0].as_integer_ratio()
np.lexsort([3, 1, 2])
np.lexsort((3,))
np.lexsort((3, 1), axis=0)
np.sort([3, 1, 2], kind='quick') + np.argsort([3, 1, 2], kind='heap')
np.arange(3).astype(None)
np.matmul(np.ones((2, 2)), np.ones(2), axes=[(0, 1), 0, 0])
np.vecdot(np.ones((3, 2)), np.ones((3, 2)), axes=[np.int8(-2), np.int64(0)])
np.clip(np.arange(5), 1, 3, dtype=float)
np.clip(np.arange(5.0), None, 3, dtype=int, casting='unsafe')
np.array([0, 1]).choose([1, 2], [3, 4])
np.triu(np.ones((3, 3)), k=0.5)
[C := np.array([0, 1j, 1, 1j + np.nan, np.nan * 1j]), np.searchsorted(C, C, 'right')][1:]
np.vectorize(lambda x: x / 2 if x > 1 else 1)(np.arange(4))
np.vectorize(lambda x: x if x < 1 else x * 0.5)(np.arange(4))
np.resize(np.arange(3.0), np.array([2, 2]))
np.vectorize(lambda x, y: (x + y, x - y))(np.arange(3.0), [[1], [2]])
[np.format_float_positional(SIZES.astype(k)[0] / 7, 4) for k in 'efd']
[np.format_float_scientific(x[1]) for x in np.array([[1, 0.1]] * 2, 'f2')]
np.format_float_positional(np.array(0.1, 'f4')), np.format_float_scientific(1e-9)
[SIZES * POLY, SIZES[0] + POLY, SIZES @ POLY, SIZES == POLY, SIZES // POLY, POLY * SIZES[1]]
[X := SIZES + 0.5, X.__imul__(POLY)]
[float(np.quantile(SIZES, Fraction(1, 2))), float(np.percentile(SIZES, Fraction(25)))]
[X := np.array([3, 1, 2]), np.putmask(X, [1, 0, 1], [7.5]), np.putmask(X, [0, 1, 0], ['4']), X]
[X := np.zeros(3, int), np.choose([0, 1, 0], [SIZES[:3], SIZES[:3] + 0.7], X), X]
[X := np.zeros(3, int), np.array([0, 1, 0]).choose([[1, 2, 3], [1.7, 2.7, 3.7]], out=X), X]
[X := np.array([3, 1, 2]), np.copyto(X, [7, 8, 9], where=[1, 0, 1]), np.copyto(X, 4, where=0), X]
np.vectorize(lambda: 3.0, otypes='d')() + np.vectorize(lambda: 1)()
np.vectorize(lambda a, b: a + b, excluded={0, 1}, otypes='d')(3, np.array([1.0, 2.0]))
np.vectorize(lambda a, b: a + b, excluded={0, 'b'}, otypes='d')(3, b=SIZES)
np.vectorize(lambda x: x, signature='(n)->(n)')(np.zeros((0, 5)).T)
np.vectorize(lambda x: 2 * x, signature='(n,m)->(m,n)', otypes='d')(np.zeros((2, 0, 3, 4)))
loads(dumps(np.linalg.inv))(np.eye(2)) + loads(dumps(np.ix_))([0, 1])[0]
loads(dumps(np.random.seed))(3), loads(dumps(np.random.rand))(3)
np.array([[1, 2], [3, 4]], ndmax=2)
np.packbits(np.zeros((2, 0), bool), axis=1)
np.packbits(np.array(5), axis=-1)
np.unpackbits(np.uint8(5), axis=0)
np.unpackbits(np.array([[2], [131]], np.uint8), axis=1, count=-3, bitorder='little')
np.frexp(np.array([np.nan, -np.inf, 0.0, -3.0, 5e-324]))
np.ldexp(np.array([1.0, 5e-324, np.inf, -0.7]), [-1074, 2000, -5000, 10**6])
np.ldexp.reduce(SIZES)
[np.broadcast_to(SIZES[:1], SIZES[:2]), np.broadcast_to(SIZES[:1], SIZES[1])]
np.signbit(np.sum(np.array([[-0.0] * 40] * 2), axis=1))
np.add(1, 2, signature='dd->d')
np.add([1], [2], sig=(np.float64, None, None))
np.add([1], [2], signature=(None, None, np.float32))
np.equal([1], [2], signature='ii->?')
np.matmul(CUBE, CUBE, axes=[(1, 2), (2, 1), (1, 2)])
np.matmul(CUBE, np.swapaxes(CUBE, 1, 2), axes=[(-2, -1), (-2, -1), (0, 1)])
np.matmul(np.ones((2, 2), int), np.ones((2, 2), int), signature='dd->d')
np.vecdot(CUBE[0], CUBE[1].T, axes=[1, 0, ()])
np.vecdot(CUBE, CUBE, axis=1, keepdims=True)
np.matvec(CUBE, np.arange(4), axes=[(0, 2), 0, -1])
np.vecmat(np.arange(2), CUBE[:, :, 0], axes=[(0,), (0, 1), (0,)])
np.subtract.accumulate(CUBE, axis=1)
np.divide.reduce([7.0, 2.0, 4.0], initial=3.0)
np.gcd.reduce([12, 18, 27])
np.hypot.reduce(CUBE, axis=(0, 2))
np.fmax.accumulate([np.nan, 2.0, np.nan, 1.0])
np.fmin.reduce([[np.nan, np.nan], [2.0, np.nan]], axis=1)
np.bitwise_xor.reduce(np.array([[5, 3], [6, 9]], np.uint8), axis=1)
np.bitwise_and.reduce([True, False], keepdims=True)
np.add.reduceat(np.arange(8, dtype=np.float32), [0, 4, 1, 5, 2, 6])
np.logaddexp2.reduceat(CUBE, [0, 2], axis=1)
[np.add.reduceat(CUBE, SIZES[k::-1], axis=2) for k in range(4)]
np.multiply.reduceat(CUBE, SIZES.astype('i4')[2:], 1), np.add.reduceat(CUBE * 0.5, SIZES[:1] - 1)
[np.arange(*bounds).dtype.kind for bounds in ((3, 9), (2.0, 5, 2), (5, 0, -2), (2**63, 2**63 + 2))]
np.bincount(SIZES.astype('u1')), np.bincount(SIZES, SIZES * 1.5, 7), np.bincount(SIZES, SIZES)
[x.copy().flags.c_contiguous for x in (CUBE.T, CUBE[::2, ::-1], CUBE.astype(complex).imag)]
[CUBE[0, ::2].astype(kind) for kind in (bool, 'f4', 'i8', complex)]
[np.logaddexp2.accumulate([[1, 0], [1, 1]], dtype=kind) for kind in (None, 'f4')]
[np.logaddexp2.reduce(np.ones(3, kind)) for kind in '?bHefd']
np.maximum.reduceat([3, 1, 2], np.array([], int))
np.hypot.reduceat([3, 1, 2], np.array([], int))
[np.subtract.accumulate(np.zeros(0)), np.hypot.accumulate(np.arange(0))]
np.power.accumulate(np.zeros((2, 0)), axis=1)
np.logical_or.accumulate(np.zeros((0, 2)))
np.float_power.accumulate(np.zeros((2, 0), int), axis=1)
[np.float_power.accumulate([[2], [3]], axis=1), np.heaviside.reduce([[2], [0]], axis=1)]
[np.add.reduceat(np.arange(4), [0, 2], axis=None), np.add.accumulate(CUBE, axis=(1,))]
[np.less.accumulate([True, False, False]), np.less.reduceat([True], [0])]
np.equal.reduce([3, 3, 0], dtype=bool)
[np.logical_and.reduce(CUBE, initial=0), np.logical_or.reduce([2], initial=None)]
np.logical_or.reduce(np.zeros((2, 0)), axis=1, initial=True)
np.logical_and.reduce([[1, 0]], 1, initial=False, where=[True, False], keepdims=True)
np.gcd.reduce([-4])
np.gcd.reduce([[-4, 6]], axis=0)
np.hypot.reduce([[-4.0]], axis=(0, 1))
np.hypot.reduce([[-4.0], [3.0]], axis=())
np.subtract.reduce(np.zeros((3, 0)))
np.hypot.reduce([[True]], axis=1)
np.hypot.reduce(np.zeros((3, 0), int), axis=1)
np.logaddexp.reduce(np.zeros((3, 0), np.float32), axis=1, keepdims=True)
np.gcd.reduce(np.zeros(0, int), initial=4)
np.fmax.reduce([complex(-np.inf, -1), np.nan])
np.fmin.reduceat([complex(np.inf, 1), np.nan, 2], [0, 2])
np.zeros((0, 4))[np.zeros((0, 4), bool)]
np.zeros((4, 0, 2))[:, np.zeros(0, bool)]
np.quantile(np.zeros((0, 3)), 0.5, axis=1)
np.quantile(np.zeros((3, 0), int), [0.2, 0.5], axis=0, keepdims=True)
np.nanquantile(np.zeros((3, 0), int), 0.5, axis=1)
np.quantile([True, False, True], 0.2, method='lower')
np.random.default_rng(np.arange(3)).random(2)
np.random.RandomState(np.arange(3)[1]).rand(2)
np.random.RandomState(3).shuffle(X := [1, 2, 3, 4, 5]) or X
[np.random.MT19937(SIZES).random_raw(), np.random.PCG64(SIZES[1]).random_raw()]
[*np.random.SeedSequence(SIZES, spawn_key=(SIZES[0],)).generate_state(2)]
np.random.default_rng([SIZES[0], 2]).random(2) + np.random.RandomState([3, SIZES[1]]).rand()
isinstance(np.random.default_rng(3).bit_generator, np.random.PCG64)
str(np.random.RandomState(3)), str(np.random.default_rng(3)), repr(np.random.RandomState(3))[:22]
np.random.RandomState(3).random_integers(5, size=4)
np.random.set_bit_generator(np.random.get_bit_generator())
np.random.default_rng(3).random(out=np.zeros((2, 3), order='F'))
np.random.default_rng(3).random(out=np.zeros((4, 3))[1:3])
np.random.default_rng(3).standard_normal(out=np.zeros((2, 3)).T)
np.random.default_rng(3).standard_exponential(out=CUBE.astype('f4').T, dtype='f4')
np.random.default_rng(3).permuted(CUBE[0].T)
np.random.default_rng(3).permuted(np.asfortranarray(CUBE[0]))
np.random.default_rng(3).permuted(CUBE[0, :, ::2].T)
np.random.default_rng(3).permuted(CUBE.transpose(1, 0, 2))
np.random.default_rng(3).permuted(CUBE[0], out=np.zeros((3, 4), order='F'))
np.random.default_rng(3).permuted(CUBE[0].T, out=np.zeros((4, 3), int))
np.random.default_rng(3).permuted(CUBE[0], out=np.zeros((8, 6))[::2, ::2].T)
np.random.default_rng(3).permuted(CUBE, axis=1, out=np.zeros((2, 3, 4)))
np.random.default_rng(3).binomial(np.array(10), np.array(0.5))
np.hypot(np.array([1], 'i2'), 2.5) + np.arctan2([True], 2)
np.logaddexp2(np.array([1, 2], 'i1'), np.array([0.5], 'f4'))
300 / np.array([5], 'i1') + np.array([5], 'u1') / -2
np.reciprocal(np.array([-3, -1, 1, 2, -128], 'i1'))
np.reciprocal([True])
np.rint(np.array([1.5 - 2.5j, -0.2 + 0.4j]))
np.round(np.array([complex(np.inf, 1.4), complex(1.6, np.nan), complex(-0.4, np.inf)]))
np.array([True]) // np.array([True])
divmod(np.array([True, False]), np.array([True]))
(np.array([True]) ** np.array([True]), np.array([True]) << np.array([True]), np.square([True]))
(np.round([True, False]), np.angle([True]))
np.array(2**63) + np.abs(2**63)
np.array(['1', '2.5'], dtype=float)
np.array([1.5, 300], dtype='f4')
[X := np.arange(3), Y := np.array(X, copy=False), Y.fill(7), X, np.array(X, copy=None, ndmin=2)][3:]
[X := np.arange(3.0), Y := np.real(X), Y.fill(7), X, setattr(X, 'real', [1, 2, 3]), X][3:]
[X := np.arange(4) * 1j, Y := X.real, Z := X.imag[1:], Y.fill(7), Z.__setitem__(1, 9), X, Y, Z][5:]
[X := np.ones((2, 3)) + 2j, X.real.T[0].fill(5), X[0].imag.fill(3), X.reshape(-1).real, X][3:]
[X := np.ones(3) + 2j, np.add.at(X.imag, [0, 0], 5.0), np.real(X)[1:].fill(4), X, X.real][3:]
[X := np.ones(3) + 2j, setattr(X, 'imag', X.real), setattr(X, 'real', [4, 5, 6]), X, X.real[1]][3:]
[X := np.array(2 + 1j), X.real.fill(7), X, X.real + X.imag][2:]
[X := np.arange(6).reshape(2, 3), Y := np.diagonal(X), Z := X.diagonal(1), X.fill(7), Y, Z][4:]
[X := np.arange(6).reshape(2, 3), X.T.flatten('K'), X.T.flatten('A'), X.T.reshape(6, order='A')]
[X := np.arange(5), X.__setitem__(range(2), 7), X.__setitem__(((2, 3),), 8), X, X[range(2)]][3:]
[X := np.arange(5.0), X.__setitem__(slice(2), ['1.5', '2']), X][2:]
np.arange(6).reshape(2, 3).reshape(3, 2, copy=False)
np.arange(6).reshape(2, 3)[:, :2].reshape(2, 2, 1, copy=False)
np.nanstd([[1, 2], [3, 5]], axis=1)
np.arange(24).reshape(2, 3, 4)[:, [1, -1], ..., 0]
np.arange(24).reshape(2, 3, 4)[:, 1, ..., [True, False, True, True]]
[np.max(np.zeros((0, 3), int), 0, initial=-4), np.min(np.zeros(0, 'u1'), initial=9)]
[np.max(np.zeros(0, bool), initial=True), np.nanmax(np.zeros(0), initial=2.25)]
[np.argmax(3, axis=0), np.argmin(3, -1, keepdims=True)]
[np.cumsum(3, axis=-1), np.nancumprod(2, axis=0)]
[np.var([1, 2], dtype='u1', where=[False, False]), np.std(np.ones(3), where=False, ddof=1)]
np.prod([2.0, 0.0], dtype=bool, where=[True, False])
[np.var([[1, 2], [3, 5]], 1, dtype=kind) for kind in '?bHiefdFD']
[np.var(np.array([1, 2, 4], kind), dtype=dtype) for kind in 'befd' for dtype in '?befD']
[np.std(np.array([1, 2j, 4], kind), dtype=dtype) for kind in 'FD' for dtype in '?bedFD']
[np.nanvar([[1, np.nan, 4, 2]], 1, dtype=kind) for kind in 'efdFD']
[np.nanstd([1, 3, 4], dtype=kind) for kind in '?bLefD']
[np.var(np.array(np.arange(300) % 100, k), dtype='f8', where=[True]) for k in '?bBhief']
[np.std(np.arange(n) % 5 > 0, dtype=k, where=[True]) for n in (256, 300) for k in 'fdD']
[np.mean(np.array(np.arange(300) % 3, k), dtype=k, where=[True]) for k in '?bBefF']
[np.var(np.array(np.arange(69999) % 3, 'e'), dtype=k, where=[True]) for k in 'fd']
[f(np.array(np.arange(69999) % 3, 'e'), dtype='f') for f in (np.nanmean, np.nanvar, np.nanstd)]
[f(np.array(3.0), axis=k) for f in (np.nanmean, np.nanvar, np.nanstd) for k in (0, -1)]
[f(np.array(3.0), axis=0, where=np.array(True)) for f in (np.mean, np.var, np.std)]
[np.power(np.zeros(0, int), k) for k in (-1, [-1], np.int8(-2))] + [np.zeros((0, 2), int) ** -1]
[f(prototype=CUBE).shape for f in (np.empty_like,)] + [np.zeros_like(a=CUBE), np.ones_like(a=CUBE)]
[np.abs(np.array([3 + 4j], k), dtype=d) for k, d in ('Ff', 'Dd', 'Fd')] + [np.abs(3j, dtype='d')]
[np.interp('1.5', [1, 2], [3, 4]), np.interp(1.5, ['1', '2'], [3, 4]), np.linalg.norm(['3', '4'])]
[np.cumulative_sum([[1, 2], [3, 4]], axis=(0,)), np.lexsort([[2, 1], [3, 3]], axis=0)]
[np.sum([[1, 0], [0, 0]], 1, dtype=bool), np.mean([0.5, 0], dtype=bool)]
[np.prod([2, 0], dtype=bool), np.trace([[0, 1]], dtype=bool)]
[np.cumsum([0, 2, 0], dtype=bool), np.cumprod([3, 2, 0], dtype=bool)]
np.nanvar([True, False, True], ddof=1)
np.sum([1, 2], initial=1.7)
np.max([1, 2], initial=3.7)
np.prod(np.array([2, 3], 'i1'), initial=300)
np.take([5, 6], [True, False])
np.take([5, 6], [])
np.sort_complex(np.array([3, 1], 'f4'))
np.linalg.cond(np.ones((0, 3, 3)))
np.histogramdd([1, 2])[0]
isinstance(np.histogramdd([1, 2])[1], list)
[np.any(None), np.all(None)]
np.histogramdd(np.ones((2, 2), 'f4'), 2, [(-1, 1), None])
np.digitize(np.array([4, 0, 5, 1], 'u2'), np.array([3, 2, 2, 2, 0], 'u4'))
np.digitize([0, -5], [-(2**63), 0, 2**63 - 1])
np.nanmedian([[1 + 2j, complex(np.nan, 0), 3 - 4j, np.nan], [4j, 1, 2, 1 - 1j]], axis=1)
[np.median([1 + 2j, np.nan, 3]), np.median(np.array([1j, 2], 'F'))]
np.exp2([complex(np.inf, 0), complex(-np.inf, 0), complex(np.nan, 0), 1 + 2j])
np.einsum('ij,jk->ik', [[True, False], [True, True]], [[True, False], [False, False]])
np.transpose([1], 0)
np.squeeze(3, axis=0)
np.roll(np.arange(5), (1, 2))
[X := np.ones((1, 1)), Y := np.squeeze(X), Y.fill(7), X][3:]
np.roll([[1, 2, 3], [3, 4, 5]], (1, 2), axis=1) + np.roll([[1, 2, 3], [3, 4, 5]], 1, axis=())
np.tile([1, 2], np.array([2, 1]))
np.pad([1.5, 2, 3], 2, lambda row, width, axis, options: row.__setitem__(slice(width[0]), 9))
np.random.default_rng(np.random.RandomState(3)).random(2)
np.split(CUBE, SIZES[0]) + np.array_split(CUBE, SIZES[1], axis=SIZES[2])
np.array_split([1, 2], 2.0)
[np.hsplit(CUBE[0], SIZES[0]), np.vsplit(CUBE[0], SIZES[2]), np.dsplit(CUBE, SIZES[0])]
[SIZES.transpose(k) for k in (np.int64(0), SIZES[3], np.array(-1))]
[np.squeeze(np.array(1.5), k) for k in (np.int64(0), SIZES[3], np.int8(-1))]
[np.fft.fftfreq(SIZES[1], 0.5), np.fft.rfftfreq(SIZES[1]), np.fft.fftfreq(np.int8(3))]
[np.fft.fftshift(CUBE, SIZES[2]), np.fft.ifftshift(CUBE, np.int64(2))]
[np.convolve(SIZES, SIZES, k) for k in (SIZES[0], SIZES[2], np.int8(0))]
[np.mgrid[0 : 1 : SIZES[1] * 1j], np.ogrid[0:2, 0 : SIZES[1] : SIZES[0] * 1j][1]]
np.r_[0 : 1 : SIZES[1] * 1j, SIZES[0] : SIZES[1]]
np.random.RandomState(3).permutation(SIZES[1]), np.random.default_rng(3).permutation(SIZES[1])
np.random.RandomState(3).multivariate_normal([1.0, 2.0], np.eye(2), SIZES[1])
np.random.default_rng(3).multivariate_normal([1.0, 2.0], np.eye(2), SIZES[1])
np.random.default_rng(3).normal(SIZES[1] / 2, 1.0, SIZES[:2])
np.trapezoid([1, 2, 3], x=[[0, 1, 2], [0, 2, 6]])
np.trapezoid([[1, 2, 3], [2, 1, 0]], x=[[[0, 1, 2]], [[0, 2, 6]]], axis=2 - 1 - 2)
[np.zeros(1, np.float32(2)), np.zeros(1, np.float64(2)), np.zeros(1, np.int8(2))]
np.cov([[1.0, 2, 4], [2, 1, 0.3]], dtype=float)
np.corrcoef([[1.0, 2, 4], [2, 1, 0.3]], dtype=float)
[np.tri(2, dtype=None), np.indices((2, 2), dtype=None), *np.indices((2, 2), None, True)]
""".strip().splitlines()
