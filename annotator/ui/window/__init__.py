"""The shell: main window, menus, opening and closing projects, help, the log, crash reports.

It builds and updates the features of the other rooms.
"""
