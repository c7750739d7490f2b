"""How long tests wait for something that is sure to come. It ends a test that would hang, and measures nothing."""

from __future__ import annotations

import os

#: Seconds. A developer who expects a test to fail may set it lower.
PATIENCE_S = float(os.environ.get("ANNOTATOR_TEST_PATIENCE", "120"))
