"""Lotka and Volterra's equations by Runge-Kutta's method, fitted to data through the integrator."""

import ngrad.numpy as np


def slope(state, rates):
    prey, hunters = state
    return np.array(
        [
            prey * (rates[0] - rates[1] * hunters),
            hunters * (rates[3] * prey - rates[2]),
        ]
    )


def trajectory(rates, start, step, count):
    """States at `count` times, a step apart: (count, 2)."""
    states = np.zeros((count, 2))
    states[0] = start
    for k in range(1, count):
        x = states[k - 1]
        a = slope(x, rates)
        b = slope(x + step / 2 * a, rates)
        c = slope(x + step / 2 * b, rates)
        d = slope(x + step * c, rates)
        states[k] = x + step / 6 * (a + 2 * b + 2 * c + d)
    return states


START = np.array([1.0, 0.5])
RATES = np.array([1.1, 0.9, 0.8, 0.7])


def misfit(rates, data):
    """Mean square distance of the trajectory from data."""
    return np.mean((trajectory(rates, START, 0.2, len(data)) - data) ** 2)


def main(steps=60):
    """The data, and rates fitted to them by gradient descent from wrong ones."""
    import ngrad

    data = trajectory(RATES, START, 0.2, 30)
    rates = np.array([0.9, 1.1, 0.7, 0.8])
    both = ngrad.function(ngrad.value_and_grad(misfit))
    for _ in range(steps):
        error, gradient = both(rates, data)
        rates = rates - 0.1 * gradient
    return data, rates, float(error)


if __name__ == "__main__":
    _, fitted, error = main(1000)
    print(f"true rates {RATES}, fitted {fitted.numpy().round(3)}, misfit {error:.2e}")
