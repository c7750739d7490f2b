"""Plain data that every layer shares. No I/O, no Qt, no torch."""
