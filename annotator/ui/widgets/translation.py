"""The window's language."""

from __future__ import annotations

import logging

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from annotator.resources import resource_root

log = logging.getLogger(__name__)


def install_translations(app: QCoreApplication, locale: QLocale) -> str:
    """Show texts in the locale's language where there is a translation, in English otherwise.

    English is always there below: it holds the plural forms, and whatever another language has not translated yet.

    Returns:
        The language that was found: ``en``, ``de``.
    """
    folder = str(resource_root() / "translations")
    english = QTranslator(app)
    if english.load("annotator_en", folder):
        app.installTranslator(english)
    else:
        log.warning("the English texts are missing in %s; numbers will read like '1 tracks'", folder)
    own = QTranslator(app)
    if locale.language() is QLocale.Language.English or not own.load(locale, "annotator", "_", folder):
        return "en"
    app.installTranslator(own)
    standard = QTranslator(app)
    if standard.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(standard)
    return own.language()
