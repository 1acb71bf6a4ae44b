"""PageRank: where a walker is who follows links, and now and then starts anew anywhere."""

import ngrad.numpy as np


def ranks(links, damping=0.85, rounds=100, tolerance=1e-12):
    """The share of time at each page, of links[i, j]: whether page j links to page i."""
    count = len(links)
    out = links.sum(axis=0)
    moves = np.where(out > 0, links / np.where(out > 0, out, 1.0), 1.0 / count)
    share = np.full(count, 1.0 / count)
    for _ in range(rounds):
        before = share
        share = damping * (moves @ share) + (1.0 - damping) / count
        if np.abs(share - before).sum() < tolerance:
            break
    return share


def main(count=50):
    at = np.arange(count)
    links = ((at[:, None] * 7 + at[None, :] * 13) % 11 < 2).astype(float)
    links[at, at] = 0.0
    links[:, 3] = 0.0
    return ranks(links)


if __name__ == "__main__":
    share = main()
    print("most visited:", [int(k) for k in (-share.numpy()).argsort()[:5]])
