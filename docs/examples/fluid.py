"""A fluid in two dimensions (J. Stam, Stable Fluids, 1999) whose first velocities are chosen so
that it carries ink into a picture.
"""

import ngrad.numpy as np


def project(x, y, rounds=10):
    """Velocities without divergence: the pressure by Jacobi's iteration."""
    n = len(x)
    divergence = (
        -0.5 / n * (np.roll(x, -1, 0) - np.roll(x, 1, 0) + np.roll(y, -1, 1) - np.roll(y, 1, 1))
    )
    p = np.zeros_like(x)
    for _ in range(rounds):
        around = np.roll(p, 1, 0) + np.roll(p, -1, 0) + np.roll(p, 1, 1) + np.roll(p, -1, 1)
        p = (divergence + around) / 4.0
    x = x - 0.5 * n * (np.roll(p, -1, 0) - np.roll(p, 1, 0))
    y = y - 0.5 * n * (np.roll(p, -1, 1) - np.roll(p, 1, 1))
    return x, y


def advect(f, x, y):
    """What has flowed to each place: read where it came from, between four neighbours."""
    rows, columns = f.shape
    down, across = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    from_row, from_column = down - x, across - y
    top, left = np.floor(from_row), np.floor(from_column)
    low, right = from_row - top, from_column - left
    r0, c0 = top.astype(int) % rows, left.astype(int) % columns
    r1, c1 = (r0 + 1) % rows, (c0 + 1) % columns
    upper = (1 - right) * f[r0, c0] + right * f[r0, c1]
    lower = (1 - right) * f[r1, c0] + right * f[r1, c1]
    return (1 - low) * upper + low * lower


def simulate(x, y, ink, steps):
    for _ in range(steps):
        x, y = project(advect(x, x, y), advect(y, x, y))
        ink = advect(ink, x, y)
    return ink


def pictures(n):
    """The ink at first, and where it shall be: a band, and a disc."""
    at = np.linspace(-1.0, 1.0, n)
    ink = np.exp(-8.0 * at[:, None] ** 2) * np.ones(n)
    wanted = np.exp(-6.0 * (at[:, None] ** 2 + at[None, :] ** 2))
    return ink, wanted


def misfit(velocities, ink, wanted, steps):
    return np.mean((simulate(velocities[0], velocities[1], ink, steps) - wanted) ** 2)


def main(n=20, steps=6, rounds=10):
    """The distance from the picture, before and after gradient descent in the first velocities."""
    import ngrad

    ink, wanted = pictures(n)
    velocities = np.zeros((2, n, n))
    both = ngrad.value_and_grad(lambda v: misfit(v, ink, wanted, steps))
    errors = []
    for _ in range(rounds):
        error, gradient = both(velocities)
        errors.append(float(error))
        velocities = velocities - 40.0 * gradient
    return errors


if __name__ == "__main__":
    print([round(error, 4) for error in main(40, 12, 30)])
