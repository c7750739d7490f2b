"""Check the tracks of an edit, that they exist, belong to one video, and may be changed, and values of attributes."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.errors import StorageError
from annotator.model.attribute import Attribute, AttributeKind, Value
from annotator.model.track import Track
from annotator.storage.store import Store


def chosen_tracks(store: Store, *keys: int) -> list[Track]:
    """Return these tracks. Raises StorageError unless there is at least one, all differ and belong to one video of the
    project."""
    if not keys:
        raise StorageError("no track is selected; select one first")
    if len(set(keys)) != len(keys):
        raise StorageError("a track is given twice; select different tracks")
    records = [store.track(key) for key in keys]
    if len({track.video for track in records}) > 1:
        raise StorageError("the tracks belong to different videos; select tracks of one video")
    store.check_video(records[0].video)
    return records


def unlocked_tracks(store: Store, *keys: int) -> list[Track]:
    """Return these tracks. Raises StorageError as `chosen_tracks`, and if one is locked."""
    records = chosen_tracks(store, *keys)
    locked = store.locked(keys)
    for track in records:
        if track.id in locked:
            raise StorageError(f"track {track.number} is locked; unlock it first")
    return records


def check_range(first: int, last: int | None) -> None:
    """Raise StorageError if a range is reversed or starts before the video."""
    if first < 0:
        raise StorageError(f"frame {first} does not exist; frames are numbered from 0")
    if last is not None and last < first:
        raise StorageError(f"the range ends in frame {last}, before it starts in frame {first}; swap the two frames")


def check_value(attribute: Attribute, value: Value | None) -> None:
    """Raise StorageError for a value that an attribute does not take; None, for no value, fits all."""
    if value is not None and attribute.fitting(value) != value:
        raise StorageError(misfit(attribute, value))


def misfit(attribute: Attribute, value: object) -> str:
    """The message for a value that an attribute does not take."""
    wanted = {AttributeKind.NUMBER: "a number", AttributeKind.FLAG: "yes or no", AttributeKind.TEXT: "a text",
              AttributeKind.CHOICE: f"one of {', '.join(attribute.options)}"}[attribute.kind]
    return f"{value!r} is not a valid value of the attribute {attribute.name}; enter {wanted}"


def track_names(tracks: Sequence[Track]) -> str:
    """The tracks as text for step labels: their numbers, or how many they are."""
    if len(tracks) > 3:
        return f"{len(tracks)} tracks"
    return ("track " if len(tracks) == 1 else "tracks ") + ", ".join(str(track.number) for track in tracks)


def in_frames(first: int, last: int | None = None) -> str:
    """Frames ``first..last`` (None: to the end) as the end of a step label; empty for a whole video."""
    if last is None:
        return f" from frame {first}" if first > 0 else ""
    return f" in frame {first}" if first == last else f" in frames {first} to {last}"
