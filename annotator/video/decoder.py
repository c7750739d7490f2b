"""Decode packets and track which packet each picture came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from annotator.errors import VideoError
from annotator.video.damage import explain_unopenable

NO_TIMESTAMP = int(np.iinfo(np.int64).min)

#: Container formats that may be opened. Playlists (which name other files and hosts) and single images are excluded on
#: purpose.
_CONTAINERS = ("3g2,3gp,apng,asf,av1,avi,dv,dvbsub,flv,gif,h264,hevc,ivf,m4a,m4v,matroska,mj2,mjpeg,mov,mp4,mpeg,"
               "mpegts,mpegvideo,mxf,nut,obu,ogg,rm,swf,vc1,webm,webp_anim,wtv,yuv4mpegpipe")
_MAX_THREADS = 8


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """The video streams that can be decoded, without covers."""
    return [stream for stream in container.streams.video
            if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic]


def open_stream(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a file and select its video stream. Raises VideoError that names what the file is instead."""
    try:
        # "file:" prevents a colon in the name from being parsed as a protocol.
        container = av.open(f"file:{path}", metadata_errors="replace", container_options={
            "format_whitelist": _CONTAINERS, "protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise explain_unopenable(path, error) from error
    streams = picture_streams(container)
    if not streams:
        container.close()
        raise VideoError(f"{path} has no video stream that can be decoded; convert it to H.264 in mp4, or choose "
                         "another file")
    for other in container.streams:
        if other.index != streams[0].index:
            other.discard = Discard.all
    return container, streams[0]


def packet_signature(packet: Packet[VideoStream]) -> int:
    """A number that identifies a packet after a seek. Excludes timestamps, because the demuxer may guess new ones."""
    return hash((-1 if packet.pos is None else packet.pos, packet.size))


class Decoder:
    """Decodes one video stream and reports the packet of each picture.

    A packet is identified by its ordinal, its position in file order. The ordinal passes through the decoder in the
    timestamp field, so it is right even where timestamps are missing, repeated or guessed.

    Raises VideoError on construction if the file cannot be opened.
    """

    def __init__(self, path: Path, threaded: bool = True) -> None:
        self._path = path
        self._threaded = threaded
        self.refused: list[int] = []
        """Ordinals of packets that the decoder rejected since the last start."""
        self.lost = False
        """The packets after a seek are not the expected ones; only :meth:`rewind` recovers from this."""
        self._signatures: npt.NDArray[np.int64] | None = None
        self._open()

    def _open(self) -> None:
        self._container, self.stream = open_stream(self._path)
        context = self.stream.codec_context
        context.thread_type = "AUTO" if self._threaded else "NONE"
        context.thread_count = min(_MAX_THREADS, os.cpu_count() or 1) if self._threaded else 1
        self._restart(0)

    def _restart(self, ordinal: int) -> None:
        self._packets: Iterator[Packet[VideoStream]] = self._container.demux(self.stream)
        self._returned: Packet[VideoStream] | None = None
        self.next_ordinal = ordinal
        self._drained = False
        self.refused = []
        self.lost = False

    @property
    def container(self) -> InputContainer:
        return self._container

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the non-empty packets from here to the end of the file or of its readable part."""
        while True:
            packet = self._next_packet()
            if packet is None:
                return
            self.next_ordinal += 1
            yield packet

    def rewind(self, ordinal: int = 0) -> None:
        """Start again at the file's first packet and skip the packets before ``ordinal``."""
        self.close()
        self._open()
        self._signatures = None
        self._skip_to(ordinal)

    def seek(self, ordinal: int, timestamps: tuple[int, ...], signatures: npt.NDArray[np.int64]) -> None:
        """Make packet ``ordinal`` the next one to decode.

        ``timestamps`` are those that the container may list for the packet, ``signatures`` those of all packets. If no
        seek lands at or before the packet, the file is read again from the start.
        """
        for timestamp in timestamps:
            if timestamp == NO_TIMESTAMP or not self._land(timestamp, ordinal, signatures):
                continue
            self._signatures = signatures
            self._skip_to(ordinal)
            return
        self.rewind(ordinal)

    def _land(self, timestamp: int, ordinal: int, signatures: npt.NDArray[np.int64]) -> bool:
        try:
            self._container.seek(timestamp, stream=self.stream, backward=True)
        except av.FFmpegError:
            return False
        self.stream.codec_context.flush_buffers()
        self._restart(0)
        packet = self._next_packet()
        if packet is None:
            return False
        found = np.flatnonzero(signatures == packet_signature(packet))
        if len(found) != 1 or found[0] > ordinal:
            return False
        self._returned, self.next_ordinal = packet, int(found[0])
        return True

    def _skip_to(self, ordinal: int) -> None:
        while self.next_ordinal < ordinal and self._next_packet() is not None:
            self.next_ordinal += 1

    def _next_packet(self) -> Packet[VideoStream] | None:
        """The next non-empty packet; None at the end of the readable part."""
        if self._returned is not None:
            packet, self._returned = self._returned, None
            return packet
        try:
            return next((packet for packet in self._packets if packet.size), None)
        except (av.FFmpegError, OSError):
            return None  # a truncated file ends here; the index knows how much is missing

    def step(self) -> list[tuple[int, av.VideoFrame]] | None:
        """Decode one packet and return the (ordinal, picture) pairs that it yields, in order. None at the end of the
        video."""
        if self._drained:
            return None
        packet = self._next_packet()
        if packet is None:
            self._drained = True
        else:
            if self._signatures is not None and not self._expected(packet):
                self.lost = True
                return None
            packet.pts = packet.dts = self.next_ordinal
            self.next_ordinal += 1
        try:
            pictures = self.stream.codec_context.decode(packet)
        except (av.FFmpegError, OSError):
            self.refused.append(self.next_ordinal - 1)
            return []
        return [(picture.pts, picture) for picture in pictures if picture.pts is not None]

    def _expected(self, packet: Packet[VideoStream]) -> bool:
        signatures = self._signatures
        return signatures is None or (self.next_ordinal < len(signatures)
                                      and int(signatures[self.next_ordinal]) == packet_signature(packet))

    def close(self) -> None:
        self._packets = iter(())
        self._returned = None
        self._container.close()
