"""Run five small programs over a tape, then train a classifier of handwritten digits."""

from __future__ import annotations

import argparse
import inspect
import time

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ngrad import config
from ngrad.cli import digits
from ngrad.cli.cache import describe, history
from ngrad.cli.programs import PROGRAMS

HELP = "five programs with their results, and a classifier trained on real digits"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--epochs", type=int, default=30, metavar="N", help="passes over the data (30)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of split and weights (0)")
    parser.add_argument(
        "--accuracy",
        type=float,
        default=0.97,
        metavar="SHARE",
        help="the test accuracy to reach (0.97); the exit code is 1 below it",
    )


def run(chosen: argparse.Namespace, console: Console) -> int:
    """Programs and training; 0 if all results are right and the accuracy is reached."""
    if chosen.epochs < 1:
        raise ValueError(f"--epochs: at least one, not {chosen.epochs}")
    right = show_programs(console)
    try:
        data = digits.load(chosen.seed)
    except ModuleNotFoundError:
        console.print(
            "The digits come with scikit-learn, which is not installed. In ngrad's checkout:\n"
            "    python -m pip install '.[demo]'",
            markup=False,
        )
        return 1
    reached = train(console, data, chosen)
    console.print(f"kernel cache {config.cache_folder()}: {describe()}", soft_wrap=True)
    console.print(f"kernels of this run: {history()}", soft_wrap=True)
    return 0 if right and reached else 1


def show_programs(console: Console) -> bool:
    """Run each program and print its results; whether all are right."""
    table = Table(title="Gradients of five programs", title_justify="left")
    for heading in ("program", "result", "is", "must be"):
        table.add_column(heading, justify="left" if heading in ("program", "result") else "right")
    right = True
    for program in PROGRAMS:
        label = inspect.getdoc(program) or program.__name__
        for result in program():
            style = None if result.right else "bold red"
            table.add_row(
                label, result.expression, f"{result.value}", f"{result.expected}", style=style
            )
            right, label = right and result.right, ""
    console.print(table)
    return right


def train(
    console: Console, data: tuple[digits.Split, digits.Split], chosen: argparse.Namespace
) -> bool:
    """Train and print the final table; whether the accuracy is reached."""
    rng = np.random.default_rng(chosen.seed)
    training, test = data
    model = digits.Classifier((training.images.shape[1], *digits.HIDDEN, digits.CLASSES), rng)
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs, loss {task.fields[loss]:.4f}"),
        TimeElapsedColumn(),
    )
    start = time.perf_counter()
    loss = float("nan")
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("training", total=chosen.epochs, loss=loss)
        for loss in digits.train(model, training, chosen.epochs, rng):
            progress.update(bar, advance=1, loss=loss)
    seconds = time.perf_counter() - start
    accuracy = model.accuracy(test)
    steps = chosen.epochs * -(-len(training.labels) // digits.BATCH)
    sizes = " - ".join(map(str, (training.images.shape[1], *digits.HIDDEN, digits.CLASSES)))
    table = Table(title="Handwritten digits", title_justify="left", show_header=False)
    for name, value in (
        ("images", f"{len(training.labels):,} for training, {len(test.labels):,} for testing"),
        ("layers", f"{sizes}, float32"),
        ("training", f"{chosen.epochs} epochs, {steps:,} steps of Adam in {seconds:.2f} s"),
        ("threads", f"{config.threads()}"),
        ("last epoch's loss", f"{loss:.4f}"),
        ("training accuracy", f"{model.accuracy(training):.2%}"),
        ("test accuracy", f"{accuracy:.2%} (to reach: {chosen.accuracy:.2%})"),
    ):
        table.add_row(name, value)
    console.print(table)
    return accuracy >= float(chosen.accuracy)
