"""Score tracks against ground truth: HOTA, CLEAR MOT and identity metrics, computed by TrackEval.

Sources: HOTA: Luiten et al., IJCV 2021. MOTA, MOTP: Bernardin and Stiefelhagen, EURASIP JIVP 2008. IDF1: Ristani et
al., ECCV Workshops 2016.
"""

from annotator.evaluation.arrays import FrameBoxes, combine, evaluate_arrays, evaluate_frames
from annotator.evaluation.files import evaluate
from annotator.evaluation.scores import Evaluation, Scores

__all__ = ["Evaluation", "FrameBoxes", "Scores", "combine", "evaluate", "evaluate_arrays", "evaluate_frames"]
