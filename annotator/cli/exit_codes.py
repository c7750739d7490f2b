"""Exit codes: fine; a bug; something the user can mend; stopped with Ctrl-C."""

OK, BUG, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
