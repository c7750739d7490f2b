"""The frame index: which packet holds which frame, and where decoding can start for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.errors import VideoError
from annotator.video.decoder import NO_TIMESTAMP, Decoder
from annotator.video.info import DEFAULT_FPS
from annotator.video.picture import checksum
from annotator.video.scan import PROGRESS_EVERY, Progress, Scan, scan_packets

log = logging.getLogger(__name__)

#: A step between two frames is a jump of the clock if it is longer than so many usual steps and than so many seconds.
_JUMP_STEPS, _JUMP_SECONDS = 25, 1.0


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Maps frames (in presentation order) to packets (in file order). About 24 bytes per frame."""

    codec: str
    rank: npt.NDArray[np.int32]
    """(packets,) frame index of the picture in each packet; -1 for none."""
    signature: npt.NDArray[np.int64]
    """(packets,) identifies a packet after a seek."""
    entry: npt.NDArray[np.int32]
    """(entries,) packets at which decoding can start, ascending."""
    entry_rank: npt.NDArray[np.int32]
    """(entries,) first frame that decodes correctly when decoding starts there, strictly ascending from 0."""
    entry_time: npt.NDArray[np.int64]
    """(entries, 2) presentation and decoding timestamp of those packets, in the stream's time base."""
    times: npt.NDArray[np.float64]
    """(frames,) seconds from the first frame."""
    fps: float
    checksum: npt.NDArray[np.uint32]
    """(frames - proven_from,) checksum of each picture that was decoded to build the index."""
    proven_from: int
    """First frame that was decoded to build the index; the number of frames if none was."""
    proven_packet: int
    """The packet at which that decoding started; the number of packets if nothing was decoded."""
    threaded: bool
    """False for damaged files: error concealment is reproducible only with a single decoder thread."""
    absent: frozenset[int] = frozenset()
    """Frames that keep their number but turned out to be undecodable."""

    @property
    def frame_count(self) -> int:
        return len(self.times)

    def entry_for(self, frame: int) -> int:
        """The last entry from which the frame can be decoded."""
        return int(np.searchsorted(self.entry_rank, frame, side="right")) - 1

    def expected_checksum(self, frame: int) -> int | None:
        return None if frame < self.proven_from else int(self.checksum[frame - self.proven_from])


@dataclass(frozen=True, slots=True)
class _Proof:
    """The result of decoding a part of the file."""

    ordinals: list[int]
    """Packets whose pictures were decoded, in output order."""
    checksums: list[int]
    refused: frozenset[int]
    corrupt: frozenset[int]

    @property
    def bad(self) -> frozenset[int]:
        return self.refused | self.corrupt


def build_index(path: Path, verify: bool = False, progress: Progress | None = None) -> tuple[FrameIndex, list[str]]:
    """Build the index of a file; also return its problems, one line each.

    A normal file is only demuxed. If its packets leave a doubt about its frames, everything from a keyframe before the
    first doubt is decoded once; ``verify`` decodes the whole file. Raises VideoError if nothing can be read.
    """
    scan = scan_packets(path, progress)
    doubt = 0 if verify else scan.first_doubt()
    shown = np.flatnonzero(scan.shown)
    by_time = shown[np.argsort(scan.pts[shown], kind="stable")]
    if doubt is None:
        index = _assemble(scan, by_time, None)
        return index, _notes(path, scan, index.times)
    start, proof, damaged = _prove_from(path, scan, _proof_starts(scan, doubt), progress)
    order, sums = _proven_order(by_time, proof, start, scan.shown)
    if not len(order):
        raise VideoError(f"{path} has no frame that can be decoded; copy it again from its source")
    index = _assemble(scan, order, (start, sums, proof), threaded=not damaged)
    return index, _notes(path, scan, index.times) + _losses(path, scan, order, index, proof)


def _proof_starts(scan: Scan, doubt: int) -> list[int]:
    """Keyframes from which all frames from packet ``doubt`` on can be decoded and ordered by time, last first.

    Skips the last such keyframe, because damage often begins in a packet whose framing is still intact.
    """
    if doubt == 0:
        return [0]
    least = int(scan.pts[doubt:].min())
    safe = np.flatnonzero(scan.key[:doubt] & (scan.pts[:doubt] <= least)).tolist()
    return [*reversed(safe[1:-1]), 0]


def _prove_from(path: Path, scan: Scan, starts: list[int], progress: Progress | None) -> tuple[int, _Proof, bool]:
    """Decode to the end of the file from the first undamaged start: (start, proof, whether there is damage).

    How a decoder conceals a damaged keyframe depends on the pictures before it, so decoding cannot start there.
    """
    for start in starts:
        log.info("%s: decoding from packet %d of %d to count its frames", path.name, start, scan.count)
        expected = set((np.flatnonzero(scan.shown[start:]) + start).tolist())
        proof = _prove(path, start, True, scan.count, progress)
        damaged = bool(proof.bad or expected - set(proof.ordinals) or not np.all(scan.sound))
        if damaged:
            proof = _prove(path, start, False, scan.count, progress)
        if start not in proof.bad:
            break
    return start, proof, damaged


def _prove(path: Path, start: int, threaded: bool, count: int, progress: Progress | None = None) -> _Proof:
    """Decode from packet ``start`` to the end of the file, which has ``count`` packets."""
    decoder = Decoder(path, threaded)
    try:
        decoder.rewind(start)
        ordinals: list[int] = []
        checksums: list[int] = []
        corrupt = set()
        while (pictures := decoder.step()) is not None:
            if progress is not None and decoder.next_ordinal % PROGRESS_EVERY == 0:
                progress(min(decoder.next_ordinal, count), count)
            for ordinal, picture in pictures:
                ordinals.append(ordinal)
                checksums.append(checksum(picture))
                if picture.is_corrupt:
                    corrupt.add(ordinal)
        return _Proof(ordinals, checksums, frozenset(decoder.refused), frozenset(corrupt))
    finally:
        decoder.close()


def _proven_order(by_time: npt.NDArray[np.intp], proof: _Proof, start: int, shown: npt.NDArray[np.bool_],
                  ) -> tuple[npt.NDArray[np.intp], list[int]]:
    """Packets of all frames in presentation order: by timestamp before packet ``start``, by decoder output after it."""
    believed = by_time[by_time < start]
    seen: set[int] = set()
    order, sums = [], []
    for ordinal, checksum_ in zip(proof.ordinals, proof.checksums, strict=True):
        if shown[ordinal] and ordinal not in seen:
            seen.add(ordinal)
            order.append(ordinal)
            sums.append(checksum_)
    return np.concatenate([believed, np.array(order, np.intp)]), sums


def prove_index(path: Path, index: FrameIndex) -> FrameIndex:
    """Decode the whole file after unexpected damage and return an index of the same frames with the same numbers.

    From then on each frame has the picture that playback from the start gives, and undecodable frames are known.
    """
    log.warning("%s is damaged: decoding all of it once", path.name)
    proof = _prove(path, 0, False, len(index.rank))
    found = {int(index.rank[ordinal]): value for ordinal, value in zip(proof.ordinals, proof.checksums, strict=True)}
    sums = np.array([found.get(frame, 0) for frame in range(index.frame_count)], np.uint32)
    absent = frozenset(frame for frame in range(index.frame_count) if frame not in found)
    whole = [number == 0 or (ordinal not in proof.bad and first not in absent) for number, (ordinal, first)
             in enumerate(zip(index.entry.tolist(), index.entry_rank.tolist(), strict=True))]
    return replace(index, entry=index.entry[whole], entry_rank=index.entry_rank[whole],
                   entry_time=index.entry_time[whole], checksum=sums, proven_from=0, proven_packet=0, threaded=False,
                   absent=absent)


def _assemble(scan: Scan, order: npt.NDArray[np.intp], proven: tuple[int, list[int], _Proof] | None,
              threaded: bool = True) -> FrameIndex:
    rank = np.full(scan.count, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    start, sums, bad = (scan.count, [], frozenset[int]()) if proven is None else (*proven[:2], proven[2].bad)
    entry, entry_rank = _entries(scan, rank, order, bad)
    times, fps = _timing(scan, order)
    return FrameIndex(
        codec=scan.codec, rank=rank, signature=scan.signature, entry=entry, entry_rank=entry_rank,
        entry_time=np.stack([scan.pts[entry], scan.dts[entry]], axis=1), times=times, fps=fps,
        checksum=np.array(sums, np.uint32), proven_from=len(order) - len(sums), proven_packet=start, threaded=threaded)


def _entries(scan: Scan, rank: npt.NDArray[np.int32], order: npt.NDArray[np.intp], bad: frozenset[int],
             ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Packets at which decoding can start, and the first correct frame of each. Always includes packet 0.

    Frames shown before a keyframe but stored after it depend on the previous group, so they belong to the previous
    entry. With B-frames, an intra refresh may extend into the next one; it ends where the one after that begins.
    """
    timed = bool(np.all(scan.pts[order] != NO_TIMESTAMP)) and bool(np.all(np.diff(scan.pts[order]) > 0))
    kept: list[tuple[int, int]] = [(0, 0)]
    keys = np.flatnonzero(scan.key & scan.sound).tolist()
    for ordinal, following in zip_longest(keys, keys[2:], fillvalue=-1):
        right_from = following if scan.gradual[ordinal] else ordinal
        first = int(rank[right_from]) if right_from >= 0 else -1
        if first < 0 and right_from >= 0 and timed:  # cut off by an edit list, but decoding can start there
            first = int(np.searchsorted(scan.pts[order], scan.pts[right_from]))
        if ordinal in bad or not 0 <= first < len(order):
            continue
        while kept and kept[-1][1] >= first:
            kept.pop()
        kept.append((ordinal, first))
    if kept[0][1] > 0:
        kept.insert(0, (0, 0))
    entries = np.array(kept, np.int32)
    return entries[:, 0].copy(), entries[:, 1].copy()


def _timing(scan: Scan, order: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.float64], float]:
    """Times of all frames in seconds from the first, and the average frame rate. Jumps of the clock are times, but do
    not count for the rate.

    If presentation timestamps are missing or decrease, uses the sorted decoding timestamps instead; if those are
    missing too, the frame rate in the header.
    """
    count = len(order)
    ticks = scan.pts[order]
    usable = scan.timed and not np.any(ticks == NO_TIMESTAMP) and bool(np.all(np.diff(ticks) >= 0))
    if not usable:
        ticks = np.sort(scan.dts[order])
        usable = count > 0 and int(ticks[0]) != NO_TIMESTAMP and bool(np.all(np.diff(ticks) > 0))
    seconds = (ticks - ticks[0]) * scan.time_base if usable else np.arange(count) / (scan.rate or DEFAULT_FPS)
    times = np.asarray(seconds, np.float64)
    kept = np.diff(times)[~_jumps(times)]
    span = float(kept.sum())
    measured = len(kept) / span if span > 0 else scan.rate or DEFAULT_FPS
    # Timestamps in whole milliseconds make the rate inexact; prefer a header's rate that agrees with them.
    exact = scan.rate if scan.rate and abs(scan.rate - measured) <= 0.002 * measured else measured
    return times, exact


def _jumps(times: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether each step from a frame to the next is a jump of the clock."""
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    return np.asarray(steps > max(_JUMP_STEPS * usual, _JUMP_SECONDS))


def _notes(path: Path, scan: Scan, times: npt.NDArray[np.float64]) -> list[str]:
    """Report what is no damage, but must be known: other video streams, jumps of the clock, and a header whose frame
    count differs from what players show."""
    jumps = np.flatnonzero(_jumps(times))
    found = []
    if scan.other_streams:
        found.append(f"{path.name}: the file has {scan.other_streams + 1} video streams, of which the first one is "
                     "used; extract the others to files to label them")
    if len(jumps):
        at = int(jumps[0])
        found.append(f"{path.name}: the clock jumps {len(jumps)} times, first by {times[at + 1] - times[at]:.2f} s "
                     f"after frame {at}; the frame rate is that of the other frames")
    return [*found, *_header_note(path, scan)]


def _header_note(path: Path, scan: Scan) -> list[str]:
    shown = int(np.count_nonzero(scan.shown))
    if not scan.boxed or scan.header_count <= max(shown, scan.claimed):
        return []
    return [f"{path.name}: the header counts {scan.header_count} frames, of which the edit list hides "
            f"{scan.header_count - scan.claimed}; frames are numbered as players show them"]


def _losses(path: Path, scan: Scan, order: npt.NDArray[np.intp], index: FrameIndex, proof: _Proof) -> list[str]:
    """Describe the damage in one line; empty if all promised frames were decoded."""
    count, claimed = index.frame_count, max(scan.claimed, index.frame_count)
    missing = np.flatnonzero(scan.shown & (index.rank < 0))
    marred = [ordinal for ordinal in proof.corrupt if index.rank[ordinal] >= 0]
    suspect = np.unique(np.concatenate([missing, np.flatnonzero(~scan.sound), np.array(marred, np.intp)]))
    if not len(suspect) and claimed == count and not scan.broken:
        return []
    last_good = max(0, _frames_before(scan, order, suspect) - 1)
    place = f"frame {last_good} ({index.times[last_good]:.2f} s)"
    if claimed == count or (scan.broken and scan.header_count <= scan.count):
        return [f"{path.name}: {count} frames can be decoded; the file is damaged or cut short after {place}"]
    return [f"{path.name}: {count} of {claimed} frames can be decoded; the file is damaged after {place}"]


def _frames_before(scan: Scan, order: npt.NDArray[np.intp], suspect: npt.NDArray[np.intp]) -> int:
    """Number of frames before the first suspect packet; all frames if there is none."""
    if not len(suspect):
        return len(order)
    pts = scan.pts[order]
    first = int(scan.pts[suspect].min())
    if scan.timed and first != NO_TIMESTAMP and bool(np.all(np.diff(pts) > 0)):
        return int(np.searchsorted(pts, first))
    return int(np.count_nonzero(order < suspect[0]))
