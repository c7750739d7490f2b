"""Edits of a project file that no release of this program makes: each function changes one kind of thing.

`HOSTILE_EDITS` maps names to functions of a connection and the folder of the project. `mutate` makes random changes.
"""

from __future__ import annotations

import os
import random
import sqlite3
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Edit = Callable[[sqlite3.Connection, Path], None]

HOSTILE_EDITS: dict[str, Edit] = {}

_HUGE = 9223372036854775807


def _sql(name: str, *statements: str) -> None:
    """Register an edit that only runs statements."""

    def edit(connection: sqlite3.Connection, _folder: Path) -> None:
        for statement in statements:
            connection.execute(statement)

    HOSTILE_EDITS[name] = edit


def _edit(function: Edit) -> Edit:
    """Register an edit under the function's name."""
    HOSTILE_EDITS[function.__name__] = function
    return function


def _value(name: str, statement: str, value: object) -> None:
    """Register an edit that binds one value."""

    def edit(connection: sqlite3.Connection, _folder: Path) -> None:
        connection.execute(statement, (value,))

    HOSTILE_EDITS[name] = edit


def _compressed(*counts: int) -> bytes:
    """COCO's compressed numbers, for at most two runs."""
    code = b""
    for count in counts:
        more = True
        while more:
            group, count = count & 31, count >> 5
            more = count != -1 if group & 16 else count != 0
            code += bytes([(group | (32 if more else 0)) + 48])
    return code


# Masks

_sql("rle_garbage", "UPDATE mask SET rle = x'ff00ff'")
_value("rle_overlong", "UPDATE mask SET rle = ?", b"`" * 10 + b"ooooooooo1")
_value("rle_big_run", "UPDATE mask SET rle = ?", _compressed(0, 100_000_000))
_value("rle_negative_run", "UPDATE mask SET rle = ?", _compressed(-5, 100))
_sql("rle_text", "UPDATE mask SET rle = 'text'")
_sql("rle_empty", "UPDATE mask SET rle = x''")
_sql("rle_huge", "UPDATE mask SET rle = zeroblob(50000000) WHERE frame = 3")
_sql("mask_size_huge", "UPDATE mask SET width = 1000000000, height = 1000000000")
_sql("mask_size_big", "UPDATE mask SET width = 60000, height = 60000")
_sql("mask_width_negative", "UPDATE mask SET width = -5")
_sql("mask_width_text", "UPDATE mask SET width = 'wide'")
_sql("mask_width_zero", "UPDATE mask SET width = 0")
_sql("mask_left_huge", f"UPDATE mask SET left = {_HUGE}")
_sql("mask_left_outside", "UPDATE mask SET left = 5000, top = -5000")

# Boxes

_sql("box_infinite", "UPDATE observation SET x1 = 9e999")
_sql("box_text", "UPDATE observation SET x1 = 'abc'")
_sql("box_blob", "UPDATE observation SET y2 = x'00'")
_sql("box_partly_null", "UPDATE observation SET x2 = NULL")
_sql("box_huge", "UPDATE observation SET x2 = 1e300, y2 = 1e300")
_sql("box_large", "UPDATE observation SET x2 = 1e9, y2 = 1e9")
_sql("box_reversed", "UPDATE observation SET x1 = 200.0, x2 = 100.0")
_sql("score_text", "UPDATE observation SET score = 'high'")
_sql("score_infinite", "UPDATE observation SET score = 9e999, score_logit = -9e999")
_sql("flags_text", "UPDATE observation SET flags = 'flag', occluded_by = 'x'")
_sql("state_unknown", "UPDATE observation SET state = 77")
_sql("state_text", "UPDATE observation SET state = 'reliable'")
_sql("detection_box_huge", "UPDATE detection SET x2 = 1e300, score = 9e999")
_sql("detection_label_unknown", "UPDATE detection SET label = 1000000")
_sql("detection_box_text", "UPDATE detection SET y1 = 'top', label = 'car'")

# Frames

_sql("frame_negative", "UPDATE observation SET frame = -frame - 1")
_sql("frame_billion",
     "INSERT INTO observation SELECT tracklet, 1000000000, video, x1, y1, x2, y2, score, state, score_logit, "
     "iou_estimate, detection, detection_iou, flags, occluded_by FROM observation WHERE frame = 5",
     "UPDATE tracklet SET ended_frame = 1000000000", "UPDATE span SET last = NULL")
_sql("frame_text", "UPDATE OR IGNORE observation SET frame = 'zero' WHERE frame = 2")
_sql("frame_count_billion", "UPDATE video SET frame_count = 1000000000")
_sql("frame_count_trillion", "UPDATE video SET frame_count = 1000000000000")
_sql("frame_count_negative", "UPDATE video SET frame_count = -1")
_sql("frame_count_zero", "UPDATE video SET frame_count = 0")
_sql("frame_count_text", "UPDATE video SET frame_count = 'many'")
_sql("rate_zero", "UPDATE video SET fps = 0")
_sql("rate_negative", "UPDATE video SET fps = -25")
_sql("rate_infinite", "UPDATE video SET fps = 9e999")
_sql("rate_tiny", "UPDATE video SET fps = 1e-300")
_sql("rate_text", "UPDATE video SET fps = 'x'")
_sql("size_huge", "UPDATE video SET width = 1000000000, height = 1000000000")
_sql("size_negative", "UPDATE video SET width = -1")
_sql("size_text", "UPDATE video SET height = 'tall'")
_sql("times_short", "UPDATE video_times SET seconds = x'00'")
_sql("times_one", "UPDATE video_times SET seconds = zeroblob(8)")
_sql("times_text", "UPDATE video_times SET seconds = 'abcdefgh'")
_sql("times_long", "UPDATE video_times SET seconds = zeroblob(80000000)")


@_edit
def times_not_a_number(connection: sqlite3.Connection, _folder: Path) -> None:
    count = connection.execute("SELECT length(seconds) FROM video_times").fetchone()[0] // 8
    connection.execute("UPDATE video_times SET seconds = ?", (struct.pack("<d", float("nan")) * count,))


@_edit
def times_backwards(connection: sqlite3.Connection, _folder: Path) -> None:
    count = connection.execute("SELECT length(seconds) FROM video_times").fetchone()[0] // 8
    connection.execute("UPDATE video_times SET seconds = ?", (struct.pack(f"<{count}d", *range(count, 0, -1)),))


# Tracks

_sql("review_unknown", "UPDATE track SET review = 'bogus'")
_value("attributes_deep", "UPDATE track SET attributes = ?", '{"a":' * 20_000 + "1" + "}" * 20_000)
_value("attributes_nested", "UPDATE track SET attributes = ?", '{"a": {"b": [1, {"c": null}]}}')
_value("attributes_large", "UPDATE track SET attributes = ?", '{"a": "' + "x" * 5_000_000 + '"}')
_value("attributes_digits", "UPDATE track SET attributes = ?", '{"a": ' + "9" * 5_000 + "}")
_value("attributes_infinite", "UPDATE track SET attributes = ?", '{"speed": Infinity, "b": NaN}')
_sql("attributes_cut", "UPDATE track SET attributes = '{'")
_sql("attributes_list", "UPDATE track SET attributes = '[1]'")
_sql("attributes_blob", "UPDATE track SET attributes = x'ff'")
_sql("attribute_kind_unknown", "UPDATE attribute SET kind = 'program'")
_sql("attribute_options_object", "UPDATE attribute SET options = '{\"a\": 1}'")
_value("attribute_options_deep", "UPDATE attribute SET options = ?", "[" * 100_000 + "]" * 100_000)
_sql("attribute_options_numbers", "UPDATE attribute SET options = '[1, null, [2]]'")
_sql("attribute_default_object", "UPDATE attribute SET default_value = '{}'")
_sql("track_number_negative", "UPDATE track SET number = -number")
_sql("track_number_huge", f"UPDATE track SET number = {_HUGE} WHERE id = 1")
_sql("track_number_text", "UPDATE track SET number = 'one' WHERE id = 1")
_sql("track_id_huge", "PRAGMA foreign_keys=OFF", f"UPDATE span SET track = {_HUGE} WHERE track = 1",
     f"UPDATE track SET id = {_HUGE} WHERE id = 1")
_sql("track_name_blob", "UPDATE track SET name = x'00ff'")
_sql("track_video_missing", "PRAGMA foreign_keys=OFF", "UPDATE track SET video = 55")
_sql("color_unknown", "UPDATE track SET color = 'url(javascript:1)'", "UPDATE label SET color = 'zzz'")
_sql("color_blob", "UPDATE track SET color = x'00'")
_sql("label_missing", "PRAGMA foreign_keys=OFF", "UPDATE track SET label = 999")
_sql("label_position_text", "UPDATE label SET position = 'first', retired = 'no'")
_sql("span_negative", "UPDATE span SET first = -1000000000000")
_sql("span_huge", f"UPDATE span SET last = {_HUGE}")
_sql("span_text", "UPDATE span SET first = 'start'")
_sql("spans_overlap", "INSERT INTO span SELECT id + 1000, tracklet, first, last, track FROM span")
_sql("spans_of_other_tracks", "INSERT INTO span SELECT id + 1000, tracklet, first, last, 3 - track FROM span "
     "WHERE track IN (1, 2)")
_sql("track_missing", "PRAGMA foreign_keys=OFF", "DELETE FROM track WHERE id = 1")
_sql("span_tracklet_missing", "PRAGMA foreign_keys=OFF", "UPDATE span SET tracklet = 12345")
_sql("tracklet_text", "UPDATE tracklet SET ended_frame = 'end', end_reason = 99")

# Runs

_value("run_settings_deep", "UPDATE run SET settings = ?", "[" * 100_000 + "]" * 100_000)
_value("run_settings_large", "UPDATE run SET settings = ?", '{"a": "' + "y" * 20_000_000 + '"}')
_sql("run_settings_cut", "UPDATE run SET settings = 'x', labels = '[99]'")
_sql("run_settings_list", "UPDATE run SET settings = '[]', models = '[]'")
_sql("run_models_numbers", "UPDATE run SET models = '{\"detector\": 1}'")
_sql("run_labels_text", "UPDATE run SET labels = '[\"a\", {}]'")
_sql("run_labels_huge", f"UPDATE run SET labels = '[{10**30}]'")
_sql("run_status_unknown", "UPDATE run SET status = 'bogus'")
_sql("run_existing_unknown", "UPDATE run SET on_existing = 'destroy'")
_sql("run_frames_huge", f"UPDATE run SET first_frame = -5, last_frame = {_HUGE}, finished_frame = {_HUGE}")
_sql("run_frames_text", "UPDATE run SET first_frame = 'a', last_frame = 'b'")
_sql("run_kind_unknown", "UPDATE run SET kind = 'rm -rf', started = 'yesterday', message = x'ff'")
_sql("run_video_missing", "PRAGMA foreign_keys=OFF", "UPDATE run SET video = 99")
_sql("detected_frame_huge", f"UPDATE OR IGNORE detected_frame SET frame = {_HUGE} WHERE frame = 1")
_sql("scene_cut_text", "INSERT OR IGNORE INTO scene_cut SELECT id, 'cut' FROM run")

# Marks

_sql("mark_kind_unknown", "INSERT INTO mark (id, video, track, first, last, kind) VALUES (99, 1, 1, 0, 5, 'bogus')")
_value("note_digits", "UPDATE note SET messages = ?", "9" * 5_000)
_sql("note_without_messages", "UPDATE note SET messages = '[]'")
_sql("note_cut", "UPDATE note SET messages = '[{'")
_sql("note_blob", "UPDATE note SET messages = x'ff'")
_sql("note_number", "UPDATE note SET messages = '[{\"author\": \"\", \"time\": \"\", \"text\": 5}]'")
_sql("note_more_keys", "UPDATE note SET messages = '[{\"author\": \"\", \"time\": \"\", \"text\": \"a\", \"x\": 1}]'")
_value("note_long", "UPDATE note SET messages = ?",
       '[{"author": "", "time": "", "text": "' + "x" * 1_000_000 + '"}]')
_value("note_many", "UPDATE note SET messages = ?",
       "[" + ", ".join(['{"author": "", "time": "", "text": "a"}'] * 50_000) + "]")
_value("note_deep", "UPDATE note SET messages = ?", "[" * 20_000 + "]" * 20_000)
_value("note_control", "UPDATE note SET messages = ?",
       '[{"author": "\\u202eann", "time": "", "text": "\\u001b[2J\\u0000 <b>bold</b> \\ud800"}]')
_sql("note_half_place", "UPDATE note SET x = 5, y = NULL")
_sql("note_far_place", "UPDATE note SET x = 1e300, y = 9e999")
_sql("note_negative_frame", "UPDATE note SET frame = -5")
_sql("note_late_frame", f"UPDATE note SET frame = {_HUGE}")
_sql("note_no_track", "UPDATE note SET track = 9999")
_sql("note_history_frame", "UPDATE note_history SET frame = 'x' WHERE present")
_value("review_author_long", "UPDATE track SET review_author = ?", "a" * 1_000_000)
_sql("review_time_number", "UPDATE track SET review_time = x'00'")
_sql("mark_region_short", "INSERT INTO mark (id, video, first, last, kind, region) "
     "VALUES (99, 1, 0, 5, 'ignore', '[[1]]')")
_sql("mark_region_huge", "INSERT INTO mark (id, video, first, last, kind, region) "
     "VALUES (99, 1, 0, 5, 'ignore', '[[-1e300, 0], [1e300, 5], [1e9, 1e9]]')")
_sql("mark_region_infinite", "INSERT INTO mark (id, video, first, last, kind, region) "
     "VALUES (99, 1, 0, 5, 'ignore', '[[NaN, 0], [Infinity, 5], [1, 9]]')")
_value("mark_region_deep", "INSERT INTO mark (id, video, first, last, kind, region) VALUES (99, 1, 0, 5, 'ignore', ?)",
       "[" * 50_000)
_value("mark_region_long", "INSERT INTO mark (id, video, first, last, kind, region) VALUES (99, 1, 0, 5, 'ignore', ?)",
       "[" + ",".join(["[1,2]"] * 2_000_000) + "]")
_sql("mark_range_text", "INSERT INTO mark (id, video, track, first, last, kind) "
     "VALUES (99, 1, 1, 'a', 'b', 'occluded')")
_sql("mark_range_huge", "INSERT INTO mark (id, video, track, first, last, kind) "
     f"VALUES (99, 1, 1, {-_HUGE}, {_HUGE}, 'outside')")


@_edit
def mark_interpolates_a_billion(connection: sqlite3.Connection, _folder: Path) -> None:
    connection.execute("INSERT INTO mark (id, video, track, first, last, kind) VALUES (99, 1, 1, 0, NULL, "
                       "'interpolate')")
    connection.execute("INSERT INTO tracklet (id, video, run, number, label, first_frame) "
                       "VALUES (500, 1, NULL, 1, 1, 0)")
    for number, frame in enumerate((0, 10**9)):
        connection.execute("INSERT INTO observation (tracklet, frame, video, x1, y1, x2, y2, score, state, flags) "
                           "VALUES (500, ?, 1, 1, 1, 9, 9, 1, 0, 0)", (frame,))
        connection.execute("INSERT INTO span (id, tracklet, first, last, track) VALUES (?, 500, ?, ?, 1)",
                           (900 + number, frame, frame))


# Paths

_sql("path_absolute", "UPDATE video SET path = '/etc/passwd'")
_sql("path_upwards", "UPDATE video SET path = '../../../../../../../etc/passwd'")
_sql("path_device", "UPDATE video SET path = '/dev/zero'")
_sql("path_terminal", "UPDATE video SET path = '/dev/stdin'")
_sql("path_process", "UPDATE video SET path = '/proc/self/mem'")
_sql("path_system_folder", "UPDATE video SET path = '/proc'")
_sql("path_url", "UPDATE video SET path = 'http://127.0.0.1:9/x.mp4'")
_sql("path_concat", "UPDATE video SET path = 'concat:/etc/passwd|/etc/hosts'")
_sql("path_share", "UPDATE video SET path = '\\\\host\\share\\x.mp4'")
_sql("path_share_slashes", "UPDATE video SET path = '//host/share/x.mp4'")
_sql("path_share_verbatim", "UPDATE video SET path = '\\\\?\\UNC\\host\\share\\x.mp4'")
_sql("path_share_device", "UPDATE video SET path = '//./C:/../UNC/host/share/x.mp4'")
_sql("path_share_smb", "UPDATE video SET path = 'smb://host/share/x.mp4'")
_sql("path_share_file", "UPDATE video SET path = 'file://host/share/x.mp4'")
_sql("path_nul", "UPDATE video SET path = 'a' || char(0) || 'b'")
_value("path_long", "UPDATE video SET path = ?", "a" * 100_000)
_sql("path_blob", "UPDATE video SET path = x'ff00'")
_sql("path_empty", "UPDATE video SET path = ''")


@_edit
def path_pipe(connection: sqlite3.Connection, folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")
    connection.execute("UPDATE video SET path = 'pipe.mp4'")


@_edit
def path_link_to_device(connection: sqlite3.Connection, folder: Path) -> None:
    (folder / "link.mp4").symlink_to("/dev/zero")
    connection.execute("UPDATE video SET path = 'link.mp4'")


@_edit
def path_playlist(connection: sqlite3.Connection, folder: Path) -> None:
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n")
    connection.execute("UPDATE video SET path = 'list.mp4'")


# Names

_sql("video_name_upwards", "UPDATE video SET name = '../../x'")
_sql("video_name_backslashes", "UPDATE video SET name = '..\\..\\x'")
_sql("video_name_reserved", "UPDATE video SET name = 'CON'")
_sql("video_name_reserved_stem", "UPDATE video SET name = 'aux.mp4'")
_sql("video_name_option", "UPDATE video SET name = '--help'")
_sql("video_name_control", "UPDATE video SET name = char(27) || '[2J' || char(7) || 'x'")
_sql("video_name_long", f"UPDATE video SET name = '{'n' * 5000}'")
_sql("video_name_surrogate", "UPDATE video SET name = CAST(x'eda080' AS TEXT)")
_sql("video_name_empty", "UPDATE video SET name = ''")
_sql("label_name_not_utf8", "UPDATE label SET name = CAST(x'ff41' AS TEXT)")
_sql("label_name_control", "UPDATE label SET name = char(27) || ']0;pwn' || char(7) || char(10) || 'b,\"=cmd|x!A1'")
_sql("label_name_bidi", "UPDATE label SET name = char(8238) || 'gpj.exe'")
_value("label_name_megabyte", "UPDATE label SET name = ?", "L" * 1_000_000)
_sql("label_name_nul", "UPDATE label SET name = 'a' || char(0) || 'b'")
_sql("label_name_markup", "UPDATE label SET name = '<img src=\"file:///etc/passwd\"><b>x</b>'",
     "UPDATE track SET name = '<h1>big</h1>'")
_sql("history_label_control", "UPDATE history SET label = char(27) || '[31m' || char(10), created = 'x'")
_value("history_label_large", "UPDATE history SET label = ?", "h" * 5_000_000)
_sql("name_huge", "UPDATE track SET name = zeroblob(200000000) WHERE id = 1")
_sql("detector_class_control", "INSERT INTO detector_class VALUES (char(27) || 'x', 1)")

# The schema

_sql("trigger_deletes", "CREATE TRIGGER t AFTER UPDATE ON run BEGIN DELETE FROM observation; END")
_sql("trigger_of_undo", "CREATE TRIGGER t AFTER INSERT ON history BEGIN DELETE FROM track; END")
_sql("view_for_table", "ALTER TABLE track RENAME TO track0", "CREATE VIEW track AS SELECT * FROM track0")
_sql("view_endless", "ALTER TABLE video RENAME TO video0",
     "CREATE VIEW video AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
     "SELECT v.* FROM video0 v, r")
_sql("view_extra", "CREATE VIEW extra AS SELECT * FROM track")
_sql("virtual_table", "CREATE VIRTUAL TABLE z USING fts5(a)")
_sql("table_extra", "CREATE TABLE extra (a)")
_sql("column_extra", "ALTER TABLE track ADD COLUMN evil TEXT DEFAULT 'x'")
_sql("column_generated", "ALTER TABLE track ADD COLUMN evil TEXT AS (upper(name))")
_sql("index_extra", "CREATE INDEX extra ON track (name)")
_sql("index_of_expression", "CREATE INDEX extra ON track (lower(name))")
_sql("index_missing", "DROP INDEX span_track")
_sql("check_slow", "DROP TABLE scene_cut", "CREATE TABLE scene_cut (run INTEGER NOT NULL, frame INTEGER NOT NULL "
     "CHECK (length(hex(randomblob(100000000))) > 0), PRIMARY KEY (run, frame), FOREIGN KEY (run) REFERENCES run (id) "
     "DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID")
_sql("type_changed", "DROP TABLE scene_cut", "CREATE TABLE scene_cut (run TEXT, frame BLOB)")
_sql("table_missing", "DROP TABLE mask")
_sql("history_missing", "DROP TABLE span_history")
_sql("column_missing", "ALTER TABLE track DROP COLUMN review")
_sql("version_future", "PRAGMA user_version=99")
_sql("version_negative", "PRAGMA user_version=-5")
_sql("version_zero", "PRAGMA user_version=0")
_sql("version_two", "PRAGMA user_version=2")
_sql("history_run_missing", "PRAGMA foreign_keys=OFF", "UPDATE history SET run = 77")
_sql("history_undone_text", "UPDATE history SET undone = 'maybe'")
_sql("history_rows_bad", "UPDATE track_history SET review = 'bogus', name = x'ff', number = 'n' WHERE present",
     "UPDATE span_history SET first = 'x', track = NULL WHERE present", "UPDATE observation_history SET x1 = 'left'")
_sql("history_rows_null", "UPDATE track_history SET video = NULL, label = NULL WHERE present")
_sql("history_rows_not_for_their_table", "UPDATE track_history SET video = 77, label = 99, name = 'x' WHERE present")
_sql("video_missing", "PRAGMA foreign_keys=OFF", "DELETE FROM video")
_sql("labels_missing", "PRAGMA foreign_keys=OFF", "DELETE FROM label")


@_edit
def schema_text_garbage(connection: sqlite3.Connection, _folder: Path) -> None:
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_master SET sql = 'CREATE TABLE mask (garbage' WHERE name = 'mask'")


@_edit
def schema_root_shared(connection: sqlite3.Connection, _folder: Path) -> None:
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'span') "
                       "WHERE name = 'mask'")


# Random changes

_ODD: Sequence[Any] = (
    None, -1, 0, 1, 2, 1_000_000, 2**31, _HUGE, -_HUGE, 0.5, -1.0, 1e9, 1e300, float("inf"), float("nan"), "", "x",
    "[", "[]", "{}", "null", "[[1, 2]]", '{"a": 1}', "\x00", "\x1b[2J", "\u202egpj", "<b>x</b>", "../../x", "/dev/zero",
    "CON", "=1+1", "nan", "1e999", "é" * 300, "n" * 100_000, b"", b"\xff\x00", b"\x00" * 8, b"01234", b"`" * 12)


def mutate(connection: sqlite3.Connection, rng: random.Random) -> list[str]:
    """Change random values of random rows, one to four times, against all constraints that can be switched off.

    Returns what was done, for the report.
    """
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA ignore_check_constraints=ON")
    tables = [name for name, count in ((row[0], connection.execute(f'SELECT count(*) FROM "{row[0]}"').fetchone()[0])
                                       for row in connection.execute(
                                           "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
              if count]
    done = []
    for _ in range(rng.randint(1, 4)):
        table = rng.choice(tables)
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        column = rng.choice(columns)
        kind = rng.randrange(10)
        try:
            if kind == 0:
                where = _some_row(connection, table, columns, rng)
                connection.execute(f'DELETE FROM "{table}" WHERE {where}')
                done.append(f"delete from {table} {where}")
            elif kind == 1:
                other = rng.choice(columns)
                connection.execute(f'UPDATE "{table}" SET "{column}" = "{other}"')
                done.append(f"{table}.{column} = {other}")
            else:
                value = rng.choice(_ODD)
                rows = "" if kind < 6 else " WHERE " + _some_row(connection, table, columns, rng)
                connection.execute(f'UPDATE "{table}" SET "{column}" = ?{rows}', (value,))
                done.append(f"{table}.{column} = {str(value)[:20]!r}{rows[:40]}")
        except sqlite3.Error:
            continue
    return done


def _some_row(connection: sqlite3.Connection, table: str, columns: Sequence[str], rng: random.Random) -> str:
    """Return a condition for about one row, by the place of its first column's value."""
    key = columns[0]
    values = [row[0] for row in connection.execute(f'SELECT DISTINCT "{key}" FROM "{table}" LIMIT 50')]
    numbers = [value for value in values if isinstance(value, int)]
    return f'"{key}" = {rng.choice(numbers)}' if numbers else "1"

