"""Spans: which part of which tracklet belongs to which identity, as range algebra and as rows."""
