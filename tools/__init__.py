"""Developer scripts: train the built-in models, stress the program, keep generated files up to date."""
