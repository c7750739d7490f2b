"""The tables of a project file, and for each journaled one the table that keeps its replaced rows.

One SQLite file per project. Frames count from 0. Both ends of a range are inclusive; a ``last`` of NULL is open: to the
end of the tracklet for a span, to the end of the video for a mark.
"""

from __future__ import annotations

import math

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, text

from annotator.model.attribute import AttributeKind
from annotator.model.bounds import HIGHEST_RATE, LARGEST_COORDINATE, LONGEST_SIDE, MOST_FRAMES
from annotator.model.frame import EndReason, TrackState
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.storage.file.checked_types import (
    Bytes,
    Choice,
    Color,
    Document,
    FilePath,
    Flag,
    Frame,
    Name,
    Number,
    RangeEnd,
    Whole,
    Words,
    name_types,
)

#: "ANNO": distinguishes a project file from other SQLite files (``PRAGMA application_id``).
APPLICATION_ID = 0x414E4E4F
#: Version of this layout (``PRAGMA user_version``); migrations upgrade older files to it.
SCHEMA_VERSION = 8

#: Columns of a box.
EDGES = ("x1", "y1", "x2", "y2")
#: Longest encoding of a mask in bytes, and its largest distance from the frame in pixels.
LARGEST_MASK, LARGEST_PLACE = 1 << 25, int(LARGEST_COORDINATE)

metadata = MetaData()


def _reference(target: str) -> ForeignKey:
    # Deferred, because undo restores sets of rows in no particular order.
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


video = Table(
    "video", metadata,
    Column("id", Whole(), primary_key=True),
    Column("name", Name(), nullable=False),
    Column("path", FilePath(), nullable=False),
    Column("width", Whole(1, LONGEST_SIDE), nullable=False),
    Column("height", Whole(1, LONGEST_SIDE), nullable=False),
    Column("frame_count", Whole(), nullable=False),
    Column("fps", Number(HIGHEST_RATE), nullable=False),
    Column("size_bytes", Whole()),
    Column("fingerprint", Words(), nullable=False),
    # Videos are never deleted by an edit: everything that belongs to a removed one stays in place until `compact`.
    Column("removed", Flag(), nullable=False, server_default=text("0")),
    Index("video_name", "name", unique=True, sqlite_where=text("NOT removed")),
)

video_times = Table(
    "video_times", metadata,
    Column("video", _reference("video.id"), primary_key=True),
    Column("seconds", Bytes(8 * MOST_FRAMES), nullable=False),  # little-endian float64, one per frame
)

label = Table(
    "label", metadata,
    Column("id", Whole(), primary_key=True),
    Column("name", Name(), nullable=False, unique=True),
    Column("color", Color(), nullable=False),
    Column("position", Whole(-1), nullable=False, server_default=text("0")),  # in lists, keys and exports
    # Labels are never deleted: tracklets and runs are not rewritten, so they still refer to a removed label.
    Column("retired", Flag(), nullable=False, server_default=text("0")),
)

attribute = Table(
    "attribute", metadata,
    Column("id", Whole(), primary_key=True),
    Column("label", _reference("label.id")),  # NULL: tracks of every label have it
    Column("name", Name(), nullable=False),
    Column("kind", Choice(AttributeKind), nullable=False),
    Column("options", Document(), nullable=False),  # JSON list of the values of a choice
    Column("default_value", Document(), nullable=False),  # JSON; null for none
    Column("position", Whole(-1), nullable=False),
    Column("varies", Flag(), nullable=False, server_default=text("0")),  # values may change over time
)

detector_class = Table(  # detector classes that are mapped to a label of another name
    "detector_class", metadata,
    Column("name", Name(), primary_key=True),
    Column("label", _reference("label.id")),  # NULL: detections of this class are discarded
)

run = Table(
    "run", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("kind", Name(), nullable=False),
    Column("settings", Document(), nullable=False),
    Column("models", Document(), nullable=False),
    Column("labels", Document(), nullable=False),  # JSON list of label ids, in the run's own order
    Column("first_frame", Frame(-1), nullable=False),
    Column("last_frame", Frame(-1), nullable=False),
    Column("finished_frame", Frame(-1)),
    Column("on_existing", Choice(OnExisting), nullable=False),
    Column("status", Choice(RunStatus), nullable=False),
    Column("started", Name(), nullable=False),
    Column("message", Words(), nullable=False),
)

proposal = Table(  # runs whose tracklets await a person's decision
    "proposal", metadata,
    Column("run", _reference("run.id"), primary_key=True),
)

detected_frame = Table(  # distinguishes "nothing detected" from "not searched"
    "detected_frame", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    sqlite_with_rowid=False,
)

scene_cut = Table(  # first frames after the cuts that a run found
    "scene_cut", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    sqlite_with_rowid=False,
)

# Boxes are nullable only because SQLite stores NaN as NULL: detections are stored exactly as a detector returns them.
detection = Table(
    "detection", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    Column("number", Whole(), primary_key=True),
    *(Column(edge, Number(finite=False)) for edge in EDGES),
    Column("score", Number(finite=False)),
    Column("label", Whole(0, 2**31 - 1), nullable=False),
    sqlite_with_rowid=False,
)

checksum = Table(  # of the boxes, masks and detections of each frame of a run; see `annotator.storage.file.integrity`
    "checksum", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    Column("crc", Whole(), nullable=False),
    sqlite_with_rowid=False,
)

log_note = Table(  # the number with which the write-ahead log begins; see `annotator.storage.file.stale_log`
    "log_note", metadata,
    Column("id", Whole(), primary_key=True),
    Column("salt", Whole(-2**63, 2**63 - 1), nullable=False),
    Column("earlier", Name(), nullable=False),  # names the note before this one
)

tracklet = Table(
    "tracklet", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("run", _reference("run.id")),  # NULL: drawn by a person
    Column("number", Whole(), nullable=False),
    Column("label", _reference("label.id"), nullable=False),
    Column("first_frame", Frame(), nullable=False),
    Column("ended_frame", Frame(-1)),  # NULL: still alive, or its run was stopped
    Column("end_reason", Whole(0, max(EndReason))),
    UniqueConstraint("run", "number"),
    Index("tracklet_video", "video"),
)

observation = Table(
    "observation", metadata,
    Column("tracklet", _reference("tracklet.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    Column("video", Whole(), nullable=False),
    *(Column(edge, Number(LARGEST_COORDINATE)) for edge in EDGES),  # NULL while lost
    Column("score", Number(math.inf)),
    Column("state", Whole(0, max(TrackState)), nullable=False),
    Column("score_logit", Number(finite=False)),
    Column("iou_estimate", Number(finite=False)),
    Column("detection", Whole()),  # number of the matched detection in this frame of this run
    Column("detection_iou", Number(finite=False)),
    Column("flags", Whole(0, 3), nullable=False),  # 1 prompted, 2 re-prompted
    Column("occluded_by", Whole()),  # tracklet number in the same run
    Index("observation_video_frame", "video", "frame"),
    sqlite_with_rowid=False,
)

PROMPTED = 1
REPROMPTED = 2

mask = Table(
    "mask", metadata,
    Column("tracklet", _reference("tracklet.id"), primary_key=True),
    Column("frame", Frame(), primary_key=True),
    Column("left", Whole(-LARGEST_PLACE, LARGEST_PLACE), nullable=False),
    Column("top", Whole(-LARGEST_PLACE, LARGEST_PLACE), nullable=False),
    Column("width", Whole(0, LONGEST_SIDE), nullable=False),
    Column("height", Whole(0, LONGEST_SIDE), nullable=False),
    Column("rle", Bytes(LARGEST_MASK), nullable=False),
    sqlite_with_rowid=False,
)

track = Table(
    "track", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("number", Whole(), nullable=False),
    Column("label", _reference("label.id"), nullable=False),
    Column("name", Name(), nullable=False),
    Column("color", Color(), nullable=False),
    Column("review", Choice(ReviewState), nullable=False),
    Column("attributes", Document(), nullable=False),
    Column("review_author", Name(), nullable=False, server_default=text("''")),
    Column("review_time", Name(), nullable=False, server_default=text("''")),
    UniqueConstraint("video", "number"),
)

span = Table(
    "span", metadata,
    Column("id", Whole(), primary_key=True),
    Column("tracklet", _reference("tracklet.id"), nullable=False),
    Column("first", RangeEnd(), nullable=False),
    Column("last", RangeEnd()),
    Column("track", _reference("track.id"), nullable=False),
    CheckConstraint("last IS NULL OR last >= first"),
    Index("span_tracklet", "tracklet", "first"),
    Index("span_track", "track", "first"),
)

mark = Table(
    "mark", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("track", _reference("track.id")),  # NULL: the whole video
    Column("first", RangeEnd(), nullable=False),
    Column("last", RangeEnd()),
    Column("kind", Choice(MarkKind), nullable=False),
    Column("region", Document()),  # JSON list of [x, y] corners in pixels, for ignore regions
    CheckConstraint("last IS NULL OR last >= first"),
    Index("mark_video", "video", "first"),
    Index("mark_track", "track"),
)

# A value holds in its frames; in all others a track has the value in its row. The values of one name never overlap.
attribute_value = Table(
    "attribute_value", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("track", _reference("track.id"), nullable=False),
    Column("name", Name(), nullable=False),
    Column("first", RangeEnd(), nullable=False),
    Column("last", RangeEnd()),
    Column("value", Document(), nullable=False),  # JSON
    CheckConstraint("last IS NULL OR last >= first"),
    Index("attribute_value_video", "video", "first"),
    Index("attribute_value_track", "track"),
)

# A note stays at its frame when its track is deleted.
note = Table(
    "note", metadata,
    Column("id", Whole(), primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("track", _reference("track.id")),  # NULL: of no single track
    Column("frame", Frame(), nullable=False),
    Column("x", Number(LARGEST_COORDINATE)),  # place in pixels; both or neither
    Column("y", Number(LARGEST_COORDINATE)),
    Column("done", Flag(), nullable=False),
    Column("messages", Document(), nullable=False),  # JSON list of {author, time, text}: the note, then answers
    Index("note_video", "video", "frame"),
    Index("note_track", "track"),
)

history = Table(
    "history", metadata,
    Column("id", Whole(), primary_key=True),
    Column("label", Words(), nullable=False),
    Column("created", Name(), nullable=False),
    Column("run", _reference("run.id")),
    Column("undone", Flag(), nullable=False),
)

#: Tables whose replaced rows are kept for undo. For videos and labels, additions are not journaled: a removed one does
#: no harm, and a run may refer to it.
JOURNALED = (video, label, attribute, detector_class, proposal, tracklet, observation, mask, track, span, mark,
             attribute_value, note)


def _history_of(table: Table) -> Table:
    """``<table>_history``: for each step and row key, the row before the step, or the fact that it did not exist."""
    keys = {column.name for column in table.primary_key}
    columns = [Column(c.name, c.type, primary_key=c.name in keys, autoincrement=False) for c in table.columns]
    return Table(
        f"{table.name}_history", metadata,
        Column("step", _reference("history.id"), primary_key=True, autoincrement=False),
        *columns,
        Column("present", Flag(), nullable=False),
        Index(f"{table.name}_history_key", *sorted(keys, reverse=True)),
        sqlite_with_rowid=False,
    )


# Before the copies: the tables of replaced rows share the types.
name_types(metadata)
history_of: dict[str, Table] = {table.name: _history_of(table) for table in JOURNALED}
