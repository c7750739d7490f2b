"""Detectors, segmenters and trackers. torch and its friends are imported here and nowhere else."""

import os

# Threads that compute together spin while they wait for one another, unless this is said before torch is loaded. Where
# something else runs on the same cores, be it the window, they then wait for threads that cannot run: tracking with
# tiny-sam2 beside three busy programs went at 0.3 frames per second, and goes at 5.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
