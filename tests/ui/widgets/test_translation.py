from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QCoreApplication, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

from annotator.resources import resource_root
from annotator.review.reasons import Sentence, english
from annotator.ui.widgets.translation import install_translations
from tests.required import required
from tools.upkeep import translations
from tools.upkeep.translations import Text, TextError

ENGLISH = resource_root() / "translations" / "annotator_en.ts"


def test_every_text_of_the_window_is_in_the_translation_files() -> None:
    known = translations.read_ts(ENGLISH)
    texts = set(translations.all_texts())
    assert len(texts) > 100
    forgotten, gone = texts - known.keys(), known.keys() - texts
    assert not forgotten, "run: python tools/upkeep/translations.py update"
    assert not gone, "run: python tools/upkeep/translations.py update"


def test_english_is_complete() -> None:
    assert translations.unfinished(ENGLISH) == []
    for text, forms in translations.read_ts(ENGLISH).items():
        assert len(forms) == (2 if text.counted else 1)
        assert all(("%n" in form) == ("%n" in text.source) for form in forms)


def test_the_compiled_file_says_what_the_source_says(qapp: QApplication) -> None:
    translator = QTranslator()
    assert translator.load(str(ENGLISH.with_suffix(".qm")))
    for text, forms in translations.read_ts(ENGLISH).items():
        numbers = (1, 2) if text.counted else (-1,)
        assert [translator.translate(text.context, text.source, "", n) for n in numbers] == forms, \
            "run: python tools/upkeep/translations.py compile"


def test_the_reasons_of_the_review_queue_are_among_the_texts() -> None:
    texts = {text.source: text.counted for text in translations.all_texts() if text.context == "Sentence"}
    assert texts == {sentence.value: "%n" in sentence for sentence in Sentence}


def test_the_window_says_reasons_as_the_command_line_does(qapp: QCoreApplication) -> None:
    translator = QTranslator()
    assert translator.load(str(ENGLISH.with_suffix(".qm")))
    for sentence in Sentence:
        for count, shown in ((1, "1"), (2, "2")) if "%n" in sentence else ((-1, ""),):
            text = required(translator.translate("Sentence", sentence.value, "", count))
            assert text.replace("%n", shown) == english(sentence, count)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_texts_are_found_with_their_class(tmp_path: Path) -> None:
    found = translations.texts_in(write(tmp_path / "a.py", """
class A:
    def f(self):
        tr = self.tr
        add(tr("one"), f"{self.tr('two')}", lambda: tr("th" "ree"))
        self.tr("%n fours", "", 4)
    class B:
        x = tr("five")
QCoreApplication.translate("C", "six")
"""))
    assert found == {Text("A", "one", False), Text("A", "two", False), Text("A", "three", False),
                     Text("A", "%n fours", True), Text("B", "five", False), Text("C", "six", False)}


@pytest.mark.parametrize(("line", "said"), [("tr('x')", "outside a class"),
                                            ("class A:\n    y = tr(name)", "needs a string literal")])
def test_what_cannot_be_found_is_refused(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(TextError, match=said):
        translations.texts_in(write(tmp_path / "a.py", line))


def test_an_update_keeps_what_was_translated_and_drops_what_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "annotator_de.ts"
    kept, counted, gone, new = (Text("A", "keep <me> & you", False), Text("A", "%n things", True),
                                Text("A", "gone", False), Text("B", "new", False))
    path.write_text(translations.ts_text({kept: ["behalten"], counted: ["%n Ding", "%n Dinge"], gone: ["weg"]}, "de"))
    path.write_text(translations.updated(path, [kept, counted, new]))
    assert translations.read_ts(path) == {kept: ["behalten"], counted: ["%n Ding", "%n Dinge"], new: [""]}
    assert translations.unfinished(path) == [new]




@pytest.fixture
def languages(qapp: QCoreApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of translations in which German knows one text; what is installed is taken out again."""
    folder = tmp_path / "translations"
    folder.mkdir()
    english = {Text("Timeline", "%n tracks", True): ["%n track", "%n tracks"], Text("Timeline", "Go", False): ["Go"]}
    german = {Text("Timeline", "Go", False): ["Los"]}
    for language, known in (("en", english), ("de", german)):
        (folder / f"annotator_{language}.ts").write_text(translations.ts_text(known, language))
    monkeypatch.setattr(translations, "TEXTS", folder)
    translations.compile_all()
    monkeypatch.setattr("annotator.ui.widgets.translation.resource_root", lambda: tmp_path)
    before = set(qapp.findChildren(QTranslator))
    yield folder
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
        translator.deleteLater()


def said(text: str, number: int = -1) -> str:
    return QCoreApplication.translate("Timeline", text, "", number)


@pytest.mark.parametrize(("locale", "language", "go"), [("en_GB", "en", "Go"), ("de_CH", "de", "Los"),
                                                        ("fi_FI", "en", "Go")])
def test_the_language_of_the_system_or_else_english(locale: str, language: str, go: str, languages: Path,
                                                    qapp: QCoreApplication) -> None:
    assert install_translations(qapp, QLocale(locale)) == language
    assert said("Go") == go
    assert said("%n tracks", 1) == "1 track"
    assert said("%n tracks", 3) == "3 tracks"


def test_an_installation_without_texts_still_starts(qapp: QCoreApplication, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch,
                                                    caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("annotator.ui.widgets.translation.resource_root", lambda: tmp_path)
    assert install_translations(qapp, QLocale("de_DE")) == "en"
    assert "English texts are missing" in caplog.text


def test_a_text_of_a_nested_call_is_found_again_by_its_class(qapp: QCoreApplication, languages: Path) -> None:
    class Timeline(QObject):
        pass

    install_translations(qapp, QLocale("de_DE"))
    assert Timeline().tr("Go") == "Los"
