"""A figure of what each example finds, beside it: `python docs/examples/plots.py [name ...]`."""

import sys
from pathlib import Path

import fluid
import gaussian_process
import kalman
import kmeans
import logistic
import matplotlib
import matplotlib.pyplot as plt
import numpy
import ode
import pagerank

import ngrad
import ngrad.numpy as np

FOLDER = Path(__file__).parent


def plot_ode(axes):
    data, fitted, _ = ode.main(1000)
    times = 0.2 * np.arange(len(data))
    wrong = ode.trajectory(np.array([0.9, 1.1, 0.7, 0.8]), ode.START, 0.2, len(data))
    right = ode.trajectory(fitted, ode.START, 0.2, len(data))
    for k, (name, colour) in enumerate([("prey", "C0"), ("hunters", "C1")]):
        axes.plot(times, data[:, k], "o", color=colour, markersize=3, label=f"{name}, data")
        axes.plot(times, right[:, k], color=colour, label=f"{name}, fitted")
        axes.plot(times, wrong[:, k], ":", color=colour, label=f"{name}, at first")
    axes.set_xlabel("time")


def plot_kmeans(axes):
    points, centres, nearest = kmeans.clouds(210), *kmeans.main(210)
    axes.scatter(*points.T, c=nearest, s=4, cmap="Set2")
    axes.plot(*centres.T, "kx", label="centres")
    axes.set_aspect("equal")


def plot_pagerank(axes):
    share = np.sort(pagerank.main())[::-1]
    axes.bar(numpy.arange(len(share)), share)
    axes.set_xlabel("page, by its share")
    axes.set_ylabel("share of the walker's time")


def plot_logistic(axes):
    features, labels = logistic.data()
    weights = np.array(logistic.main().x)
    scores = features @ weights[:-1] + weights[-1]
    axes.scatter(scores[::2], labels[::2], s=4, label="labels")
    line = np.linspace(scores.min(), scores.max(), 100)
    axes.plot(line, 1.0 / (1.0 + np.exp(-line)), "C1", label="fitted probability")
    axes.set_xlabel("score")


def plot_fluid(axes):
    ink, wanted = fluid.pictures(40)
    velocities = np.zeros((2, 40, 40))
    gradient = ngrad.function(ngrad.grad(fluid.misfit))
    for _ in range(60):
        velocities = velocities - 40.0 * gradient(velocities, ink, wanted, 12)
    carried = fluid.simulate(velocities[0], velocities[1], ink, 12)
    axes.imshow(np.concatenate([ink, carried, wanted], axis=1), cmap="magma")
    for k in (40, 80):
        axes.axvline(k - 0.5, color="white")
    axes.set_title("ink at first, where the fluid carries it, and where it shall be")
    axes.set_axis_off()


def plot_gaussian_process(axes):
    x, y = gaussian_process.data()
    at = np.linspace(-1.0, 12.0, 120)
    mean, deviation = gaussian_process.prediction(gaussian_process.main().x, x, y, at)
    axes.plot(x, y, "o", markersize=3, label="data")
    axes.plot(at, mean, "C1", label="mean")
    low, high = mean - 2.0 * deviation, mean + 2.0 * deviation
    axes.fill_between(at, low, high, color="C1", alpha=0.25, label="two deviations")


def plot_kalman(axes):
    place, seen = kalman.data()
    found, variances, _ = kalman.follow(kalman.main().x, seen)
    steps, deviation = numpy.arange(len(seen)), np.sqrt(variances)
    axes.plot(steps, seen, "o", markersize=3, label="measured")
    axes.plot(steps, place, "k", linewidth=1, label="true")
    axes.plot(steps, found, "C1", label="filtered")
    low, high = found - 2.0 * deviation, found + 2.0 * deviation
    axes.fill_between(steps, low, high, color="C1", alpha=0.25, label="two deviations")
    axes.set_xlabel("step")


def main(names):
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ngrad", "font.size": 9})
    for name in names:
        figure, axes = plt.subplots(figsize=(6.0, 3.2), layout="constrained")
        globals()[f"plot_{name}"](axes)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    every = [name.removeprefix("plot_") for name in globals() if name.startswith("plot_")]
    main(sys.argv[1:] or every)
