"""Exit codes: success; a bug; an error that the user can fix; interrupted with Ctrl-C."""

OK, BUG, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
