"""Programs that try to break the window and the readers: a monkey, a fuzzer, a recorded session."""
