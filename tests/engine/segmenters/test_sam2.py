"""The streaming segmenter against the ``sam2`` package's own video predictor, on the same random weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.base import Predictions
from annotator.engine.segmenters import sam2, sam2_model
from annotator.engine.segmenters.mask_decoder import PackageMaskDecoder
from annotator.engine.segmenters.sam2 import Sam2Segmenter, prepare_image
from annotator.engine.settings import Sam2Settings
from annotator.errors import ModelError
from annotator.model.frame import Frame
from annotator.model.mask import Mask
from annotator.model.prompt import Point, Prompt
from tests.engine.stock_sam2 import (
    HEIGHT,
    WIDTH,
    Seen,
    StockRun,
    encoded_once,
    liven,
    loaded,
    moving_frames,
    random_model,
)

FRAMES = 22
#: Logits of either sign up to about 5. Rounding alone makes up to 1.5e-4 (a memory rounded to the other bfloat16).
TOLERANCE = 5e-4

Prompts = Mapping[int, Mapping[int, Prompt]]
"""Object -> frame -> prompt."""


def box(frame: int, shift: float = 0) -> Prompt:
    return Prompt(frame, (20.0 + shift, 18.0, 62.5 + shift, 70.0))


def points(frame: int) -> Prompt:
    return Prompt(frame, points=(Point(50, 40), Point(70, 44), Point(10, 80, positive=False)))


def click(frame: int) -> Prompt:
    return Prompt(frame, points=(Point(40.5, 44.25),))


def box_and_points(frame: int) -> Prompt:
    return Prompt(frame, (70.0, 10.0, 130.0, 80.0), (Point(100, 45), Point(72, 12, positive=False)))


def mask(frame: int) -> Prompt:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return Prompt(frame, mask=Mask.from_bitmap(((x - 60) / 30) ** 2 + ((y - 45) / 20) ** 2 < 1))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors; more threads only make the sums differ from run to run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def started(model: Any, reverse: bool = False, frame_count: int = FRAMES, settings: Sam2Settings | None = None,
            ) -> Sam2Segmenter:
    segmenter = Sam2Segmenter(model, "random", "cpu", settings)
    segmenter.start(WIDTH, HEIGHT, frame_count, reverse)
    return segmenter


def seen(predictions: Predictions) -> dict[int, Seen]:
    return {i: Seen(predictions.logits[k].numpy(), float(predictions.score[k]), predictions.pointers[k].numpy())
            for k, i in enumerate(predictions.object_ids)}


def step(segmenter: Sam2Segmenter, frame: Frame, prompts: Prompts, known: Sequence[int],
         silent: Sequence[int] = ()) -> dict[int, Seen]:
    """One frame: prompts where there are any, memory for the other known objects; ``silent`` ones do not memorise."""
    features = segmenter.encode(frame)
    now = {i: of[frame.index] for i, of in prompts.items() if frame.index in of}
    found: dict[int, Seen] = {}
    tracked = segmenter.predict(features, [i for i in known if i not in now])
    for predictions in (tracked, segmenter.prompt(features, now)):
        found |= seen(predictions)
        segmenter.memorise(features, predictions, [i for i in predictions.object_ids if i not in silent])
    return found


def stream(segmenter: Sam2Segmenter, frames: Sequence[Frame], prompts: Prompts, indices: range,
           silent: Mapping[int, Sequence[int]] | None = None) -> dict[int, dict[int, Seen]]:
    """Object -> frame -> answer; each object lives from its first prompt on, in the direction of travel."""
    found: dict[int, dict[int, Seen]] = {i: {} for i in prompts}
    for t in indices:
        known = [i for i in prompts if found[i]]
        for i, answer in step(segmenter, frames[t], prompts, known, (silent or {}).get(t, ())).items():
            found[i][t] = answer
    return found


def reference(model: Any, frames: Sequence[Frame], prompts: Prompts, indices: range) -> dict[int, dict[int, Seen]]:
    """The same from the package's predictor, one object at a time."""
    with encoded_once(model):
        return {i: StockRun(model, frames).follow(of, indices[indices.index(next(t for t in indices if t in of)):])
                for i, of in prompts.items()}


def assert_same(ours: Mapping[int, Mapping[int, Seen]], theirs: Mapping[int, Mapping[int, Seen]],
                tolerance: float = TOLERANCE) -> None:
    assert {i: list(of) for i, of in ours.items()} == {i: list(of) for i, of in theirs.items()}
    for i, of in theirs.items():
        for t, expected in of.items():
            where = f"object {i}, frame {t}"
            np.testing.assert_allclose(ours[i][t].logits, expected.logits, atol=tolerance, rtol=0, err_msg=where)
            np.testing.assert_allclose(ours[i][t].score, expected.score, atol=tolerance, rtol=0, err_msg=where)
            np.testing.assert_allclose(ours[i][t].pointer, expected.pointer, atol=tolerance, rtol=0, err_msg=where)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return moving_frames(FRAMES)


#: Six objects: one of each kind of prompt, later ones, and re-prompts (at most four conditioning memories each).
MANY: Prompts = {1: {0: box(0)}, 2: {0: points(0)}, 3: {0: box_and_points(0), 9: box(9, 40)}, 4: {0: mask(0)},
                 5: {7: click(7), 10: box(10), 18: mask(18)}, 6: {11: box(11, 30)}}
BACKWARD: Prompts = {1: {21: box(21)}, 2: {21: click(21), 12: points(12)}, 3: {15: mask(15)}}


# -- equality --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("kind", "score"), [("tiny", 0), ("tiny", -6.4), ("sam2", 0), ("sam2.1", 0), ("sam2.1", -4.4)])
def test_follows_many_objects_like_the_stock_predictor(kind: str, score: float, frames: list[Frame]) -> None:
    model = random_model(kind, score=score)
    theirs = reference(model, frames, MANY, range(FRAMES))
    assert_same(stream(started(model), frames, MANY, range(FRAMES)), theirs)
    absent = [answer.score < 0 for of in theirs.values() for answer in of.values()]
    assert any(absent) == (score < 0), "the case is there to have absent objects, or not"


@pytest.mark.parametrize("kind", ["tiny", "sam2.1"])
def test_backward_too(kind: str, frames: list[Frame]) -> None:
    model, indices = random_model(kind), range(FRAMES - 1, -1, -1)
    assert_same(stream(started(model, reverse=True), frames, BACKWARD, indices),
                reference(model, frames, BACKWARD, indices))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_very_short_videos_scale_pointer_distances(count: int) -> None:
    model, frames, prompts = random_model("sam2.1"), moving_frames(count), {1: {0: box(0)}}
    ours = stream(started(model, frame_count=count), frames, prompts, range(count))
    assert_same(ours, reference(model, frames, prompts, range(count)))


@pytest.mark.parametrize("reverse", [False, True])
def test_prompts_of_frames_ahead_are_attended_to_from_the_start(reverse: bool, frames: list[Frame]) -> None:
    """Several prompts given before the journey begins, more of them than are attended to at once."""
    model = random_model("sam2.1", max_cond_frames_in_attn=4)
    indices = range(FRAMES - 1, -1, -1) if reverse else range(FRAMES)
    ahead = [indices[k] for k in (0, 4, 6, 9, 13, 20)]
    prompts = {t: box(t, 5 * k) for k, t in enumerate(ahead)}
    stock = StockRun(model, frames)
    segmenter = started(model, reverse, settings=Sam2Settings(keep_first=False))
    found: dict[int, Seen] = {}
    for t, prompt in prompts.items():
        stock.prompt(prompt)
        found |= {t: step(segmenter, frames[t], {1: {t: prompt}}, ())[1]}
    with encoded_once(model):
        stock.go(indices[0], indices[-1])
    for t in indices:
        if t not in prompts:
            found[t] = step(segmenter, frames[t], {}, [1])[1]
    assert_same({1: {t: found[t] for t in indices}}, {1: {t: stock.seen(t) for t in indices}})


def test_more_reprompts_than_are_attended_to(frames: list[Frame]) -> None:
    model = random_model("sam2.1", max_cond_frames_in_attn=4)
    prompts = {1: {t: box(t, 2 * t) for t in (0, 1, 2, 5, 6, 9, 15)}}
    theirs = reference(model, frames, prompts, range(FRAMES))
    closest = Sam2Settings(keep_first=False)
    assert_same(stream(started(model, settings=closest), frames, prompts, range(FRAMES)), theirs)
    unlimited = stream(started(model, settings=Sam2Settings(max_conditioning=-1)), frames, prompts, range(FRAMES))
    with pytest.raises(AssertionError):
        assert_same(unlimited, theirs)


@pytest.mark.parametrize("size", ["t", "s", "b+", "l"])
@pytest.mark.parametrize("version", ["sam2", "sam2.1"])
def test_every_published_size_at_256_pixels(version: str, size: str) -> None:
    """Random weights: points, boxes, masks, several conditioning frames, and backward."""
    name, frames = f"{version}_hiera_{size}", moving_frames(4)
    model = sam2_model.build(sam2_model.architecture(name), None, None, "cpu", video_predictor=True, seed=1,
                             image_size=256)
    liven(model)
    prompts: Prompts = {1: {0: box(0), 2: box(2, 10)}, 2: {0: points(0)}, 3: {1: mask(1)}}
    back, indices = {1: {3: box(3)}}, range(3, 0, -1)
    with encoded_once(model):  # the encoder takes most of the time
        assert_same(stream(started(model, frame_count=4), frames, prompts, range(4)),
                    reference(model, frames, prompts, range(4)))
        assert_same(stream(started(model, reverse=True, frame_count=4), frames, back, indices),
                    reference(model, frames, back, indices))


def test_one_step_from_the_stock_predictors_own_memory(frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    stock, segmenter = StockRun(model, frames), started(model)
    stock.follow({0: box(0), 8: box(8, 30)}, range(19))
    memories = {part: _dumped(stock.outputs[f"{key}_frame_outputs"])
                for part, key in (("conditioning", "cond"), ("recent", "non_cond"))}
    segmenter.restore({**segmenter.snapshot(), "memories": {"1": memories}})
    answer = step(segmenter, frames[19], {}, [1])[1]
    stock.go(19, 19)
    assert_same({1: {19: answer}}, {1: {19: stock.seen(19)}}, tolerance=5e-5)


def _dumped(outputs: Mapping[int, Mapping[str, torch.Tensor]]) -> dict[str, Any]:
    return {"frames": list(outputs), "pointers": [out["obj_ptr"][0] for out in outputs.values()],
            "spatial": [out["maskmem_features"][0].flatten(1).T for out in outputs.values()]}


def test_a_frame_that_was_not_memorised_is_a_hole(frames: list[Frame]) -> None:
    model, holes = random_model("sam2.1"), (3, 4, 10, 16, 17)
    stock = StockRun(model, frames)
    stock.prompt(box(0))
    theirs: dict[int, Seen] = {}
    with encoded_once(model):
        for t in range(FRAMES):
            stock.go(t, t)
            theirs[t] = stock.seen(t)
            if t in holes:
                del stock.outputs["non_cond_frame_outputs"][t]
    prompts = {1: {0: box(0)}, 2: {0: click(0)}}
    ours = stream(started(model), frames, prompts, range(FRAMES), dict.fromkeys(holes, (1,)))
    assert_same({1: ours[1]}, {1: theirs})
    assert_same({2: ours[2]}, reference(model, frames, {2: {0: click(0)}}, range(FRAMES)))
    whole = stream(started(model), frames, prompts, range(FRAMES))
    assert np.abs(whole[1][18].logits - theirs[18].logits).max() > 2 * TOLERANCE, "holes must matter"


def test_objects_of_all_ages_share_a_batch_without_touching_each_other(frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    prompts: Prompts = {i: {t: box(t, 3 * i)} for i, t in enumerate((0, 0, 1, 3, 8, 9, 17))}
    together = stream(started(model), frames, prompts, range(FRAMES))
    alone = {i: stream(started(model), frames, {i: of}, range(FRAMES))[i] for i, of in prompts.items()}
    assert_same(together, alone)


def test_built_from_names_both_models_are_the_same() -> None:
    arch = sam2_model.architecture("tiny-sam2")
    bare, predictor = (sam2_model.build(arch, None, None, "cpu", video_predictor=p, seed=3) for p in (False, True))
    assert all(torch.equal(tensor, predictor.state_dict()[name]) for name, tensor in bare.state_dict().items())
    for model in (bare, predictor):
        liven(model)
    frames, prompts = moving_frames(9), {1: {0: box(0)}, 2: {2: click(2)}}
    assert_same(stream(started(bare, frame_count=9), frames, prompts, range(9)),
                reference(predictor, frames, prompts, range(9)))


def test_pictures_are_resized_as_the_package_does() -> None:
    model, (frame,) = random_model("tiny"), moving_frames(1, seed=4)
    torch.testing.assert_close(prepare_image(frame.image, 128, torch.device("cpu")), loaded(model, frame))


# -- re-prompts kept as ordinary memories ----------------------------------------------------------------------------

def test_a_reprompt_may_be_kept_as_an_ordinary_memory(frames: list[Frame]) -> None:
    """As the package does with a frame that it has already tracked: its entry there is replaced."""
    model = random_model("sam2.1")
    stock = StockRun(model, frames)
    stock.follow({0: box(0)}, range(6))
    fresh = StockRun(model, frames)
    fresh.prompt(box(5, 30))
    fresh.go(5, 5)
    stock.outputs["non_cond_frame_outputs"][5] = fresh.outputs["cond_frame_outputs"][5]
    stock.go(6, 10)
    segmenter = started(model, settings=Sam2Settings(reprompt_conditions=False))
    ours = stream(segmenter, frames, {1: {0: box(0), 5: box(5, 30)}}, range(11))
    assert_same(ours, {1: {t: stock.seen(t) for t in range(11)}})


# -- memory policies -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["dam4sam", "samurai"])
def test_a_policy_sees_all_candidates_and_starts_like_the_stock_predictor(name: str, frames: list[Frame]) -> None:
    """After a prompt alone, the memories are the same, and so is the mask with the highest estimate."""
    model, prompts = random_model("sam2.1"), {1: {0: box(0)}, 2: {0: click(0)}}
    found = {}
    for policy in ("sam2", name):
        segmenter = started(model, settings=Sam2Settings(memory=policy))
        step(segmenter, frames[0], prompts, ())
        found[policy] = segmenter.predict(segmenter.encode(frames[1]), [1, 2])
    assert found["sam2"].candidates is None
    assert_same({0: seen(found[name])}, {0: seen(found["sam2"])})
    candidates, estimates = found[name].candidates, found[name].candidate_iou
    assert candidates is not None
    assert estimates is not None
    assert candidates.shape == (2, 3, segmenter.mask_size, segmenter.mask_size)
    np.testing.assert_array_equal(found[name].iou, estimates.max(1))
    for row in range(2):
        torch.testing.assert_close(found[name].logits[row], candidates[row, int(estimates[row].argmax())])


@pytest.mark.parametrize(("score", "written"), [(0.0, True), (-30.0, False)])
def test_dam4sam_writes_no_frame_without_the_object(score: float, written: bool, frames: list[Frame]) -> None:
    model = random_model("sam2.1", score=score)
    segmenter = started(model, settings=Sam2Settings(memory="dam4sam"))
    stream(segmenter, frames, {1: {0: mask(0)}}, range(6))
    assert (segmenter._require_bank().rows_used[0] > 1) is written


@pytest.mark.parametrize("name", ["dam4sam", "samurai"])
def test_a_snapshot_under_a_policy_goes_on_alike(name: str, frames: list[Frame]) -> None:
    model, prompts = random_model("sam2.1"), {1: {0: box(0)}, 2: {2: click(2)}}
    settings = Sam2Settings(memory=name)
    whole = started(model, settings=settings)
    first = stream(whole, frames, prompts, range(12))
    other = started(model, settings=settings)
    other.restore(whole.snapshot())
    for t in range(12, 17):
        assert_same({0: step(whole, frames[t], {}, list(first))}, {0: step(other, frames[t], {}, list(first))}, 0)


# -- bookkeeping -----------------------------------------------------------------------------------------------------

def test_says_what_is_prompted_and_what_conditions(frames: list[Frame]) -> None:
    segmenter = started(random_model("tiny"), settings=Sam2Settings(reprompt_conditions=False))
    features = segmenter.encode(frames[0])
    born = segmenter.prompt(features, {7: box(0), 4: mask(0), 5: click(0), 9: box(0, 9)})
    assert born.object_ids == (7, 4, 5, 9)
    assert born.prompted == born.conditioning == (True,) * 4
    assert born.logits.shape == (4, segmenter.mask_size, segmenter.mask_size)
    assert born.score.shape == born.iou.shape == (4,)
    assert born.score[1] == 10
    segmenter.memorise(features, born)
    features = segmenter.encode(frames[1])
    again = segmenter.prompt(features, {9: box(1), 8: box(1)})
    assert again.conditioning == (False, True), "only a first prompt conditions in this setting"
    tracked = segmenter.predict(features, [9, 4])
    assert tracked.object_ids == (9, 4)
    assert tracked.prompted == tracked.conditioning == (False, False)


def test_nothing_to_do_is_no_special_case(frames: list[Frame]) -> None:
    segmenter = started(random_model("tiny"))
    features = segmenter.encode(frames[0])
    for nothing in (segmenter.prompt(features, {}), segmenter.predict(features, [])):
        assert nothing.object_ids == ()
        assert nothing.logits.shape == (0, segmenter.mask_size, segmenter.mask_size)
        segmenter.memorise(features, nothing)
    segmenter.forget(12)


def test_a_prompt_alone_stores_nothing(frames: list[Frame]) -> None:
    segmenter = started(random_model("tiny"))
    segmenter.prompt(segmenter.encode(frames[0]), {1: box(0)})
    assert segmenter.snapshot()["memories"] == {}


def test_start_comes_first() -> None:
    segmenter = Sam2Segmenter(random_model("tiny"), "random")
    with pytest.raises(RuntimeError, match="start"):
        segmenter.forget(1)


def test_memory_is_bounded_over_a_long_video_with_many_reprompts() -> None:
    model, frames = random_model("tiny"), moving_frames(10)
    segmenter = started(model, frame_count=1000)
    used: list[tuple[int, int]] = []
    for t in range(100):
        frame = Frame(t, frames[t % 10].image, 0.0)
        step(segmenter, frame, {1: {t: box(t)}, 2: {t: click(t)}} if t % 3 == 0 else {}, [1, 2] if t else [])
        used.append(segmenter._require_bank().rows_used)
    bank = segmenter._require_bank()
    # Each object: 4 conditioning memories, one that the next frame will demote, and the windows of 6 and 15 frames.
    assert max(spatial for spatial, _ in used) <= 2 * (4 + 1 + 6)
    assert max(pointers for _, pointers in used) <= 2 * (4 + 1 + 15)
    assert used[60:75] == used[75:90], "nothing grows"
    segmenter.forget(1)
    assert bank.rows_used == tuple(n // 2 for n in used[-1])
    segmenter.forget(2)
    assert bank.rows_used == (0, 0)


def test_a_forgotten_objects_rows_serve_the_next_one(frames: list[Frame]) -> None:
    """Numbers of rows are reused; what was in them must not be seen again."""
    model = random_model("sam2.1")
    segmenter = started(model)
    stream(segmenter, frames, {1: {0: box(0)}, 2: {0: mask(0)}}, range(5))
    segmenter.forget(1)
    later = {3: {5: box(5, 40)}}
    ours = stream(segmenter, frames, later, range(5, 12))
    assert_same(ours, reference(model, frames, later, range(5, 12)))


# -- snapshots -------------------------------------------------------------------------------------------------------

def test_a_snapshot_continues_identically_in_a_fresh_segmenter(frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    prompts: Prompts = {1: {0: box(0)}, 2: {3: mask(3), 6: box(6)}, 3: {14: click(14)}}
    first, known = started(model), [1, 2]
    stream(first, frames, {1: prompts[1], 2: prompts[2]}, range(12))
    state = first.snapshot()
    expected = [step(first, frames[t], prompts, known) for t in range(12, FRAMES)]
    fresh = Sam2Segmenter(model, "fresh")
    fresh.restore(state)
    assert _identical([step(fresh, frames[t], prompts, known) for t in range(12, FRAMES)], expected)
    first.restore(state)
    again = [step(first, frames[t], prompts, known) for t in range(12, FRAMES)]
    assert _identical(again, expected), "what came after the snapshot must not have changed it"


def _identical(ours: list[dict[int, Seen]], theirs: list[dict[int, Seen]]) -> bool:
    return all(a.keys() == b.keys() and all(np.array_equal(a[i].logits, b[i].logits) and a[i].score == b[i].score
                                            for i in a) for a, b in zip(ours, theirs, strict=True))


def test_a_snapshot_holds_plain_data_and_no_more_than_the_memories(frames: list[Frame], tmp_path: Any) -> None:
    segmenter = started(random_model("tiny"))
    stream(segmenter, frames, {i: {0: box(0, i)} for i in range(8)}, range(3))
    for i in range(7):
        segmenter.forget(i)
    torch.save(segmenter.snapshot(), tmp_path / "state.pt")
    segmenter.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    one_memory = 64 * 64 * 2
    assert (tmp_path / "state.pt").stat().st_size < 6 * one_memory, "three memories of one object, not the whole table"


# -- too little memory on the device ---------------------------------------------------------------------------------

class FakeSmallDevice:
    """Makes a model's steps fail, as on a device that is too small, for more objects than it can hold."""

    def __init__(self, model: Any, room: int) -> None:
        self.room, self.refused = room, 0
        self._handles = [
            model.sam_mask_decoder.iou_prediction_head.register_forward_pre_hook(lambda _, args: self._check(args[0])),
            model.memory_encoder.out_proj.register_forward_pre_hook(lambda _, args: self._check(args[0]))]

    def _check(self, batch: torch.Tensor) -> None:
        if len(batch) > self.room:
            self.refused += 1
            raise torch.OutOfMemoryError("fake device is full")

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()


@pytest.mark.parametrize("room", [3, 1])
def test_out_of_memory_halves_the_batch_and_goes_on(room: int, frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    prompts: Prompts = {i: {0: mask(0) if i == 4 else box(0, 2 * i), 3: box(3, i)} for i in range(7)}
    expected = stream(started(model), frames, prompts, range(6))
    device, segmenter = FakeSmallDevice(model, room), started(model)
    try:
        assert_same(stream(segmenter, frames, prompts, range(6)), expected)
    finally:
        device.remove()
    assert segmenter.batch_size == room
    assert device.refused == {3: 1, 1: 2}[room], "six boxes: halved, and for good"


def test_out_of_memory_in_the_memory_encoder_loses_no_object(frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    segmenter = started(model)
    features = segmenter.encode(frames[0])
    predictions = segmenter.prompt(features, {i: box(0, i) for i in range(5)})
    device = FakeSmallDevice(model, 2)
    try:
        segmenter.memorise(features, predictions)
    finally:
        device.remove()
    assert sorted(segmenter.snapshot()["memories"]) == ["0", "1", "2", "3", "4"]


def test_out_of_memory_for_a_single_object_says_what_to_do(frames: list[Frame]) -> None:
    model = random_model("tiny")
    device, segmenter = FakeSmallDevice(model, 0), started(model)
    features = segmenter.encode(frames[0])
    try:
        with pytest.raises(ModelError, match="choose a smaller segmenter"):
            segmenter.prompt(features, {1: box(0)})
    finally:
        device.remove()


# -- batches that fit a processor's cache --------------------------------------------------------------------------

def test_batches_on_a_processor_hold_what_its_cache_does() -> None:
    small, large = random_model("tiny"), random_model("tiny", image_size=1024)
    few, many = Sam2Segmenter(large, "large").batch_size, Sam2Segmenter(small, "small").batch_size
    assert few == 1
    assert 8 < many < 64
    assert Sam2Segmenter(small, "small", settings=Sam2Settings(batch_size=3)).batch_size == 3


@pytest.mark.parametrize("kind", ["tiny", "sam2"])
def test_with_the_package_s_decoder_answers_are_the_same(kind: str, frames: list[Frame],
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a CUDA device."""
    model = random_model(kind)
    prompts: Prompts = {1: {0: box(0)}, 2: {0: points(0), 4: box(4)}, 3: {2: mask(2)}}
    expected = stream(started(model), frames, prompts, range(7))
    monkeypatch.setattr(sam2, "mask_decoder", lambda module, _: PackageMaskDecoder(module))
    assert_same(stream(started(model), frames, prompts, range(7)), expected)


def test_answers_do_not_depend_on_the_size_of_batches(frames: list[Frame]) -> None:
    model = random_model("sam2.1")
    prompts: Prompts = {i: {i % 3: box(i % 3, 2 * i)} for i in range(6)}
    by_fours = stream(started(model, settings=Sam2Settings(batch_size=4)), frames, prompts, range(8))
    assert_same(by_fours, stream(started(model), frames, prompts, range(8)))
