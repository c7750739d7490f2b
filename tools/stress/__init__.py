"""Programs that stress the window and the readers: a monkey test, a format fuzzer, a recorded session."""
