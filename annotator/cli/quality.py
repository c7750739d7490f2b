"""The commands for track quality: ``review`` lists likely errors, ``evaluate`` computes scores."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from annotator.cli.exit_codes import INTERRUPTED, OK
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.options import add_one_video, add_trust, add_video, one_video
from annotator.console import Console
from annotator.errors import SettingsError

#: The argument of ``evaluate`` for each value of ``--preprocess``.
_PREPROCESS: dict[str, bool | None] = {"auto": None, "yes": True, "no": False}


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    _add_review(commands)
    _add_evaluate(commands)


def _review(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.project import open_project
    from annotator.jobs.review import ranking

    kinds = ranking.kinds_named(args.kind)
    with cancel_on_interrupt() as cancel, open_project(
            Path(args.project), read_only=True, trusted=args.trust_project) as session:
        video = one_video(session, args.video)
        queue = None
        with closing(ranking.build(session, video, args.appearance, cancel)) as job:
            for progress in job:
                queue = progress.queue
                console.progress(f"{video.name}  {progress.done}/{progress.total}", queue is not None)
        console.end()
        numbers = {track.id: track.number for track in session.store.tracks(video.id)}
    if queue is None:
        return INTERRUPTED
    selected = queue.filtered(kinds)
    entries = [ranking.entry_json(entry, numbers) for entry in selected[:args.top]]
    if args.json:
        print(json.dumps({"video": video.name, "open": len(queue.open), "reviewed": queue.done, "entries": entries}))
        return OK
    for entry in entries:
        print(f"{entry['chance']:5.0%}  frame {entry['frame']:>6}  {entry['suggestion']['fix']:<6}  {entry['reason']}")
    print(f"{len(queue.open)} to review, {queue.done} reviewed")
    return OK


def _evaluate(args: argparse.Namespace, _: Console) -> int:
    from annotator.evaluation import evaluate

    if (args.project is None) == (args.result is None):
        raise SettingsError("give either a project or --result FILE")
    if args.project is not None:
        return _evaluate_project(args)
    evaluation = evaluate(Path(args.gt), Path(args.result), preprocess=_PREPROCESS[args.preprocess],
                          config=None if args.config is None else Path(args.config))
    print(json.dumps(evaluation.to_json()) if args.json else evaluation.table())
    return OK


def _evaluate_project(args: argparse.Namespace) -> int:
    """Score a project's tracks before and after correction."""
    from annotator.jobs.project import open_project, selected_videos
    from annotator.jobs.project_scores import score_project

    preprocess = _PREPROCESS[args.preprocess]
    with open_project(Path(args.project), read_only=True) as session, session.store.read_snapshot() as reader:
        scores = score_project(reader, selected_videos(session, args.video), Path(args.gt), preprocess)
    if args.json:
        print(json.dumps(scores.to_json()))
        return OK
    for name, evaluation in (("; ".join(["before correction", *map(str, scores.runs)]), scores.before),
                             ("now", scores.after)):
        if evaluation is not None:
            print(f"{name}\n{evaluation.table()}\n")
    if scores.no_before:
        print(f"no scores before correction: {scores.no_before}")
    for video in scores.videos:
        for switch in video.switches:
            print(f"{video.name}: frame {switch.frame}: object {switch.object} was track {switch.before} until frame "
                  f"{switch.last_frame} and is track {switch.after}")
    return OK


# -- arguments -----------------------------------------------------------------------------------------------------


def _add_review(commands: Any) -> None:
    p = commands.add_parser("review", help="list suspicious moments, most likely errors first")
    p.set_defaults(command=_review)
    p.add_argument("project", metavar="P.annot", help="the project")
    add_one_video(p)
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--top", type=int, metavar="N", help="only the first N moments")
    p.add_argument("--kind", action="append", default=[], metavar="KIND", help="only moments of this kind, such as "
                   "encounter, gap, missing (repeatable)")
    p.add_argument("--appearance", action=argparse.BooleanOptionalAction, default=True,
                   help="read the video and compare colours (default: yes)")
    add_trust(p)
    p.add_argument("--quiet", action="store_true", help="show no progress")


def _add_evaluate(commands: Any) -> None:
    p = commands.add_parser("evaluate", help="compute HOTA, IDF1 and MOTA against ground truth")
    p.set_defaults(command=_evaluate)
    p.add_argument("project", nargs="?", metavar="P.annot", help="score its tracks before and after correction")
    p.add_argument("--gt", required=True, metavar="DIR_OR_FILE", help="ground truth")
    p.add_argument("--result", metavar="FILE", help="score this file instead of a project")
    p.add_argument("--preprocess", choices=tuple(_PREPROCESS), default="auto",
                   help="remove distractors as MOTChallenge does")
    p.add_argument("--config", metavar="FILE.toml", help="classes of Scalabel ground truth")
    add_video(p)
    p.add_argument("--json", action="store_true", help="print JSON")
