"""Lloyd's algorithm: points are given to the nearest centre, centres move to their points."""

import ngrad.numpy as np


def lloyd(points, centres, rounds):
    """Centres, and to which each point belongs."""
    for _ in range(rounds):
        apart = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=-1)
        nearest = np.argmin(apart, axis=1)
        moved = np.zeros_like(centres)
        for k in range(len(centres)):
            own = points[nearest == k]
            moved[k] = own.mean(axis=0) if len(own) else centres[k]
        if np.all(moved == centres):
            break
        centres = moved
    return centres, nearest


def clouds(count):
    angles = np.arange(count) * 2.4
    radii = 0.5 * np.sqrt(np.arange(count) % 97 / 97)
    middle = np.array([[0.0, 0.0], [3.0, 0.5], [1.0, 3.0]])[np.arange(count) % 3]
    return middle + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def main(count=600):
    points = clouds(count)
    return lloyd(points, points[[0, 1, 5]], 50)


if __name__ == "__main__":
    print(main()[0])
