"""The tables of a project file, and for each journaled one the table that keeps its replaced rows.

One SQLite file per project. Frames count from 0. Both ends of a range are inclusive; a ``last`` of NULL is open: to the
end of the tracklet for a span, to the end of the video for a mark.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

#: "ANNO": distinguishes a project file from other SQLite files (``PRAGMA application_id``).
APPLICATION_ID = 0x414E4E4F
#: Version of this layout (``PRAGMA user_version``); migrations upgrade older files to it.
SCHEMA_VERSION = 5

metadata = MetaData()


def _reference(target: str) -> ForeignKey:
    # Deferred, because undo restores sets of rows in no particular order.
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


video = Table(
    "video", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frame_count", Integer, nullable=False),
    Column("fps", Float, nullable=False),
    Column("size_bytes", Integer),
    Column("fingerprint", Text, nullable=False),
)

video_times = Table(
    "video_times", metadata,
    Column("video", _reference("video.id"), primary_key=True),
    Column("seconds", LargeBinary, nullable=False),  # little-endian float64, one per frame
)

label = Table(
    "label", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("color", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default=text("0")),  # order in lists, keys and exports
    # Labels are never deleted: tracklets and runs are not rewritten, so they still refer to a removed label.
    Column("retired", Boolean, nullable=False, server_default=text("0")),
)

attribute = Table(
    "attribute", metadata,
    Column("id", Integer, primary_key=True),
    Column("label", _reference("label.id")),  # NULL: tracks of every label have it
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON list of the values of a choice
    Column("default_value", Text, nullable=False),  # JSON; null for none
    Column("position", Integer, nullable=False),
)

detector_class = Table(  # detector classes that are mapped to a label of another name
    "detector_class", metadata,
    Column("name", Text, primary_key=True),
    Column("label", _reference("label.id")),  # NULL: detections of this class are discarded
)

run = Table(
    "run", metadata,
    Column("id", Integer, primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("labels", Text, nullable=False),  # JSON list of label ids, in the run's own order
    Column("first_frame", Integer, nullable=False),
    Column("last_frame", Integer, nullable=False),
    Column("finished_frame", Integer),
    Column("on_existing", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("message", Text, nullable=False),
)

proposal = Table(  # runs whose tracklets await a person's decision
    "proposal", metadata,
    Column("run", _reference("run.id"), primary_key=True),
)

detected_frame = Table(  # distinguishes "nothing detected" from "not searched"
    "detected_frame", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

scene_cut = Table(  # first frames after the cuts that a run found
    "scene_cut", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# Boxes are nullable only because SQLite stores NaN as NULL: detections are stored exactly as a detector returns them.
detection = Table(
    "detection", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("x1", Float), Column("y1", Float), Column("x2", Float), Column("y2", Float),
    Column("score", Float),
    Column("label", Integer, nullable=False),
    sqlite_with_rowid=False,
)

checksum = Table(  # of the boxes, masks and detections of each frame of a run; see `annotator.storage.file.integrity`
    "checksum", metadata,
    Column("run", _reference("run.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("crc", Integer, nullable=False),
    sqlite_with_rowid=False,
)

log_note = Table(  # the number with which the write-ahead log begins; see `annotator.storage.file.stale_log`
    "log_note", metadata,
    Column("id", Integer, primary_key=True),
    Column("salt", Integer, nullable=False),
    Column("earlier", Text, nullable=False),  # names the note before this one
)

tracklet = Table(
    "tracklet", metadata,
    Column("id", Integer, primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("run", _reference("run.id")),  # NULL: drawn by a person
    Column("number", Integer, nullable=False),
    Column("label", _reference("label.id"), nullable=False),
    Column("first_frame", Integer, nullable=False),
    Column("ended_frame", Integer),  # NULL: still alive, or its run was stopped
    Column("end_reason", Integer),
    UniqueConstraint("run", "number"),
    Index("tracklet_video", "video"),
)

observation = Table(
    "observation", metadata,
    Column("tracklet", _reference("tracklet.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("video", Integer, nullable=False),
    Column("x1", Float), Column("y1", Float), Column("x2", Float), Column("y2", Float),  # NULL while lost
    Column("score", Float),
    Column("state", Integer, nullable=False),
    Column("score_logit", Float),
    Column("iou_estimate", Float),
    Column("detection", Integer),  # number of the matched detection in this frame of this run
    Column("detection_iou", Float),
    Column("flags", Integer, nullable=False),  # 1 prompted, 2 re-prompted
    Column("occluded_by", Integer),  # tracklet number in the same run
    Index("observation_video_frame", "video", "frame"),
    sqlite_with_rowid=False,
)

PROMPTED = 1
REPROMPTED = 2

mask = Table(
    "mask", metadata,
    Column("tracklet", _reference("tracklet.id"), primary_key=True),
    Column("frame", Integer, primary_key=True),
    Column("left", Integer, nullable=False),
    Column("top", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("rle", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

track = Table(
    "track", metadata,
    Column("id", Integer, primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("label", _reference("label.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("color", Text, nullable=False),
    Column("review", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    UniqueConstraint("video", "number"),
)

span = Table(
    "span", metadata,
    Column("id", Integer, primary_key=True),
    Column("tracklet", _reference("tracklet.id"), nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer),
    Column("track", _reference("track.id"), nullable=False),
    CheckConstraint("last IS NULL OR last >= first"),
    Index("span_tracklet", "tracklet", "first"),
    Index("span_track", "track", "first"),
)

mark = Table(
    "mark", metadata,
    Column("id", Integer, primary_key=True),
    Column("video", _reference("video.id"), nullable=False),
    Column("track", _reference("track.id")),  # NULL: the whole video
    Column("first", Integer, nullable=False),
    Column("last", Integer),
    Column("kind", Text, nullable=False),
    Column("region", Text),  # JSON list of [x, y] corners in pixels, for ignore regions
    CheckConstraint("last IS NULL OR last >= first"),
    Index("mark_video", "video", "first"),
    Index("mark_track", "track"),
)

history = Table(
    "history", metadata,
    Column("id", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("run", _reference("run.id")),
    Column("undone", Boolean, nullable=False),
)

#: Tables whose replaced rows are kept for undo. For labels, additions are not journaled: an unused label does no harm,
#: and a run may be using it.
JOURNALED = (label, attribute, detector_class, proposal, tracklet, observation, mask, track, span, mark)


def _history_of(table: Table) -> Table:
    """``<table>_history``: for each step and row key, the row before the step, or the fact that it did not exist."""
    keys = {column.name for column in table.primary_key}
    columns = [Column(c.name, c.type, primary_key=c.name in keys, autoincrement=False) for c in table.columns]
    return Table(
        f"{table.name}_history", metadata,
        Column("step", _reference("history.id"), primary_key=True, autoincrement=False),
        *columns,
        Column("present", Boolean, nullable=False),
        Index(f"{table.name}_history_key", *sorted(keys, reverse=True)),
        sqlite_with_rowid=False,
    )


history_of: dict[str, Table] = {table.name: _history_of(table) for table in JOURNALED}
