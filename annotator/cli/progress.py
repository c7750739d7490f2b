"""Progress lines on the console."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from annotator.console import Console

if TYPE_CHECKING:
    from annotator.jobs.tracking.preannotate import JobProgress


def run_job(job: Generator[JobProgress], name: str, console: Console) -> bool:
    """Run a job to its end and show its progress. Returns whether it reached its last frame."""
    console.restart()
    console.progress(f"{name}  loading models")
    finished = False
    # Close the job before the project is closed: the job still records the status of its run.
    with closing(job):
        for progress in job:
            finished = progress.done == progress.total
            console.progress(progress_text(name, progress), finished)
    console.end()
    return finished


def progress_text(name: str, progress: JobProgress) -> str:
    """Return the progress line of one video."""
    if progress.finishing:
        return f"{name}  {progress.total} frames read, storing them"
    speed = progress.frames_per_second
    left = (progress.total - progress.done) / speed if speed > 0 else 0
    return (f"{name}  {progress.done}/{progress.total}  {speed:.1f} fps  {int(left // 60)}:{int(left % 60):02d} left  "
            f"{len(progress.result.objects)} objects")


def byte_progress(name: str, console: Console) -> Callable[[int, int], None]:
    """Return a callback that shows download progress; it takes the bytes received and the total, 0 if unknown."""
    def show(done: int, total: int) -> None:
        share = f" ({100 * done / total:.0f} %)" if total else ""
        console.progress(f"{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB{share}", done == total)

    return show
