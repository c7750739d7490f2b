"""The SQLite file itself: connections, tables, and the lock that lets one writer in."""
