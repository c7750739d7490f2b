"""Detectors, segmenters and trackers. Only this package imports torch and related libraries."""

import os

# OpenMP threads busy-wait for each other unless this is set before torch is loaded. If anything else uses the same
# cores, even the window, they then wait for threads that are not running: next to three busy programs, tracking with
# tiny-sam2 ran at 0.3 frames per second without this setting and at 5 with it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
