"""Sweeps on a Ray cluster: the same child process for each case, on whichever machine of it has a core to spare.

Nothing but Ray is shared: the files of the instance and of the plan to start from go out with each case, a row and the files of its
plan come back. A machine that is lost in the middle costs a retry, not a row.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from placement.files.reading import document_path, read_tree
from placement.sweep.case import Files, Row, Task, failed
from placement.sweep.collect import NotInstalled
from placement.sweep.run import DIED, contained

RETRIES = 5
"""How often a case is begun anew whose machine was lost."""

DEATHS = 2
"""How often a case is begun anew whose process died without a word: the machine under it may be going down."""

POLL_SECONDS = 0.5


class Ray:
    """Cases on a Ray cluster, as many at a time as ``slots``, or as it has cores."""

    def __init__(self, address: str | None, slots: int | None, package: Path | None = None) -> None:
        """Joins the cluster at an address (None: a new one on this machine). Raises NotInstalled without Ray.

        ``package``: the folder that holds the code, where machines of the cluster are to take it from there.
        """
        try:
            import ray
        except ImportError:
            raise NotInstalled("the engine ray needs Ray: pip install 'fleet-placement[ray]', or take --engine local") from None
        self._ray = ray
        self._mine = not ray.is_initialized()
        if self._mine:
            environment = None if package is None else {"env_vars": {"PYTHONPATH": str(package)}}
            ray.init(address=address, log_to_driver=False, include_dashboard=False, runtime_env=environment)
        self.slots = slots or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._remote: Any = ray.remote(num_cpus=1, max_retries=RETRIES)(contained)
        self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="ray")
        self._instances: dict[Path, Any] = {}
        self._lock = threading.Lock()

    def submit(self, task: Task, stop: threading.Event) -> Future[tuple[Row, Files]]:
        return self._pool.submit(self._run, task, stop)

    def close(self) -> None:
        self._pool.shutdown()
        if self._mine:
            self._ray.shutdown()

    def _run(self, task: Task, stop: threading.Event) -> tuple[Row, Files]:
        """A case's row, begun anew where its process died; one that dies again and again is a row with an error."""
        for _ in range(DEATHS):
            row, files = self._once(task, stop)
            if row.error is None or not row.error.startswith(DIED) or stop.is_set():
                return row, files
        return self._once(task, stop)

    def _once(self, task: Task, stop: threading.Event) -> tuple[Row, Files]:
        """Waits for a case; one that is cancelled or whose machines were lost too often is a row with an error."""
        ray = self._ray
        try:
            handle = self._remote.remote(self._portable(task))
            while not ray.wait([handle], timeout=POLL_SECONDS)[0]:
                if stop.is_set():
                    ray.cancel(handle, force=True)
                    break
            found: tuple[Row, Files] = ray.get(handle)
            return found
        except ray.exceptions.RayError as error:
            return failed(task.case, f"{type(error).__name__}: {' '.join(str(error).split())}"), {}

    def _portable(self, task: Task) -> Task:
        """The task with the instance's files in place of its path."""
        if not isinstance(task.instance, Path):
            return task
        with self._lock:
            if task.instance not in self._instances:
                self._instances[task.instance] = instance_files(task.instance)
        return replace(task, instance=self._instances[task.instance])


def instance_files(path: Path) -> Files:
    """An instance's document, named so that its folder is an instance, and its tables. Raises InputErrors."""
    place = document_path(path)
    tree, _ = read_tree(place, place.name)
    stated = tree.get("tables")
    tables = [name for name in stated.values() if isinstance(name, str)] if isinstance(stated, dict) else []
    files = {f"fleet{place.suffix}": place.read_bytes()}
    for name in tables:
        with suppress(FileNotFoundError):  # The case says that it is missing.
            files[Path(name).name] = (place.parent / name).read_bytes()
    return files
