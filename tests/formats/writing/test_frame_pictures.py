"""Pictures beside labels: where each format looks for them, true to the video, and all of them or nothing."""

from __future__ import annotations

import json
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from annotator.errors import Cancelled, FormatError, VideoError
from annotator.formats.base import ExportOptions, LabelFormat, Pictures, PictureSource
from annotator.formats.registry import FORMATS, get_format, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.video import open_video
from tests.command_line import done, refused
from tests.conftest import FRAMES, MadeClip

WITH_PICTURES = [each for each in writable() if "pictures" in each.options]
WITHOUT = [each for each in writable() if "pictures" not in each.options]
INFO = SequenceInfo("clip", 64, 48, 29.97, 7, ("car", "pedestrian"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven images that differ."""
    images = tmp_path / "images"
    images.mkdir()
    for index in range(7):
        cv2.imwrite(str(images / f"{index}.png"), picture(index)[:, :, ::-1])
    return images


def picture(index: int) -> npt.NDArray[np.uint8]:
    image = np.full((48, 64, 3), (20 * index, 255 - 20 * index, 90), np.uint8)
    image[5 * index:5 * index + 9, 10:30] = (250, 10, 10 * index)
    return image


def labels() -> list[LabelledFrame]:
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    return [LabelledFrame(index, (LabelledBox(1, 0, mask.box_xyxy, 0.5, mask),)) for index in (0, 2, 5)]


def read(path: Path) -> npt.NDArray[np.uint8]:
    found = cv2.imread(str(path))
    assert found is not None
    return np.asarray(found[:, :, ::-1], np.uint8)


def test_formats_with_and_without_a_place() -> None:
    assert {each.name for each in WITHOUT} == {"mot-results", "kitti-results", "csv", "parquet", "masks-npz",
                                              "label-studio", "dive", "sleap"}
    for each in WITH_PICTURES:
        assert "jpeg_quality" in each.options
        assert each.picture(INFO, 0, ExportOptions()) is not None
    for each in WITHOUT:
        assert each.picture(INFO, 0, ExportOptions()) is None


@pytest.mark.parametrize("each", WITH_PICTURES, ids=lambda each: each.name)
def test_each_written_frame_has_its_own_picture(each: LabelFormat, folder: Path, tmp_path: Path) -> None:
    options = ExportOptions(first_frame=1, step=2, pictures="png", masks=each.abilities.masks, field_check=False)
    out = tmp_path / "out"
    report = each.write([(INFO, labels())], out, options, PictureSource({"clip": folder}))
    assert report.pictures == 3
    assert "3 images" in report.checks
    written = replace(INFO, frame_count=3, image_ext=".png")
    places = [out / str(each.picture(written, index, options)) for index in range(3)]
    assert [np.array_equal(read(place), picture(source)) for place, source in zip(places, (1, 3, 5), strict=True)] == (
        [True] * 3)
    pictures = {path for path in out.rglob("*.png")
                if not {"bitmasks", "instances", "Annotations"} & set(path.parts)}
    assert pictures == set(places)
    assert not set(report.files) & pictures


def test_the_names_in_the_files_lead_to_the_pictures(folder: Path, tmp_path: Path) -> None:
    options = ExportOptions(pictures="png", image_digits=8, field_check=False)
    source = PictureSource({"clip": folder})
    roots = {"coco-video": "", "coco": "", "tao": "frames"}
    for name, root in roots.items():
        get_format(name).write([(INFO, labels())], tmp_path / name, options, source)
        [file] = [path for path in (tmp_path / name).rglob("*.json") if "export" not in path.name]
        images = json.loads(file.read_text())["images"]
        assert len(images) == 7
        assert all((tmp_path / name / root / image["file_name"]).is_file() for image in images)
    get_format("youtube-vis").write([(INFO, labels())], tmp_path / "vis", options, source)
    content = json.loads((tmp_path / "vis/youtube_vis_train/annotations.json").read_text())
    for name in content["videos"][0]["file_names"]:
        assert (tmp_path / "vis/youtube_vis_train/JPEGImages" / name).is_file()
    get_format("bdd100k").write([(INFO, labels())], tmp_path / "bdd", options, source)
    for frame in json.loads((tmp_path / "bdd/labels/clip.json").read_text()):
        assert (tmp_path / "bdd/images" / frame["videoName"] / frame["name"]).is_file()
    get_format("dancetrack").write([(INFO, labels())], tmp_path / "dance", options, source)
    header = ConfigParser()
    header.read(tmp_path / "dance/train/clip/seqinfo.ini")
    assert header["Sequence"]["imExt"] == ".png"
    names = sorted(path.name for path in (tmp_path / "dance/train/clip/img1").iterdir())
    assert names[:2] == ["00000001.png", "00000002.png"]


def test_what_is_written_opens_as_a_video(folder: Path, tmp_path: Path) -> None:
    get_format("mot").write([(INFO, labels())], tmp_path / "out", ExportOptions(pictures="jpg"),
                            PictureSource({"clip": folder}))
    with open_video(tmp_path / "out/clip") as reader:
        assert (reader.info.frame_count, reader.info.fps, reader.warnings) == (7, 30, [])
        assert np.abs(reader.read(3).image.astype(int) - picture(3)).mean() < 3


def test_quality_is_what_a_jpeg_costs(folder: Path, tmp_path: Path) -> None:
    sizes = []
    for quality in (20, 80, 95, 100):
        out = tmp_path / str(quality)
        get_format("yolo").write([(INFO, labels())], out, ExportOptions(pictures="jpg", jpeg_quality=quality),
                                 PictureSource({"clip": folder}))
        sizes.append(sum(path.stat().st_size for path in out.rglob("*.jpg")))
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


@pytest.mark.parametrize("kind", ["copy", "link"])
def test_files_of_a_folder_are_taken_as_they_are(kind: Pictures, folder: Path, tmp_path: Path) -> None:
    options = ExportOptions(pictures=kind, first_frame=2)
    get_format("mot17").write([(INFO, labels())], tmp_path / "out", options, PictureSource({"clip": folder}))
    taken = tmp_path / "out/train/clip/img1/000001.png"
    assert taken.read_bytes() == (folder / "2.png").read_bytes()
    assert taken.samefile(folder / "2.png") is (kind == "link")


def test_a_video_file_can_be_decoded_and_not_copied(clip: MadeClip, tmp_path: Path) -> None:
    with open_video(clip.video) as reader:
        info = SequenceInfo("clip", reader.info.width, reader.info.height, 25.0, FRAMES, ("car",))
        last = reader.read(FRAMES - 1).image
    source = PictureSource({"clip": clip.video})
    get_format("kitti").write([(info, [])], tmp_path / "out", ExportOptions(pictures="png"), source)
    assert np.array_equal(read(tmp_path / f"out/image_02/clip/{FRAMES - 1:06d}.png"), last)
    with pytest.raises(FormatError, match="is a video file"):
        get_format("kitti").write([(info, [])], tmp_path / "x", ExportOptions(pictures="link"), source)


@pytest.mark.parametrize("name", ["mot", "coco-video", "yolo"])
def test_what_goes_wrong_leaves_nothing_behind(name: str, folder: Path, tmp_path: Path) -> None:
    each, out = FORMATS[name], tmp_path / "out"
    options = ExportOptions(pictures="jpg")

    def fails(kind: type[Exception], match: str, info: SequenceInfo, source: PictureSource | None) -> None:
        with pytest.raises(kind, match=match):
            each.write([(info, labels())], out, options, source)
        assert not out.exists() or not list(out.iterdir())

    def stop() -> None:
        raise Cancelled

    fails(FormatError, "no video is given", INFO, None)
    fails(FormatError, "7 frames of 64 x 48, but the labels of clip are for 8", replace(INFO, frame_count=8),
          PictureSource({"clip": folder}))
    fails(FormatError, "64 x 48, but the labels of clip are for 7 of 60 x 48", replace(INFO, width=60),
          PictureSource({"clip": folder}))
    fails(FormatError, "the given videos are a, b", INFO, PictureSource({"a": folder, "b": folder}))
    fails(Cancelled, "", INFO, PictureSource({"clip": folder}, stop))
    (folder / "4.png").write_bytes(b"damaged")
    fails(VideoError, r"4\.png", INFO, PictureSource({"clip": folder}))


@pytest.mark.parametrize("each", WITHOUT, ids=lambda each: each.name)
def test_formats_without_a_place_say_so(each: LabelFormat, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=f"{each.name} defines no place for images"):
        each.write([(INFO, labels())], tmp_path / "out", ExportOptions(pictures="jpg"), PictureSource({"clip": folder}))


def test_pictures_of_several_kinds_cannot_be_listed(folder: Path, tmp_path: Path) -> None:
    (folder / "3.png").rename(folder / "3.PNG")
    with pytest.raises(FormatError, match="several types"):
        get_format("coco").write([(INFO, labels())], tmp_path, ExportOptions(pictures="copy"),
                                 PictureSource({"clip": folder}))


def test_own_pictures_are_replaced_and_others_are_not(folder: Path, tmp_path: Path) -> None:
    source, options = PictureSource({"clip": folder}), ExportOptions(pictures="png")
    for _ in range(2):
        get_format("mot").write([(INFO, labels())], tmp_path / "out", options, source)
    (tmp_path / "other/clip/img1").mkdir(parents=True)
    (tmp_path / "other/clip/img1/000003.png").write_bytes(b"of somebody else")
    with pytest.raises(FormatError, match="already exists"):
        get_format("mot").write([(INFO, labels())], tmp_path / "other", options, source)
    assert (tmp_path / "other/clip/img1/000003.png").read_bytes() == b"of somebody else"


def test_on_the_command_line(project: Path, tmp_path: Path) -> None:
    said = done("export", project, "--format", "dancetrack", "--out", tmp_path / "a", "--pictures", "jpg",
                "--jpeg-quality", 80, "--every", 4, "--json")
    assert json.loads(said.out)["pictures"] == FRAMES / 4
    assert (tmp_path / "a/train/clip/img1/00000005.jpg").is_file()
    done("convert", tmp_path / "a", "--from", "dancetrack", "--to", "yolo", "--out", tmp_path / "b",
         "--pictures", "link", "--videos", tmp_path / "a/train/clip")
    assert len(list((tmp_path / "b/images/train").iterdir())) == FRAMES / 4
    line = refused("convert", tmp_path / "a", "--from", "dancetrack", "--to", "coco", "--out", tmp_path / "c",
                   "--pictures", "png")
    assert "no video is given" in line
    assert "no place for images" in refused("export", project, "--format", "csv", "--out", tmp_path / "d",
                                              "--pictures", "jpg")
