"""Random numbers by name: every quantity of every garden draws from a stream of its own.

A stream depends on the seed and its name alone, so that adding a garden or a node changes no other.
"""

import hashlib
import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def generator(seed: int, *names: str) -> np.random.Generator:
    """Make the random number generator that belongs to a seed and a name.

    Parameters
    ----------
    seed
        Seed of the season, zero or more.
    *names
        What the numbers are for: `("weather", "cloud")`.

    Returns
    -------
    numpy.random.Generator
        A PCG64 generator; the same seed and names always give the same numbers.
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    words = [int.from_bytes(digest[index : index + 4], "little") for index in range(0, 32, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=tuple(words))))


def autoregression(source: np.random.Generator, length: int, persistence: float) -> Floats:
    """Draw a stationary first-order autoregressive series of mean 0 and variance 1.

    Parameters
    ----------
    source
        Where the normal numbers come from.
    length
        How many values.
    persistence
        Correlation of a value with the one before it, 0 to below 1.

    Returns
    -------
    numpy.ndarray
        The series, shape (length,). A longer series begins with the shorter one.
    """
    fresh = math.sqrt(1 - persistence * persistence)
    noise = source.standard_normal(length).tolist()
    series = np.empty(length)
    value = noise[0]
    for index, shock in enumerate(noise):
        value = persistence * value + fresh * shock if index else shock
        series[index] = value
    return series
