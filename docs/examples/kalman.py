"""Kalman's filter of a body that drifts, with the noise that makes what was measured likeliest."""

import ngrad.numpy as np

MOVE = np.array([[1.0, 1.0], [0.0, 1.0]])  # of place and speed, in a step
JOLT = np.array([[1.0 / 3.0, 0.5], [0.5, 1.0]])


def follow(logs, seen):
    """Places and their variances after each measurement, and how surprising all of these were."""
    drift, noise = np.exp(logs)
    state, spread = np.zeros(2), 10.0 * np.eye(2)
    places, variances, surprise = [], [], 0.0
    for value in seen:
        state = MOVE @ state
        spread = MOVE @ spread @ MOVE.T + drift * JOLT
        error, total = value - state[0], spread[0, 0] + noise
        gain = spread[:, 0] / total
        state = state + gain * error
        spread = spread - np.outer(gain, spread[0])
        surprise = surprise + 0.5 * (np.log(total) + error**2 / total)
        places.append(state[0])
        variances.append(spread[0, 0])
    return np.array(places), np.array(variances), surprise


def surprise(logs, seen):
    return follow(logs, seen)[2]


def data(count=80):
    """Where the body was, and what was measured."""
    draw = np.random.default_rng(8)
    speed = np.cumsum(0.1 * draw.normal(size=count))
    place = np.cumsum(speed)
    return place, place + 1.5 * draw.normal(size=count)


def main(count=80):
    from scipy.optimize import minimize

    import ngrad

    _, seen = data(count)
    both = ngrad.function(ngrad.value_and_grad(surprise))

    def objective(logs):
        value, gradient = both(logs, seen)
        return float(value), gradient.numpy()

    return minimize(objective, [0.0, 0.0], jac=True, method="L-BFGS-B")


if __name__ == "__main__":
    found = main()
    print("drift, noise:", np.exp(found.x).round(4), "surprise:", found.fun)
