"""A project from Python, in a notebook or a script: read tracks and masks, run jobs, edit with undo, export.

>>> import annotator
>>> with annotator.open("clip.annot") as project:        # read-only; another program may keep writing
...     table = project.tracks()                         # pandas.DataFrame, one row per box
...     arrays = project.arrays(video="clip")            # dict of NumPy arrays, no pandas needed
>>> with annotator.open("clip.annot", write=True) as project:
...     project.edit.swap(3, 7, from_frame=120)
...     report = project.export("mot", "labels")
"""

from annotator.notebook.editing import Edits
from annotator.notebook.project import Project
from annotator.notebook.proposals import Proposal

__all__ = ["Edits", "Project", "Proposal"]
