"""The shell: main window, menus, opening and closing projects, help, the log, crash reports.

It builds the features, asks them in turn, and contains no feature itself.
"""
