"""The settings of the last run of each project, as the run dialog shows them again.

They are kept in the program's own settings, not read from the project: a project from elsewhere must not choose which
files are loaded as models.
"""

from __future__ import annotations

import json

from PySide6.QtCore import QSettings

from annotator.errors import UserError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.ui.widgets.project_key import project_key

_RUN = "jobs/run"


def remember_run(settings: QSettings, project: str, run: PreannotateSettings) -> None:
    """Store the settings of a run; ``project`` is the path of the project file."""
    settings.setValue(project_key(_RUN, project), json.dumps(run.to_json()))


def remembered_run(settings: QSettings, project: str) -> PreannotateSettings | None:
    """Return the settings of the project's last run; None if there was none or another version wrote them."""
    text = settings.value(project_key(_RUN, project))
    if not text:
        return None
    try:
        return PreannotateSettings.from_json(json.loads(str(text)))
    except (UserError, ValueError, TypeError):
        return None
