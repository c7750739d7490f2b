"""The ``benchmark`` command: track and score a benchmark data set."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.cli.exit_codes import INTERRUPTED, OK
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.options import add_models, names, read_settings
from annotator.console import Console
from annotator.errors import UserError


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser."""
    _add_benchmark(commands)


def _benchmark(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.datasets import runs
    from annotator.jobs.datasets.layouts import DATASETS
    from annotator.jobs.datasets.report import report
    from annotator.jobs.datasets.sequence import Outputs

    if args.detector is not None and args.detections is not None:
        raise UserError("--detector and --detections cannot be combined: choose one source of detections")
    folder = None if args.detections is None else Path(args.detections)
    args.detections = None  # here it is a folder, not the run setting of the same name
    settings, given = read_settings(args)
    if "scene_cuts" not in given:
        settings = replace(settings, scene_cuts=False)
    outputs = Outputs(args.masks, args.visualization)
    prepared = runs.plan(runs.BenchmarkRequest(
        DATASETS[args.dataset], Path(args.root), args.split, Path(args.out), settings, folder, names(args.sequences),
        outputs))
    with cancel_on_interrupt() as cancel:
        console.progress(f"{args.dataset} {args.split}  loading models")
        with closing(runs.run(prepared, cancel=cancel)) as job:
            for progress in job:
                step = progress.step
                where = "" if step.is_last else f"  {step.done}/{step.total}  {step.frames_per_second:.1f} fps"
                console.progress(f"{progress.finished} of {progress.total} done  {progress.sequence}{where}",
                                 progress.finished == progress.total)
        console.end()
        if cancel.cancelled:
            console.line(f"stopped; finished sequences are kept in {args.out}; run the same command to continue")
            return INTERRUPTED
    found = report(prepared)
    print(json.dumps(found.to_json()) if args.json else found.table())
    return OK


def _add_benchmark(commands: Any) -> None:
    p = commands.add_parser("benchmark", help="track and score a benchmark data set, compare with published results")
    p.set_defaults(command=_benchmark)
    p.add_argument("dataset", choices=("dancetrack", "mot17", "uavdt", "bdd100k"), help="the data set")
    p.add_argument("root", metavar="ROOT", help="folder of the data set in its published layout")
    p.add_argument("--split", required=True, help="train, val or test")
    p.add_argument("--out", required=True, metavar="DIR",
                   help="output folder, one subfolder per sequence; repeat the command to continue a stopped run")
    p.add_argument("--sequences", nargs="+", metavar="NAME", help="only these sequences; * and ? are wildcards")
    add_models(p)
    p.add_argument("--prompt", metavar="TEXT", help="text prompt for grounding-dino (default: the data set's classes)")
    p.add_argument("--detections", metavar="DIR", help="precomputed detections, one file per sequence: NAME.txt, "
                   "NAME/detections.txt, NAME/det/det.txt, or COCO results NAME.json")
    p.add_argument("--det-threshold", type=float, metavar="X", help="do not track detections with a lower score")
    p.add_argument("--thresholds", metavar="adaptive|FILE.csv", help="thresholds derived from each sequence's scores, "
                   "or read from a file by sequence name")
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes (default: the data set's)")
    p.add_argument("--device", metavar="auto|cuda|cpu", help="auto and cuda use every GPU, one worker each")
    p.add_argument("--scene-cuts", action=argparse.BooleanOptionalAction, help="end tracks at scene cuts (default: no)")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True,
                   help="write masks/*.npz (default: yes)")
    p.add_argument("--visualization", action="store_true", help="write visualization.mp4")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--quiet", action="store_true", help="show no progress")
