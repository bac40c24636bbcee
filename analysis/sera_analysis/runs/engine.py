"""Engines that run the tasks: this process, several of them, or a Dask cluster; all with the same bytes."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from sera_analysis.errors import EngineMissingError
from sera_analysis.runs.tasks import make_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sera_analysis.runs.tasks import Figures, Task

# A window of a day takes about a tenth of a millisecond, so a batch of this cost takes 100 ms and more;
# bench/bench_jobs.py prints how long batches take.
BATCH_COST = 1500.0
_AHEAD = 3
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Engine(Protocol):
    """Runs tasks and yields the figures of each, in the order of the tasks."""

    def run(self, tasks: Iterable[Task]) -> Iterator[list[Figures]]:
        """Run tasks; they are taken from the iterable only as fast as they are done."""
        ...


class LocalEngine:
    """Runs the tasks in this process, one after the other."""

    def run(self, tasks: Iterable[Task]) -> Iterator[list[Figures]]:
        """Run the tasks."""
        for task in tasks:
            yield from make_batch([task])


class PoolEngine:
    """Submits batches of tasks to workers, a few ahead of what has come back.

    Parameters
    ----------
    submit
        Starts a function with its argument somewhere, and returns a future.
    workers
        How many batches can be worked on at once.
    batch_cost
        Least cost of a batch, in windows of a day.
    """

    def __init__(
        self, submit: Callable[[Callable[..., Any], list[Task]], Any], workers: int, batch_cost: float
    ) -> None:
        self._submit = submit
        self._ahead = workers * _AHEAD
        self._batch_cost = batch_cost

    def run(self, tasks: Iterable[Task]) -> Iterator[list[Figures]]:
        """Run the tasks, in batches of 100 ms and more."""
        waiting: deque[Any] = deque()
        batch_iterator = batches(tasks, self._batch_cost)
        first, second = next(batch_iterator, []), next(batch_iterator, None)
        if second is None:
            # One batch is done sooner in this process than a worker can begin with it.
            yield from make_batch(first)
            return
        for batch in chain((first, second), batch_iterator):
            waiting.append(self._submit(make_batch, batch))
            if len(waiting) >= self._ahead:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def batches(tasks: Iterable[Task], least_cost: float = BATCH_COST) -> Iterator[list[Task]]:
    """Group tasks into batches that are worth submitting."""
    batch: list[Task] = []
    cost = 0.0
    for task in tasks:
        batch.append(task)
        cost += task.cost
        if cost >= least_cost:
            yield batch
            batch, cost = [], 0.0
    if batch:
        yield batch


@contextmanager
def processes(workers: int, *, batch_cost: float = BATCH_COST) -> Iterator[Engine]:
    """Start processes of this machine; with one worker the tasks are done in this process."""
    if workers <= 1:
        yield LocalEngine()
        return
    # A fresh process has none of this one's threads and database connections.
    context = multiprocessing.get_context("spawn")
    with _single_threads(), ProcessPoolExecutor(workers, mp_context=context) as pool:

        def submit(function: Callable[..., Any], batch: list[Task]) -> Future[Any]:
            return pool.submit(function, batch)

        yield PoolEngine(submit, workers, batch_cost)


@contextmanager
def _single_threads() -> Iterator[None]:
    """Limit new processes to one thread each: several that share small matrices wait for one another."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def dask(
    scheduler: str | None = None, *, workers: int | None = None, batch_cost: float = BATCH_COST
) -> Iterator[Engine]:
    """Use a Dask cluster.

    Parameters
    ----------
    scheduler
        Address of its scheduler, such as `tcp://10.0.0.1:8786`; None for a cluster of this machine alone.
    workers
        Processes of a cluster of this machine; 0 for threads of this process.
    batch_cost
        Least cost of what is handed over at once, in windows of a day.

    Raises
    ------
    EngineMissingError
        Where Dask is not installed.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra that few have
    except ImportError as error:
        raise EngineMissingError("dask", "scale") from error
    if scheduler is not None:
        with Client(scheduler) as client:  # type: ignore[no-untyped-call]
            yield PoolEngine(_to(client), max(len(client.nthreads()), 1), batch_cost)
        return
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers or 1,
            threads_per_worker=1,
            processes=workers != 0,
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield PoolEngine(_to(client), workers or 1, batch_cost)


def _to(client: Any) -> Callable[[Callable[..., Any], list[Task]], Any]:
    def submit(function: Callable[..., Any], batch: list[Task]) -> Any:
        return client.submit(function, batch, pure=False)

    return submit
