"""Logistic regression by L-BFGS: SciPy minimises, with the gradient of plain NumPy code."""

import ngrad.numpy as np


def loss(weights, features, labels):
    """The mean cross-entropy, and a little weight decay."""
    scores = features @ weights[:-1] + weights[-1]
    return np.mean(np.logaddexp(0.0, scores) - labels * scores) + 1e-3 * np.sum(weights**2)


def data(count=400):
    at = np.arange(count * 3).reshape(count, 3) * 0.7
    features = np.sin(at) + 0.3 * np.cos(2.1 * at)
    labels = (features @ np.array([1.5, -2.0, 0.5]) + 0.25 + 0.2 * np.sin(at[:, 0] * 3) > 0) * 1.0
    return features, labels


def main(count=400):
    from scipy.optimize import minimize

    import ngrad

    features, labels = data(count)
    both = ngrad.function(ngrad.value_and_grad(loss))

    def objective(weights):
        value, gradient = both(weights, features, labels)
        return float(value), gradient.numpy()

    return minimize(objective, [0.0] * 4, jac=True, method="L-BFGS-B")


if __name__ == "__main__":
    found = main()
    print(found.x.round(3), found.fun)
