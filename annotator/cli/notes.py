"""The command ``notes``: list, write, answer, close and export notes of a project."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.exit_codes import OK
from annotator.cli.options import add_video, one_video, track_id
from annotator.console import Console

if TYPE_CHECKING:
    from annotator.session import Session


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser."""
    p = commands.add_parser("notes", help="notes of a project: list, add, answer, close, export",
                            description="Refer to notes by the numbers that `list` shows, to tracks by theirs. Frames "
                            "count from 0.")
    p.set_defaults(command=_notes)
    p.add_argument("project", metavar="P.annot", help="the project")
    add_video(p)
    p.add_argument("--author", metavar="NAME", default="", help="your name, kept with what you write")
    p.add_argument("--json", action="store_true", help="print JSON")
    actions = p.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_state(actions.add_parser("list", help="show notes with their answers"))
    a = actions.add_parser("export", help="write notes to a file")
    a.add_argument("--out", required=True, metavar="FILE", help="a name that ends with .csv or .json")
    a.add_argument("--overwrite", action="store_true", help="replace an existing file")
    _add_state(a)
    a = actions.add_parser("add", help="pin a note to a frame")
    a.add_argument("text", metavar="TEXT", help="what it says")
    a.add_argument("--frame", type=int, required=True, metavar="N", help="the frame, from 0")
    a.add_argument("--track", type=int, metavar="NUMBER", help="the track that it is about")
    a.add_argument("--at", type=float, nargs=2, metavar=("X", "Y"), help="a place in pixels")
    for name, what in (("answer", "add an answer to a note"), ("change", "change the text of a note")):
        a = actions.add_parser(name, help=what)
        a.add_argument("note", type=int, metavar="NOTE", help="number of the note")
        a.add_argument("text", metavar="TEXT", help="what it says")
    a.add_argument("--answer", type=int, default=0, metavar="N", help="change its answer N instead, from 1")
    for name, what in (("close", "mark notes as done"), ("reopen", "mark notes as open"),
                       ("delete", "delete notes with their answers")):
        a = actions.add_parser(name, help=what)
        a.add_argument("notes", type=int, nargs="+", metavar="NOTE", help="number of a note")


def _add_state(a: argparse.ArgumentParser) -> None:
    a.add_argument("--state", choices=("open", "done"), help="only open, or only done ones (default: all)")


def _notes(args: argparse.Namespace, _: Console) -> int:
    from annotator.jobs.project import open_project, selected_videos
    from annotator.jobs.review.note_files import note_records, write_notes

    reads = args.action in ("list", "export")
    with open_project(Path(args.project), read_only=reads) as session:
        if not reads:
            return _edit(session, args)
        records = note_records(session.store, selected_videos(session, args.video), args.state)
    if args.action == "export":
        write_notes(records, Path(args.out), args.overwrite)
        print(json.dumps({"out": args.out, "notes": len(records)}) if args.json else
              f"{args.out}: {len(records)} notes")
    else:
        print(json.dumps(records) if args.json else
              "\n".join(line for record in records for line in _lines(record)) or "no notes")
    return OK


def _edit(session: Session, args: argparse.Namespace) -> int:
    from annotator.storage.edits import notes

    store = session.store
    store.author = args.author
    if args.action == "add":
        video = one_video(session, args.video)
        track = None if args.track is None else track_id(session, video, args.track)
        changed = [notes.add_note(store, video.id, args.frame, args.text, track, args.at and tuple(args.at))]
    elif args.action in ("answer", "change"):
        changed = [args.note]
        if args.action == "answer":
            notes.answer_note(store, args.note, args.text)
        else:
            notes.change_note(store, args.note, args.text, args.answer)
    else:
        changed = args.notes
        if args.action == "delete":
            notes.delete_notes(store, changed)
        else:
            notes.close_notes(store, changed, args.action == "close")
    step = store.history()[-1].label
    print(json.dumps({"notes": changed, "step": step}) if args.json else
          f"{step} ({'note' if len(changed) == 1 else 'notes'} {', '.join(map(str, changed))})")
    return OK


def _lines(record: dict[str, Any]) -> list[str]:
    about = "" if record["track"] is None else f", track {record['track']}"
    place = "" if record["x"] is None else f", at {record['x']:g},{record['y']:g}"
    lines = [f"{record['note']}  {record['state']}  {record['video']} frame {record['frame']}{about}{place}"]
    for number, message in enumerate(record["messages"]):
        who = f"{message['author'] or 'unknown'}, {message['time']}"
        lines.append(f"    {'answer ' + str(number) + ', ' if number else ''}{who}:")
        lines += [f"        {line}" for line in message["text"].split("\n")]
    return lines
