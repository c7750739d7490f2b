"""Create the bundled demo clip: video, ground truth, and its difficulty compared with held-out clips.

    python -m testbed.demo_clip
    python -m testbed.demo_clip --choose

The seed is outside the training seeds and was chosen without running a tracker: ``--choose`` prints the candidate whose
difficulty is nearest to the medians of the held-out clips.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from testbed.difficulty import difficulty
from testbed.synthetic_clips import Clip, ClipSpec, make_clip
from testbed.videos import FPS, write_video

OUT = Path(__file__).parents[1] / "resources" / "demo"
SPEC = ClipSpec(frames=150, crossings=0.6, exits=0.3, pillars=(1, 1))
SEED = 45
#: Candidate seeds for the demo.
CANDIDATES = range(40, 60)
#: Held-out clips of the same kind, for comparison.
HELD_OUT = range(100, 120)


def write_truth(clip: Clip, folder: Path, name: str) -> None:
    """Write MOTChallenge ground truth of the visible parts."""
    boxes, visible = clip.boxes(), clip.visible()
    shares = clip.visible_pixels() / clip.areas
    lines = []
    for t, n in zip(*np.nonzero(visible), strict=True):
        x0, y0, x1, y1 = boxes[t, n]
        lines.append(f"{t + 1},{n + 1},{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},1,1,{shares[t, n]:.3f}")
    (folder / "gt").mkdir(parents=True, exist_ok=True)
    (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n")
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname={name}\nimDir=img1\nframeRate={FPS}\nseqLength={len(clip.images)}\n"
        f"imWidth={clip.spec.width}\nimHeight={clip.spec.height}\nimExt=.jpg\n")


def medians() -> dict[str, float]:
    """Return the median difficulty of the held-out clips."""
    facts = [difficulty(make_clip(SPEC, seed)) for seed in HELD_OUT]
    return {key: float(np.median([d[key] for d in facts])) for key in facts[0]}


def choose() -> int:
    """Return the candidate nearest to the held-out medians, comparing each measure by its ratio."""
    typical = medians()

    def distance(seed: int) -> float:
        facts = difficulty(make_clip(SPEC, seed))
        return sum(abs(math.log((facts[key] + 1e-3) / (typical[key] + 1e-3))) for key in typical)

    return min(CANDIDATES, key=distance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choose", action="store_true", help="only print the seed nearest to the medians")
    if parser.parse_args().choose:
        print(choose())
        return
    OUT.mkdir(parents=True, exist_ok=True)
    clip = make_clip(SPEC, SEED)
    write_video(clip, OUT / "crossing.mp4")
    write_truth(clip, OUT, "crossing")
    content = {"seed": SEED, "demo": difficulty(clip), "held_out_median": medians(), "held_out_seeds": list(HELD_OUT)}
    (OUT / "difficulty.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
