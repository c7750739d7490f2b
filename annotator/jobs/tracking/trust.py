"""What a run that is resumed would load because the project file says so.

A project file can come from a stranger, and a run stores the paths of its models. A configuration of MMDetection is a
Python program; weights and ONNX models are read by native code. So a resume loads a file that only the project names
after a person has agreed: by naming the file, by an option, or by answering a question. Names of the program's own
models and of installed packages need no question: what they mean does not depend on the project. A consent is
remembered for the project and the content of the files (`annotator.files.consent`). Files that are only read as data
need a question where they are on another computer, which is signed in to when they are looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from annotator.engine import extensions
from annotator.engine.detectors.mmdet_names import ARCHITECTURES
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import SettingsError
from annotator.files import consent
from annotator.files.network_paths import network_place
from annotator.jobs.tracking.config import PreannotateSettings

#: Settings that name a file which is run or loaded as a model, and what that means.
_LOADED = {
    "detector_config": "a Python program that would be run",
    "detector": "a model that would be loaded",
    "segmenter": "a model that would be loaded",
}
#: Settings that name a file which is read as data.
_READ = ("detections", "thresholds")
_KINDS = {"detector": ModelKind.DETECTOR, "segmenter": ModelKind.SEGMENTER}


class UntrustedRunError(SettingsError):
    """A run would load files that only the project names."""


def foreign_files(settings: PreannotateSettings, own: PreannotateSettings | None = None,
                  given: Collection[str] = (), project: Path | None = None) -> tuple[str, ...]:
    """Return the files that stored settings would load and that nobody has agreed to, one text each.

    Args:
        settings: as the project stores them.
        own: settings of the user; what they name too is not foreign.
        given: names of settings that the user gave, whatever their value.
        project: the project file; what the user agreed to before is not foreign. None: earlier consents do not count.
    """
    loaded = tuple(f"{value} ({meaning})" for value, meaning in _foreign(settings, own, given)
                   if project is None or not consent.agreed(project, value))
    return loaded + tuple(f"{value} (a file on another computer)" for value, place in _distant(settings, own, given)
                          if project is None or not consent.NetworkConsent(project).allows(place))


def check_trusted(settings: PreannotateSettings, trusted: bool, project: Path,
                  own: PreannotateSettings | None = None, given: Collection[str] = ()) -> None:
    """Raise UntrustedRunError if stored settings would load files that nobody has agreed to. With ``trusted`` the
    user agrees to them, which is remembered."""
    if trusted:
        consent.remember(project, [value for value, _ in _foreign(settings, own, given)])
        consent.NetworkConsent(project).agree(place for _, place in _distant(settings, own, given))
        return
    files = foreign_files(settings, own, given, project)
    if files:
        raise UntrustedRunError(f"the project names files that a resume would load: {', '.join(files)}. If you trust "
                                "the project and these files, add --trust-project (once, it is remembered), or give "
                                "the files yourself with --detector, --detector-config and --segmenter")


def _foreign(settings: PreannotateSettings, own: PreannotateSettings | None, given: Collection[str],
             ) -> list[tuple[str, str]]:
    """(file, what loading it means) of each file that only the project names."""
    found = []
    for name, meaning in _LOADED.items():
        value = getattr(settings, name)
        if value is None or name in given or _is_known(name, value) or _is_same(value, getattr(own, name, None)):
            continue
        found.append((value, meaning))
    return found


def _distant(settings: PreannotateSettings, own: PreannotateSettings | None, given: Collection[str],
             ) -> list[tuple[str, str]]:
    """(file, share of a server) of each file with data on another computer that only the project names."""
    found = []
    for name in _READ:
        value = getattr(settings, name)
        place = None if value is None else network_place(value)
        if place is not None and name not in given and not _is_same(value, getattr(own, name, None)):
            found.append((value, place))
    return found


def _is_same(value: str, own: str | None) -> bool:
    return own is not None and (value == own or Path(value) == Path(own).expanduser().resolve())


def _is_known(setting: str, value: str) -> bool:
    if setting == "detector_config":
        return value in ARCHITECTURES
    if any(weights.is_called(value) for weights in checkpoints.manifest()) and not Path(value).is_absolute():
        return True
    if extensions.extension(_KINDS[setting], value) is not None:
        return True
    # The program's own weights, by their path.
    return any(weights.built_in and Path(value) == weights.path() for weights in checkpoints.manifest())
