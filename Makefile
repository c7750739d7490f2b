# Everything is done by tools/dev.py, which also runs without make: `python tools/dev.py demo`.
# Arguments are passed on: make demo ARGS="--headless", make test ARGS="-k mot".
PYTHON ?= python3

.PHONY: help demo test check docs setup clean

help:
	@$(PYTHON) tools/dev.py --help

demo test check docs setup clean:
	@$(PYTHON) tools/dev.py $@ $(ARGS)
