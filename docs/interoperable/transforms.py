"""Calls of the methods of SciPy's rotations and rigid transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.spatial.transform import RigidTransform, Rotation, Slerp

from interoperable.arrays import MOVED, SPD, M, Rows, X, library

VECTORS, COORDINATES = X[:4, :3], 0.3 * M[:, [0, 1, 2, 3, 4, 0]]

Calls = dict[str, Callable[[Any], Any]]

OF_VECTORS: Calls = {
    "from_rotvec": lambda x: Rotation.from_rotvec(x).as_matrix(),
    "from_mrp": lambda x: Rotation.from_mrp(x).as_matrix(),
    "from_euler": lambda x: Rotation.from_euler("xyz", x).as_matrix(),
    "from_davenport": lambda x: Rotation.from_davenport(
        library(x).eye(3), "extrinsic", x
    ).as_matrix(),
}
"""Ways to make a rotation of three numbers."""

OF_ROTATIONS: Calls = {
    "as_quat": lambda r: r.as_quat(),
    "as_matrix": lambda r: r.as_matrix(),
    "as_rotvec": lambda r: r.as_rotvec(),
    "as_mrp": lambda r: r.as_mrp(),
    "as_euler": lambda r: r.as_euler("xyz"),
    "as_davenport": lambda r: r.as_davenport(np.eye(3), "extrinsic"),
    "inv": lambda r: r.inv().as_quat(),
    "magnitude": lambda r: r.magnitude(),
    "mean": lambda r: r.mean().as_matrix(),
    "reduce": lambda r: r.reduce().as_quat(),
    "approx_equal": lambda r: r.approx_equal(r),
    "concatenate": lambda r: Rotation.concatenate([r, r]).as_quat(),
    "__mul__": lambda r: (r * r).as_quat(),
    "__pow__": lambda r: (r**2).as_quat(),
    "__iter__": lambda r: [one.as_quat() for one in r],
    "__getitem__": lambda r: r[1:].as_quat(),
    "__setitem__": lambda r: (r.__setitem__(0, r[1]), r.as_quat())[1],
    "__repr__": lambda r: len(repr(r)),
}

OF_TRANSFORMS: Calls = {
    "as_matrix": lambda t: t.as_matrix(),
    "as_exp_coords": lambda t: t.as_exp_coords(),
    "as_dual_quat": lambda t: t.as_dual_quat(),
    "as_components": lambda t: (t.as_components()[0], t.as_components()[1].as_quat()),
    "from_matrix": lambda t: RigidTransform.from_matrix(t.as_matrix()).as_matrix(),
    "from_exp_coords": lambda t: RigidTransform.from_exp_coords(t.as_exp_coords()).as_matrix(),
    "from_dual_quat": lambda t: RigidTransform.from_dual_quat(t.as_dual_quat()).as_matrix(),
    "from_components": lambda t: RigidTransform.from_components(*t.as_components()).as_matrix(),
    "from_rotation": lambda t: RigidTransform.from_rotation(t.as_components()[1]).as_matrix(),
    "from_translation": lambda t: RigidTransform.from_translation(t.as_components()[0]).as_matrix(),
    "identity": lambda t: RigidTransform.identity(len(t)).as_matrix(),
    "inv": lambda t: t.inv().as_matrix(),
    "mean": lambda t: t.mean().as_matrix(),
    "apply": lambda t: t.apply(t.as_components()[0]),
    "concatenate": lambda t: RigidTransform.concatenate([t, t]).as_matrix(),
    "__mul__": lambda t: (t * t).as_matrix(),
    "__pow__": lambda t: (t**2).as_matrix(),
    "__iter__": lambda t: [one.as_matrix() for one in t],
    "__getitem__": lambda t: t[1:].as_matrix(),
    "__setitem__": lambda t: (t.__setitem__(0, t[1]), t.as_matrix())[1],
}


def of(make: Callable[[Any], Any], function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of what is made of an array."""
    return lambda x: function(make(x))


TRANSFORMS: Rows = [
    *((f"Rotation.{name}", call, (VECTORS,)) for name, call in OF_VECTORS.items()),
    *(
        (f"Rotation.{name}", of(Rotation.from_rotvec, call), (VECTORS,))
        for name, call in OF_ROTATIONS.items()
    ),
    *(
        (f"RigidTransform.{name}", of(RigidTransform.from_exp_coords, call), (COORDINATES,))
        for name, call in OF_TRANSFORMS.items()
    ),
    ("Rotation.from_quat", lambda x: Rotation.from_quat(x).as_matrix(), (X[:4],)),
    ("Rotation.from_matrix", lambda x: Rotation.from_matrix(x).as_quat(), (SPD[:3, :3],)),
    ("Rotation.apply", lambda r, x: Rotation.from_rotvec(r).apply(x), (VECTORS, VECTORS)),
    (
        "Rotation.align_vectors",
        lambda x, y: Rotation.align_vectors(x, y)[0].as_matrix(),
        (VECTORS, MOVED[:4, :3]),
    ),
    ("Rotation", lambda x: Rotation(x).as_matrix(), (X[:4],)),
    (
        "RigidTransform",
        lambda x: RigidTransform(x).as_matrix(),
        (RigidTransform.from_exp_coords(COORDINATES).as_matrix(),),
    ),
    *(
        (
            f"Slerp{way}",
            lambda r: Slerp([0.0, 1.0], Rotation.from_rotvec(r))(0.3).as_quat(),
            (VECTORS[:2],),
        )
        for way in ("", ".__init__", ".__call__")
    ),
]
TRANSFORMS = [(f"transform.{name}", *row) for name, *row in TRANSFORMS]
