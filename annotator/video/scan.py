"""Scan the packets of a file in one pass, without decoding them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import VideoError
from annotator.video.damage import is_broken
from annotator.video.decoder import NO_TIMESTAMP, Decoder, packet_signature, picture_streams
from annotator.video.nal import begins_gradually, nal_length_size, packet_is_sound

#: Reports the progress of a pass over a file as (done, total), in any unit. An exception that it raises stops the pass.
Progress = Callable[[int, int], None]

#: Packets between two progress reports.
PROGRESS_EVERY = 256

#: Containers that store a true presentation time with each packet. For others the demuxer guesses it, incorrectly so
#: if pictures are reordered (H.264 in AVI).
_TIMED_CONTAINERS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flv", "gif", "nut", "ivf", "apng"})

#: Most packets by which file order and presentation order of a picture may differ; more than any codec allows.
MAX_REORDERING = 32


@dataclass(frozen=True, slots=True)
class Scan:
    """The container's data. Arrays have one element per packet, in file order."""

    codec: str
    pts: npt.NDArray[np.int64]
    dts: npt.NDArray[np.int64]
    signature: npt.NDArray[np.int64]
    key: npt.NDArray[np.bool_]
    gradual: npt.NDArray[np.bool_]
    """Keyframes that only start an intra refresh: pictures are correct some frames later."""
    shown: npt.NDArray[np.bool_]
    """False for packets that an edit list cuts off, and for those that hold no visible picture by design."""
    sound: npt.NDArray[np.bool_]
    time_base: float
    rate: float | None
    """Frames per second according to the header."""
    claimed: int
    """Shown frames that the container's index or header promises, or those found, whichever is greater."""
    header_count: int
    """Frames according to the header, including hidden ones; 0 if it states none."""
    broken: bool
    """Whether the container structure is broken or extends past the end of the file."""
    timed: bool
    """Whether the presentation times of packets are reliable."""
    other_streams: int
    """Further video streams, which are not read; covers of albums are none."""
    boxed: bool
    """Whether it is an mp4-family container: it may have an edit list, and its demuxer never skips damage."""

    @property
    def count(self) -> int:
        return len(self.pts)

    def first_doubt(self) -> int | None:
        """First packet from which only decoding shows how many frames there are; None if the packets show it all.

        Reasons for doubt are delayed or missing pictures of a codec, timestamps that are missing, repeated or guessed,
        a start in the middle of a group of pictures, and damage.
        """
        if not self.key[0] or not self.timed:
            return 0
        pts = self.pts[self.shown]
        if np.any(pts == NO_TIMESTAMP) or len(np.unique(pts)) < len(pts):
            return 0
        if np.any(pts < self.pts[0]):
            return 0  # leading pictures of an open group whose start is not in the file
        if np.abs(np.argsort(pts) - np.arange(len(pts))).max(initial=0) > MAX_REORDERING:
            return 0  # no codec reorders that far: a timestamp is damaged
        if not np.all(self.sound):
            return int(np.argmin(self.sound))
        if not self.broken and self.claimed == int(np.count_nonzero(self.shown)):
            return None
        return self.count - 1 if self.boxed else 0  # other demuxers skip damage: frames may be missing anywhere


def scan_packets(path: Path, progress: Progress | None = None) -> Scan:
    """Read all packets of a file's video stream. Raises VideoError if it cannot be opened or has no packets.

    ``progress`` is called with bytes.
    """
    decoder = Decoder(path, threaded=False)
    try:
        return _scan(path, decoder, progress)
    finally:
        decoder.close()


def _scan(path: Path, decoder: Decoder, progress: Progress | None) -> Scan:
    context = decoder.stream.codec_context
    codec = context.codec.canonical_name
    nal_length = nal_length_size(codec, context.extradata)
    numbers: list[tuple[int, int, int]] = []
    flags: list[tuple[bool, bool, bool, bool]] = []
    size = path.stat().st_size
    for packet in decoder.packets():
        if progress is not None and len(numbers) % PROGRESS_EVERY == 0:
            progress(min(packet.pos or 0, size), size)
        data = memoryview(packet)
        numbers.append((NO_TIMESTAMP if packet.pts is None else packet.pts,
                        NO_TIMESTAMP if packet.dts is None else packet.dts, packet_signature(packet)))
        flags.append((packet.is_keyframe, not (packet.is_discard or _is_hidden(data, codec)),
                      not packet.is_corrupt and packet_is_sound(data, codec, nal_length),
                      packet.is_keyframe and begins_gradually(data, codec, nal_length)))
    if not numbers:
        raise VideoError(f"{path} has no frames (its video stream is empty or damaged from the start); "
                         "copy it again from its source")
    table = np.array(numbers, np.int64)
    bits = np.array(flags, np.bool_)
    stream = decoder.stream
    boxed = decoder.container.format.name.startswith("mov,")
    # With an edit list the demuxer omits whole groups that no shown frame needs, so only its index is promised.
    promised = len(stream.index_entries) if boxed else max(0, stream.frames)
    hidden = len(bits) - int(np.count_nonzero(bits[:, 1]))
    timed = decoder.container.format.name in _TIMED_CONTAINERS or not context.has_b_frames
    base, rate = stream.time_base, stream.average_rate
    return Scan(codec=codec, pts=table[:, 0].copy(), dts=table[:, 1].copy(), signature=table[:, 2].copy(),
                key=bits[:, 0], shown=bits[:, 1], sound=bits[:, 2], gradual=bits[:, 3],
                time_base=float(base) if base else 0.0, rate=float(rate) if rate else None,
                claimed=max(promised, len(numbers)) - hidden, header_count=max(0, stream.frames),
                broken=is_broken(path), timed=timed, boxed=boxed,
                other_streams=len(picture_streams(decoder.container)) - 1)


def _is_hidden(data: memoryview, codec: str) -> bool:
    """Whether a VP8 packet is a reference that is never shown (RFC 6386, section 9.1: the show_frame bit)."""
    return codec == "vp8" and len(data) > 0 and not data[0] & 0x10
