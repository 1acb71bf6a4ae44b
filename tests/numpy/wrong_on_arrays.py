"""Wrong operators, indices, methods and conversions of arrays as text, for `test_wrong.py`."""

ON_ARRAYS = """
A.reshape(True)
A.reshape(True, 12)
(A + 0.5).astype(int, casting='same_value')
A[7]
A[0, 9]
A[0, 0, 0]
A[..., ...]
A[::-1][..., ...]
A['a']
A[1.5]
A[[0, 9]]
A[[0, 1], [0, 1, 2]]
A[M]
A.flat[None]
A.flat[None,]
A.flat[0, None]
A.flat[[True, False, True]]
A.flat[[True] * 12,]
A.flat[np.True_]
A.flat[0, 1]
A.flat[np.array([True, False])]
A.flat.__setitem__((), 3)
A.flat.__setitem__((...,), 3)
A.flat.__setitem__(None, 3)
A.flat.__setitem__([True] * 12, 3)
A[np.array([True, False])]
A[np.zeros((2, 0), bool)]
A[np.zeros((0, 5), bool)]
A[np.zeros((0, 4, 0), bool)]
A[0:2:0]
A[None, None, 0, 0, 0]
A[(None,) * 63]
A[(0,) * 2000000]
A[(np.array([0]),) * 2000000]
A.transpose(*[0] * 2000000)
A.reshape((1,) * 65)
V[np.array([0.5])]
V[{}]
V[-5]
V['x':]
A + S
A - S
A * S
A / S
A // S
A % S
A ** S
A @ B
A @ S
A < S
S + A
K & A
A | M
~A
A << 1
M - M
-M
A + 'a'
A + None
A + object()
A + {'a': 1}
A.reshape(5, 3)
A.reshape(-1, -1)
A.reshape(3, -1, 5)
A.reshape('a')
A.reshape(2.5, 2)
A.reshape(3, float('nan'))
A.transpose(())
A.transpose(0, 0)
A.transpose(0, 1, 2)
A.swapaxes(0, 5)
A.sum(axis=7)
A.mean(axis=(0, 0))
A.max(axis=-3)
A.argmin(axis=2)
A.std(axis=4)
A.cumsum(axis=3)
A.squeeze(axis=0)
A.repeat(-1)
A.repeat([1, 2])
A.repeat(2, axis=5)
A.take([99])
A.take([0], axis=4)
A.sort(axis=5)
A.argsort(axis=5)
A.partition(99)
A.diagonal(axis1=0, axis2=0)
A.trace(axis1=1, axis2=1)
A.astype('nonsense')
A.astype(int, casting='safe')
A.dot(B)
A.item()
A.item(99)
A.item(-13)
A.item(0, 9)
A.item(1.5)
A.fill('a')
K.fill('1.5')
A.fill({})
A.choose([A])
A.searchsorted(1.0)
A.put([99], 0.0)
A.nonzero(1)
A.ravel('x')
float(A)
int(A)
int(K[:1, :1])
float(V[:1])
complex(V[:1])
format(V[:1], '.2f')
K.__setitem__(0, float('nan'))
K.__setitem__((0, 0), 2**70)
A[0].__setitem__(0, 1j)
K.__setitem__((0, 0), 1j)
round(A)
np.broadcast_to(V, (2, 4)).__setitem__(0, 7.0)
np.broadcast_to(V, (2, 4)).fill(0.0)
(np.zeros(10000, np.uint8) + 256)
format(V, '.2f')
np.diagonal(A).__setitem__(0, 1.0)
np.diag(A).fill(1.0)
np.array([0, 0], np.uint8).__setitem__(slice(2), [1, 300])
K.__setitem__((0, 0), np.float64('nan'))
K.__setitem__(slice(1), np.float32('nan'))
K.fill(np.float64('inf'))
A.imag.__setitem__(0, 1.0)
np.imag(A).fill(1.0)
A.round(1.0)
V.sum(where=np.ones((5, 1), bool))
np.prod(np.ones(3), where=np.ones((2, 3), bool))
np.any(np.ones((3, 1)), where=np.ones((3, 4), bool))
np.nansum(np.ones(3), where=np.ones((2, 3), bool))
np.add.reduce(np.ones((3, 1)), None, where=np.ones((3, 4), bool))
np.cov(np.ones((2, 3)), dtype=int)
np.zeros(1, dtype=2)
np.zeros((2, 3), order='K')
np.ones((2, 3), order='A')
np.full((2, 3), 1.0, order='K')
np.zeros(np.array([[1, 3], [2, 2]]))
np.sum(A, initial=[0, 5])
np.max(A, initial=np.ones(2))
""".strip().splitlines()
