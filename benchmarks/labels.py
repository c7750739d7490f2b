"""Compare the speed of importing and exporting boxes with that of another checkout.

``python -m benchmarks.labels --observations 1000000 --baseline ../old --json``: seconds of processor time to import a
MOTChallenge file as manual boxes and as predictions, and to export them again, in this checkout (``now``) and in
another (``before``), and ``speedup``, the ratio. Each measurement is a process of its own; the checkouts take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_OBJECTS = 50
_ROOT = Path(__file__).resolve().parents[1]


def measure(observations: int, human: bool) -> dict[str, float]:
    """Import and export in this process, with whatever checkout it imports."""
    from annotator.formats.base import ExportOptions
    from annotator.formats.registry import get_format
    from annotator.jobs.labels.export import export
    from annotator.jobs.labels.import_labels import import_labels
    from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
    from annotator.storage.store import Store
    class Grid:
        """Objects that move right by one pixel per frame."""

        def __iter__(self) -> Iterator[LabelledFrame]:
            for frame in range(frames):
                yield LabelledFrame(frame, tuple(
                    LabelledBox(k + 1, k % 2, (left := 180 * (k % 10) + frame % 150, top := 200 * (k // 10) + 10,
                                               left + 21.0, top + 21.0), 0.5) for k in range(_OBJECTS)), frame / 25)

    frames = max(observations // _OBJECTS, 1)
    options = ExportOptions(field_check=False)  # without the time that TrackEval takes to read the file
    info = SequenceInfo("clip", 1920, 1080, 25.0, frames, ("car", "truck"))
    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder) / "p.annot") as store:
        get_format("mot").write([(info, Grid())], Path(folder) / "in", options)
        video = store.add_video("clip", Path(folder) / "clip.mp4", 1920, 1080, frames, 25.0, "none")
        [path] = (Path(folder) / "in").rglob("gt.txt")
        start = time.process_time()
        import_labels(store, video, path, "mot", human)
        middle = time.process_time()
        export(store, [video], "mot", Path(folder) / "out", options)
        return {"import_s": round(middle - start, 3), "export_s": round(time.process_time() - middle, 3)}


def _in_checkout(root: Path, observations: int, human: bool) -> dict[str, float]:
    command = [sys.executable, str(Path(__file__).resolve()), "--observations", str(observations), "--child",
               "human" if human else "machine"]
    run = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE,
                         text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def compare(observations: int, baseline: Path | None, repeats: int) -> dict[str, Any]:
    """Medians over repeats, by kind of boxes."""
    checkouts = {"now": _ROOT, **({} if baseline is None else {"before": baseline.resolve()})}
    found: dict[str, Any] = {}
    for kind in ("human", "machine"):
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
        for _ in range(repeats):
            for name, root in checkouts.items():
                runs[name].append(_in_checkout(root, observations, kind == "human"))
                print(f"{kind}, {name}: {runs[name][-1]}", file=sys.stderr, flush=True)
        found[kind] = {name: {key: statistics.median(each[key] for each in every) for key in every[0]}
                       for name, every in runs.items()}
        if baseline is not None:
            found[kind]["speedup"] = {key.removesuffix("_s"): round(found[kind]["before"][key] / value, 2)
                                      for key, value in found[kind]["now"].items()}
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--baseline", type=Path, help="another checkout to compare with")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", choices=("human", "machine"), help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    args = parser.parse_args()
    if args.child:
        print(json.dumps(measure(args.observations, args.child == "human")))
        return
    from benchmarks.harness.results import emit, environment

    emit({**compare(args.observations, args.baseline, args.repeats), "observations": args.observations,
          "environment": environment()})


if __name__ == "__main__":
    main()
