"""The shell: main window, menus, opening and closing projects, crash reports, the effort log.

It builds and updates the features of the other rooms.
"""
