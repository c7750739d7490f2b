"""How long tests wait for something that is sure to come. It ends a test that would hang, and measures nothing."""

from __future__ import annotations

PATIENCE_S = 120.0
