"""Remove a video from a project. One transaction and one undo step.

Removing sets a flag of the video's row, whatever number of boxes it has: its tracks, runs and regions stay in place
with their ids, but nothing lists the video any more. Undo clears the flag, and `compact` deletes the rows once no step
can bring the video back. The file of the video is never touched. `Store.add_video` is the counterpart.
"""

from __future__ import annotations

from sqlalchemy import update

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import RunStatus
from annotator.storage.file import schema
from annotator.storage.store import Store


def remove_video(store: Store, video_id: int) -> Changes:
    """Remove a video with everything that belongs to it; see `Reader.video_contents`. Its runs cannot be resumed while
    it is removed.

    Raises:
        StorageError: the project has no such video, or a job is running on it.
    """
    store.check_video(video_id)
    video = next(video for video in store.videos() if video.id == video_id)
    if any(run.status is RunStatus.RUNNING for run in store.runs(video_id)):
        raise StorageError(f"a job is running on {video.name}; wait for it or cancel it, then remove the video")
    with store.transaction(f"Remove video {video.name}") as transaction:
        transaction.connection.execute(
            update(schema.video).where(schema.video.c.id == video_id).values(removed=True))
        transaction.touch(Changes(ChangeKind.VIDEOS, video=video_id))
    return transaction.changes
