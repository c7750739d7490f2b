"""SAM2MOT Annotator: pre-annotate videos with tracked objects, correct identities, export labels."""

__version__ = "0.1.0"
