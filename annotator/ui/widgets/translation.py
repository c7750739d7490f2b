"""The language of the window."""

from __future__ import annotations

import logging

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from annotator.resources import resource_root

log = logging.getLogger(__name__)


def install_translations(app: QCoreApplication, locale: QLocale) -> str:
    """Show texts in the language of the locale if a translation exists, otherwise in English.

    English stays installed below any other language: it contains the plural forms and the texts that the other language
    does not translate yet.

    Returns:
        The language in use, such as ``en`` or ``de``.
    """
    folder = str(resource_root() / "translations")
    english = QTranslator(app)
    if english.load("annotator_en", folder):
        app.installTranslator(english)
    else:
        log.warning("the English texts are missing in %s; plurals will be wrong, as in '1 tracks'", folder)
    own = QTranslator(app)
    if locale.language() is QLocale.Language.English or not own.load(locale, "annotator", "_", folder):
        return "en"
    app.installTranslator(own)
    standard = QTranslator(app)
    if standard.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(standard)
    return own.language()
