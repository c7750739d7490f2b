"""The command line: parse, call jobs, print. It does no work, and imports nothing heavy before it is needed."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator import __version__, cli_edit, cli_formats
from annotator.console import Console, ConsoleHandler, one_line
from annotator.errors import Cancelled, SettingsError, UserError
from annotator.interrupts import INTERRUPTED, stopping

if TYPE_CHECKING:
    from annotator.jobs.config import PreannotateSettings
    from annotator.jobs.preannotate import JobProgress
    from annotator.model.track import Run, VideoRecord
    from annotator.session import Session

log = logging.getLogger(__name__)

#: Exit codes: fine; a bug; something the user can mend. `INTERRUPTED` is that of Ctrl-C.
OK, BUG, USER_ERROR = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 fine, 2 an error that its one line explains, 130 stopped."""
    parser, commands = _parser()
    args = parser.parse_args(_with_command(sys.argv[1:] if argv is None else argv, commands))
    console = Console(sys.stderr, quiet=getattr(args, "quiet", False))
    _log_to(console, args.verbose)
    try:
        return int(args.command(args, console) or OK)
    except UserError as error:
        console.line(f"error: {one_line(str(error))}")
        return USER_ERROR
    except (KeyboardInterrupt, Cancelled):
        console.line("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results has enough; Python's own last flush must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        console.line(f"error: {where}{error.strerror or error}: check the path, its permissions and the free space")
        return USER_ERROR


def _log_to(console: Console, verbose: bool) -> None:
    handler = ConsoleHandler(console)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Python's own warnings are for developers.
    logging.getLogger("py.warnings").setLevel(logging.WARNING if verbose else logging.ERROR)


# -- commands ----------------------------------------------------------------------------------------------------


def _preannotate(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs import preannotate
    from annotator.jobs.project import add_source, chosen_videos, open_project, opened_or_made

    if args.source and args.video:
        raise UserError("SOURCE and --video are both given: SOURCE adds a video, --video chooses one of the project's")
    settings, given = _settings(args)
    project = Path(args.project)
    opened = open_project(project) if args.resume else opened_or_made(project)
    with stopping() as cancel, opened as session:
        videos = {}
        for source in args.source:
            video, warnings = add_source(session, Path(source))
            for warning in warnings:
                log.warning("%s", warning)
            videos[video.id] = video
        chosen = list(videos.values()) or chosen_videos(session, args.video)
        runs: Sequence[tuple[VideoRecord, Run | None]] = [(video, None) for video in chosen]
        if args.resume:
            left = preannotate.unfinished(session, chosen)
            runs, fresh = left.runs, left.settings
        else:
            preannotate.check(session, chosen, settings)
            fresh = settings
        for number, (video, run) in enumerate(runs, 1):
            job = (preannotate.start(session, video, fresh, cancel) if run is None else
                   preannotate.resume(session, run, cancel, settings, given))
            finished = _follow(job, video.name, console)
            if finished:
                _print_run(session, video, project)
            if not finished or (cancel.cancelled and number < len(runs)):
                console.line(f"stopped; finished frames are kept in {project}, go on with --resume")
                return INTERRUPTED
    return OK


def _follow(job: Generator[JobProgress], name: str, console: Console) -> bool:
    """Run a job to its end and show how far it is. Returns whether it came to its last frame."""
    console.restart()
    console.progress(f"{name}  loading models")
    finished = False
    # Closed here, before the project is: it writes a last word about its run.
    with closing(job):
        for progress in job:
            finished = progress.done == progress.total
            console.progress(_progress_text(name, progress), finished)
    console.end()
    return finished


def _print_run(session: Session, video: VideoRecord, project: Path) -> None:
    run = session.store.runs(video.id)[-1]
    cuts = len(session.store.scene_cuts(run.id))
    print(f"{video.name}: run {run.id} {run.status}, frames {run.first_frame} to {run.finished_frame}, "
          f"{len(session.store.tracks(video.id))} tracks in {project}" + (f", {cuts} cuts" if cuts else ""))


def _progress_text(name: str, progress: JobProgress) -> str:
    speed = progress.frames_per_second
    left = (progress.total - progress.done) / speed if speed > 0 else 0
    return (f"{name}  {progress.done}/{progress.total}  {speed:.1f} fps  {int(left // 60)}:{int(left % 60):02d} left  "
            f"{len(progress.result.objects)} objects")


def _render(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.project import chosen_videos, open_project
    from annotator.jobs.render import RenderOptions, render

    options = RenderOptions(args.start, args.end, args.masks, args.trails, args.overwrite)
    with stopping() as cancel, open_project(Path(args.project), read_only=True) as session:
        videos = chosen_videos(session, args.video)
        if len(videos) > 1:
            raise UserError(f"{args.project} has several videos, and one file holds one: choose with --video "
                            f"({', '.join(video.name for video in videos)})")
        with closing(render(session, videos[0], Path(args.out), options, cancel)) as job:
            for done, total in job:
                console.progress(f"{videos[0].name}  {done}/{total}", done == total)
    console.end()
    print(args.out)
    return OK


def _evaluate(args: argparse.Namespace, console: Console) -> int:
    from annotator.evaluation import evaluate

    if (args.project is None) == (args.result is None):
        raise SettingsError("give either a project, to score its tracks, or --result FILE")
    if args.project is not None:
        return cli_edit.evaluate_project(args, console)
    preprocess = {"auto": None, "yes": True, "no": False}[args.preprocess]
    evaluation = evaluate(Path(args.gt), Path(args.result), preprocess=preprocess,
                          config=None if args.config is None else Path(args.config))
    print(json.dumps(evaluation.to_json()) if args.json else evaluation.table())
    return OK


def _benchmark(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs import benchmark
    from annotator.jobs.benchmark_report import report
    from annotator.jobs.benchmark_sequence import Outputs
    from annotator.jobs.datasets import DATASETS

    if args.detector is not None and args.detections is not None:
        raise UserError("--detector and --detections are both given: choose one source of detections")
    folder = None if args.detections is None else Path(args.detections)
    args.detections = None  # a folder here, and no setting of a run
    settings, given = _settings(args)
    if "scene_cuts" not in given:
        settings = replace(settings, scene_cuts=False)
    outputs = Outputs(args.masks, args.visualization)
    prepared = benchmark.plan(benchmark.BenchmarkRequest(
        DATASETS[args.dataset], Path(args.root), args.split, Path(args.out), settings, folder, _names(args.sequences),
        outputs))
    with stopping() as cancel:
        console.progress(f"{args.dataset} {args.split}  loading models")
        with closing(benchmark.run(prepared, cancel=cancel)) as job:
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


def _models(args: argparse.Namespace, console: Console) -> int:
    from annotator.engine import checkpoints

    if args.action == "list":
        return _list_models(args.json)
    if args.action == "verify":
        hashes = {name: checkpoints.verify(name) for name in args.name or [w.name for w in checkpoints.installed()]}
        lines = [f"{name}: sha256 {digest} is right" for name, digest in hashes.items()]
        print(json.dumps(hashes) if args.json else "\n".join(lines))
        return OK
    from annotator.engine.download import download

    if not args.name:
        raise UserError("no model named: give a name from `annotator models list`")
    paths = {name: str(download(name, progress=_byte_progress(name, console), mirror=args.mirror))
             for name in args.name}
    console.end()
    print(json.dumps(paths) if args.json else "\n".join(f"{name}: {path}" for name, path in paths.items()))
    return OK


def _list_models(as_json: bool) -> int:
    from annotator.engine import checkpoints

    there = {weights.name for weights in checkpoints.installed()}
    models = checkpoints.manifest()
    if as_json:
        print(json.dumps([{"name": w.name, "kind": str(w.kind), "installed": w.name in there, "size": w.size,
                           "licence": w.licence, "path": str(w.path()), "url": w.url, "good_for": w.good_for}
                          for w in models]))
        return OK
    print(f"models folder: {checkpoints.models_dir()}")
    for w in models:
        size = "built in" if w.built_in else "size unknown" if w.size is None else f"{w.size / 1e6:.0f} MB"
        mark = "installed" if w.name in there else "-"
        print(f"  {w.name:<17} {w.kind:<10} {mark:<10} {size:>12}  {w.licence:<11} {w.good_for}")
    return OK


def _byte_progress(name: str, console: Console) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        share = f" ({100 * done / total:.0f} %)" if total else ""
        console.progress(f"{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB{share}", done == total)

    return show


def _doctor(args: argparse.Namespace, _: Console) -> int:
    from annotator import doctor

    checks = doctor.report()
    print(json.dumps(doctor.as_data(checks)) if args.json else "\n".join(doctor.lines(checks)))
    return OK


def _relink(args: argparse.Namespace, _: Console) -> int:
    from annotator.jobs.project import open_project
    from annotator.storage.relink import relink
    from annotator.video import fingerprint

    project = Path(args.project)
    roots = [Path(root) for root in args.search] or [project.resolve().parent]
    with open_project(project) as session:
        report = relink(session.store, roots, fingerprint)
    for name in report.in_place:
        print(f"{name}: in its place")
    for name, path in report.found.items():
        print(f"{name}: found at {path}")
    if report.missing:
        raise UserError(f"not found below {', '.join(map(str, roots))}: {', '.join(report.missing)}. Give other "
                        "folders with --search")
    return OK


def _demo(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.demo import run_demo

    out = Path(args.out) if args.out else Path(tempfile.mkdtemp(prefix="annotator-demo-"))

    def show(name: str, progress: JobProgress) -> None:
        console.progress(_progress_text(name, progress), progress.done == progress.total)

    with stopping() as cancel:
        console.progress("demo  loading models")
        report = run_demo(out, args.device, show, cancel)
    console.end()
    if args.json:
        print(json.dumps(report.to_json()))
        return OK
    print(f"{report.frames} frames, {report.tracks} tracks, {report.seconds:.0f} s\n")
    print(f"{'':10}{'HOTA':>8}{'DetA':>8}{'AssA':>8}{'IDF1':>8}{'MOTA':>8}{'IDSW':>6}")
    for name, scores in (("sam2mot", report.scores), ("bytetrack", report.bytetrack)):
        print(f"{name:10}{scores.hota:8.1f}{scores.deta:8.1f}{scores.assa:8.1f}{scores.idf1:8.1f}{scores.mota:8.1f}"
              f"{scores.idsw:6d}")
    print(f"\nproject  {report.project}")
    for name, paths in report.exports.items():
        for path in paths:
            print(f"{name:<13}{path}")
    if not args.headless and _why_no_window() is None:
        console.line("opening the project in the window")
        return _run_window([report.project])
    return OK


# -- the window --------------------------------------------------------------------------------------------------


def _with_command(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """`annotator` alone opens the window, and so do projects and videos named without a command."""
    if not arguments:
        return ["window"]
    first = Path(arguments[0])
    if arguments[0] in commands or arguments[0].startswith("-") or not (first.suffix or first.exists()):
        return list(arguments)
    return ["window", *arguments]


def _window(args: argparse.Namespace, _: Console) -> int:
    reason = _why_no_window()
    if reason is not None:
        raise SettingsError(reason)
    return _run_window([Path(name) for name in args.files])


def _why_no_window() -> str | None:
    """What keeps the window from opening, in one line; None if nothing does."""
    missing = [name for name in ("PySide6", "pyqtgraph") if importlib.util.find_spec(name) is None]
    if missing:
        return (f"{' and '.join(missing)} is not installed, and the window needs it: pip install "
                "'sam2mot-annotator[window]'")
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        return ("there is no display to open the window on: run it in a desktop session, or use the other commands "
                "(see `annotator --help`)")
    return None


def _run_window(paths: Sequence[Path]) -> int:
    from annotator.ui.app import run

    return run(paths)


# -- arguments ---------------------------------------------------------------------------------------------------


def _parser() -> tuple[argparse.ArgumentParser, Collection[str]]:
    """The parser, and the names of its commands."""
    parser = argparse.ArgumentParser(prog="annotator", description="Pre-annotate videos with SAM2MOT, correct "
                                     "identities, export multi-object-tracking labels.")
    parser.add_argument("--version", action="version", version=f"annotator {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens, on standard error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_preannotate(commands)
    cli_formats.add_commands(commands)
    _add_render(commands)
    _add_evaluate(commands)
    cli_edit.add_commands(commands)
    _add_benchmark(commands)
    _add_models(commands)
    _add_others(commands)
    return parser, commands.choices


def _add_preannotate(commands: Any) -> None:
    from annotator.engine.settings import TRACKERS

    p = commands.add_parser("preannotate", help="detect and track whole videos into a project")
    p.set_defaults(command=_preannotate)
    p.add_argument("source", nargs="*", help="video files, image folders or MOT sequences; none: the project's own")
    p.add_argument("--project", required=True, metavar="P.annot", help="made if it is not there")
    p.add_argument("--config", metavar="FILE.yml", help="settings; what is given here as an option wins")
    p.add_argument("--detector", metavar="NAME|FILE", help="a name from `annotator models`, an ONNX model, or an "
                   "MMDetection checkpoint (.pth)")
    p.add_argument("--detector-config", metavar="NAME|FILE.py", help="of an MMDetection checkpoint")
    p.add_argument("--prompt", metavar="TEXT", help="what grounding-dino is to find: \"person . red car .\"")
    p.add_argument("--detections", metavar="FILE", help="detections from a file: MOTChallenge det.txt or COCO results")
    p.add_argument("--detections-run", type=int, metavar="RUN", help="detections that an earlier run stored")
    p.add_argument("--det-threshold", type=float, metavar="X", help="weaker detections are stored but not tracked")
    p.add_argument("--thresholds", metavar="adaptive|FILE.csv",
                   help="instead: found from the scores of the whole video (Otsu's method), or one per video name")
    p.add_argument("--on-existing", choices=("replace", "add", "propose"), help="what happens to machine tracks that "
                   "are there; human work always stays (default replace)")
    p.add_argument("--segmenter", metavar="NAME|PATH", help="sam2.1-large ... or any sam2/sam2.1 checkpoint")
    p.add_argument("--tracker", choices=TRACKERS)
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes")
    p.add_argument("--device", metavar="auto|cuda|cpu")
    p.add_argument("--start", type=int, metavar="N", help="first frame, from 0")
    p.add_argument("--end", type=int, metavar="N", help="last frame, itself included")
    p.add_argument("--scene-cuts", action=argparse.BooleanOptionalAction,
                   help="end every track where the video cuts to another view (default: yes)")
    p.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    _add_video(p)
    p.add_argument("--quiet", action="store_true", help="no progress")


def _add_render(commands: Any) -> None:
    p = commands.add_parser("render", help="draw a project's tracks over its video")
    p.set_defaults(command=_render)
    p.add_argument("project", metavar="P.annot")
    p.add_argument("--out", required=True, metavar="FILE.mp4")
    p.add_argument("--start", type=int, default=0, metavar="N", help="first frame, from 0")
    p.add_argument("--end", type=int, metavar="N", help="last frame, itself included")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--trails", type=int, default=30, metavar="N", help="frames of each track's way; 0 for none")
    p.add_argument("--overwrite", action="store_true", help="replace the file")
    p.add_argument("--quiet", action="store_true", help="no progress")
    _add_video(p)


def _add_evaluate(commands: Any) -> None:
    p = commands.add_parser("evaluate", help="HOTA, IDF1, MOTA of a result against ground truth")
    p.set_defaults(command=_evaluate)
    p.add_argument("project", nargs="?", metavar="P.annot", help="score its tracks, as runs left them and as they are")
    p.add_argument("--gt", required=True, metavar="DIR_OR_FILE")
    p.add_argument("--result", metavar="FILE", help="instead of a project")
    p.add_argument("--preprocess", choices=("auto", "yes", "no"), default="auto",
                   help="MOTChallenge's removal of distractors")
    p.add_argument("--config", metavar="FILE.toml", help="classes of Scalabel ground truth")
    _add_video(p)
    p.add_argument("--json", action="store_true")


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
    p.add_argument("--config", metavar="FILE.yml", help="settings; what is given here as an option wins")
    p.add_argument("--detector", metavar="NAME|FILE")
    p.add_argument("--detector-config", metavar="NAME|FILE.py", help="of an MMDetection checkpoint")
    p.add_argument("--prompt", metavar="TEXT", help="what grounding-dino is to find (default: the data set's classes)")
    p.add_argument("--detections", metavar="DIR", help="detections made elsewhere, a file per sequence: NAME.txt, "
                   "NAME/detections.txt, NAME/det/det.txt")
    p.add_argument("--det-threshold", type=float, metavar="X")
    p.add_argument("--thresholds", metavar="adaptive|FILE.csv", help="found from each sequence's scores, or one per "
                   "sequence name")
    p.add_argument("--segmenter", metavar="NAME|PATH")
    p.add_argument("--tracker", choices=TRACKERS)
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes (default: those of the data set)")
    p.add_argument("--device", metavar="auto|cuda|cpu", help="auto and cuda: every GPU, one worker each")
    p.add_argument("--scene-cuts", action=argparse.BooleanOptionalAction, help="default: no")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True, help="write masks/*.npz")
    p.add_argument("--visualization", action="store_true", help="write visualization.mp4")
    p.add_argument("--json", action="store_true")
    p.add_argument("--quiet", action="store_true", help="no progress")


def _add_models(commands: Any) -> None:
    p = commands.add_parser("models", help="list, download and verify weights")
    p.set_defaults(command=_models)
    p.add_argument("action", nargs="?", choices=("list", "download", "verify"), default="list")
    p.add_argument("name", nargs="*")
    p.add_argument("--mirror", metavar="URL", help="base address instead of the published one "
                   "(also the variable ANNOTATOR_MIRROR)")
    p.add_argument("--json", action="store_true")


def _add_others(commands: Any) -> None:
    p = commands.add_parser("window", help="open the window; so does `annotator` alone, or with files and no command")
    p.set_defaults(command=_window)
    p.add_argument("files", nargs="*", metavar="FILE", help="projects, videos, folders of images")
    p = commands.add_parser("doctor", help="what is installed, and what is missing")
    p.set_defaults(command=_doctor)
    p.add_argument("--json", action="store_true")
    p = commands.add_parser("relink", help="find the videos of a project that was moved")
    p.set_defaults(command=_relink)
    p.add_argument("project", metavar="P.annot")
    p.add_argument("--search", nargs="+", default=[], metavar="DIR", help="default: the project's folder")
    p = commands.add_parser("demo", help="pre-annotate, export and score the bundled clip")
    p.set_defaults(command=_demo)
    p.add_argument("--headless", action="store_true", help="do not open the window")
    p.add_argument("--out", metavar="DIR", help="default: a new temporary folder; nothing in it is replaced")
    p.add_argument("--device", default="auto", metavar="auto|cuda|cpu")
    p.add_argument("--json", action="store_true")
    p.add_argument("--quiet", action="store_true", help="no progress")


def _add_video(p: argparse.ArgumentParser) -> None:
    p.add_argument("--video", action="append", metavar="NAME", help="of the project's videos, this one (repeatable)")


#: Command line options that are settings of the same name.
_SETTINGS = ("detector", "detector_config", "prompt", "detections", "detections_run", "det_threshold", "thresholds",
             "on_existing", "segmenter", "tracker", "labels", "device", "start", "end", "scene_cuts")


def _settings(args: argparse.Namespace) -> tuple[PreannotateSettings, frozenset[str]]:
    """The settings, and the names of those that were given."""
    from annotator.jobs.config import read_settings

    given = {name: value for name in _SETTINGS if (value := getattr(args, name, None)) is not None}
    return read_settings(None if args.config is None else Path(args.config), given)


def _names(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


if __name__ == "__main__":
    sys.exit(main())
