"""Digests of the results of a project's runs, to compare two projects bit by bit."""

from __future__ import annotations

import hashlib
from pathlib import Path

from annotator.storage.store import Store


def project_digests(project: Path) -> dict[str, str]:
    """Return exact digests of all results of a project's runs, without times and settings."""
    with Store.open(project, read_only=True) as store, store.read_snapshot() as reader:
        parts: dict[str, list[object]] = {"runs": [], "tracks": [], "spans": [], "results": [], "detections": [],
                                          "frames": []}
        for video in reader.videos():
            tracks = reader.tracks(video.id)
            parts["tracks"] += tracks
            parts["spans"] += reader.spans(track.id for track in tracks)
            parts["frames"] += reader.iter_frames(video.id, masks=True)
            for run in reader.runs(video.id):
                parts["runs"].append((run.id, run.status, run.finished_frame, run.labels))
                parts["results"] += [(r.frame_index, r.objects, r.ended, r.cut) for r in reader.run_results(run.id)]
                parts["detections"] += [(frame, found.box_xyxy.tobytes(), found.score.tobytes(), found.label.tobytes())
                                        for frame, found in reader.detections(run.id)]
        return {name: hashlib.sha256(repr(content).encode()).hexdigest() for name, content in parts.items()}
