"""Spans, which assign parts of tracklets to identities: as range algebra and as rows."""
