"""The SQLite file: connections, tables, and the lock that admits one writer."""
