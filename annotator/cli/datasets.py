"""Benchmark data sets on the command line: ``benchmark``."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.cli.exit_codes import INTERRUPTED, OK
from annotator.cli.interrupts import stopping
from annotator.cli.options import names, read_settings
from annotator.console import Console
from annotator.errors import UserError


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's."""
    _add_benchmark(commands)


def _benchmark(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.datasets import runs
    from annotator.jobs.datasets.layouts import DATASETS
    from annotator.jobs.datasets.report import report
    from annotator.jobs.datasets.sequence import Outputs

    if args.detector is not None and args.detections is not None:
        raise UserError("--detector and --detections are both given: choose one source of detections")
    folder = None if args.detections is None else Path(args.detections)
    args.detections = None  # a folder here, and no setting of a run
    settings, given = read_settings(args)
    if "scene_cuts" not in given:
        settings = replace(settings, scene_cuts=False)
    outputs = Outputs(args.masks, args.visualization)
    prepared = runs.plan(runs.BenchmarkRequest(
        DATASETS[args.dataset], Path(args.root), args.split, Path(args.out), settings, folder, names(args.sequences),
        outputs))
    with stopping() as cancel:
        console.progress(f"{args.dataset} {args.split}  loading models")
        with closing(runs.run(prepared, cancel=cancel)) as job:
            for progress in job:
                step = progress.step
                where = "" if step.is_last else f"  {step.done}/{step.total}  {step.frames_per_second:.1f} fps"
                console.progress(f"{progress.finished} of {progress.total} done  {progress.sequence}{where}",
                                 progress.finished == progress.total)
        console.end()
        if cancel.cancelled:
            console.line(f"stopped; finished sequences are kept in {args.out}, the same command goes on")
            return INTERRUPTED
    found = report(prepared)
    print(json.dumps(found.to_json()) if args.json else found.table())
    return OK


def _add_benchmark(commands: Any) -> None:
    from annotator.engine.settings import TRACKERS

    p = commands.add_parser("benchmark", help="track a benchmark data set, score it, compare with the published table")
    p.set_defaults(command=_benchmark)
    p.add_argument("dataset", choices=("dancetrack", "mot17", "uavdt", "bdd100k"))
    p.add_argument("root", metavar="ROOT", help="the data set's folder, laid out as it is published")
    p.add_argument("--split", required=True, help="train, val or test")
    p.add_argument("--out", required=True, metavar="DIR",
                   help="one folder per sequence; the same command goes on where it was stopped")
    p.add_argument("--sequences", nargs="+", metavar="NAME", help="only these; * and ? are understood")
    p.add_argument("--config", metavar="FILE.yml|NAME", help="settings, or the published systems' by their names "
                   "co-dino-l and grounding-dino-l; what is given here as an option wins")
    p.add_argument("--detector", metavar="NAME|FILE", help="a name from `annotator models`, an ONNX model, or an "
                   "MMDetection checkpoint (.pth); default: the best that is installed")
    p.add_argument("--detector-config", metavar="NAME|FILE.py", help="of an MMDetection checkpoint")
    p.add_argument("--prompt", metavar="TEXT", help="what grounding-dino is to find (default: the data set's classes)")
    p.add_argument("--detections", metavar="DIR", help="detections made elsewhere, a file per sequence: NAME.txt, "
                   "NAME/detections.txt, NAME/det/det.txt, or COCO results NAME.json")
    p.add_argument("--det-threshold", type=float, metavar="X", help="weaker detections are written but not tracked")
    p.add_argument("--thresholds", metavar="adaptive|FILE.csv", help="found from each sequence's scores, or one per "
                   "sequence name")
    p.add_argument("--segmenter", metavar="NAME|PATH", help="sam2.1-large ... or any sam2/sam2.1 checkpoint; default: "
                   "the best that is installed for the device")
    p.add_argument("--tracker", choices=TRACKERS, help="sam2mot follows masks (default); the others link boxes, to "
                   "compare with")
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes (default: those of the data set)")
    p.add_argument("--device", metavar="auto|cuda|cpu", help="auto and cuda: every GPU, one worker each")
    p.add_argument("--scene-cuts", action=argparse.BooleanOptionalAction, help="default: no")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True, help="write masks/*.npz")
    p.add_argument("--visualization", action="store_true", help="write visualization.mp4")
    p.add_argument("--json", action="store_true")
    p.add_argument("--quiet", action="store_true", help="no progress")
