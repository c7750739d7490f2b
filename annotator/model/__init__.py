"""Plain data types that all layers share. No I/O, no Qt, no torch."""
