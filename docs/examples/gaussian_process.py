"""A Gaussian process whose height, length and noise make its data likeliest."""

import ngrad.numpy as np


def covariance(x, y, height, length):
    apart = (x[:, None] - y[None, :]) / length
    return height**2 * np.exp(-0.5 * apart**2)


def surprise(logs, x, y):
    """The negative logarithm of the marginal likelihood, up to a constant."""
    height, length, noise = np.exp(logs)
    factor = np.linalg.cholesky(covariance(x, x, height, length) + noise**2 * np.eye(len(x)))
    return 0.5 * np.sum(np.linalg.solve(factor, y) ** 2) + np.sum(np.log(np.diagonal(factor)))


def prediction(logs, x, y, at):
    """Mean and standard deviation of the function at other places."""
    height, length, noise = np.exp(logs)
    factor = np.linalg.cholesky(covariance(x, x, height, length) + noise**2 * np.eye(len(x)))
    across = np.linalg.solve(factor, covariance(x, at, height, length))
    mean = across.T @ np.linalg.solve(factor, y)
    return mean, np.sqrt(height**2 - np.sum(across**2, axis=0))


def data(count=40):
    draw = np.random.default_rng(3)
    x = np.sort(draw.uniform(0.0, 10.0, count))
    return x, np.sin(x) + 0.3 * x + 0.2 * draw.normal(size=count)


def main(count=40):
    from scipy.optimize import minimize

    import ngrad

    x, y = data(count)
    both = ngrad.function(ngrad.value_and_grad(surprise))

    def objective(logs):
        value, gradient = both(logs, x, y)
        return float(value), gradient.numpy()

    return minimize(objective, [0.0, 0.0, -1.0], jac=True, method="L-BFGS-B")


if __name__ == "__main__":
    found = main()
    print("height, length, noise:", np.exp(found.x).round(3), "surprise:", found.fun)
