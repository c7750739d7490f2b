"""Extract the window's texts for translators, and compile the translations for the program.

    python tools/upkeep/translations.py update            update all resources/translations/*.ts and compile them
    python tools/upkeep/translations.py update --add de   also add a language
    python tools/upkeep/translations.py compile           only compile .ts to .qm
    python tools/upkeep/translations.py check             exit status 1 if update would change anything

The English file repeats the program's texts; only its plural forms are edited manually. A language that lacks a text
shows the English one. Edit the .ts files with Qt Linguist (`pyside6-linguist`) or a text editor.

This program finds the texts with Python's parser, because `pyside6-lupdate` loses the class of a text inside a nested
call, and the program cannot look up a text without its class. `pyside6-lrelease` compiles the files.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES, TEXTS = ROOT / "annotator" / "ui", ROOT / "resources" / "translations"
#: Contexts whose texts are the values of the class with that name, in modules without Qt.
LISTED = {"Sentence": ROOT / "annotator" / "review" / "reasons.py"}
#: Number of plural forms by language, according to Qt.
FORMS = {"en": 2, "de": 2, "es": 2, "fr": 2, "it": 2, "nl": 2, "pt": 2, "pl": 3, "cs": 3, "ru": 3, "uk": 3, "ja": 1,
         "ko": 1, "zh": 1}


class TextError(Exception):
    """A text cannot be extracted or a translation cannot be compiled; the message is one line."""


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A translatable text of the program."""

    context: str
    """Class whose ``tr`` is called, or the first argument of ``translate``."""
    source: str
    counted: bool
    """Whether it has plural forms."""


def texts_in(path: Path) -> set[Text]:
    """Return the texts of one Python file.

    Raises:
        TextError: ``tr`` is called with something other than a string literal, or outside a class.
    """
    return set(_walk(ast.parse(path.read_text(encoding="utf-8"), str(path)), "", path))


def all_texts() -> list[Text]:
    """Return the texts of the window, sorted."""
    listed = (listed_in(path, name) for name, path in LISTED.items())
    return sorted(set().union(*listed, *(texts_in(path) for path in sorted(SOURCES.glob("**/*.py")))))


def listed_in(path: Path, name: str) -> set[Text]:
    """Return the values of one class in a Python file; those with ``%n`` have plural forms."""
    [listing] = [node for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body
                 if isinstance(node, ast.ClassDef) and node.name == name]
    values = (node.value for node in listing.body if isinstance(node, ast.Assign))
    return {Text(name, value.value, "%n" in value.value) for value in values
            if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def _walk(node: ast.AST, context: str, path: Path) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            text = _text_of(child, context, path)
            if text is not None:
                yield text
        yield from _walk(child, child.name if isinstance(child, ast.ClassDef) else context, path)


def _text_of(call: ast.Call, context: str, path: Path) -> Text | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    arguments = list(call.args)
    if name == "translate" and len(arguments) >= 2 and isinstance(scope := arguments[0], ast.Constant):
        context = str(scope.value)
        del arguments[0]
    elif name != "tr":
        return None
    if context in LISTED:
        return None
    first = arguments[0] if arguments else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        raise TextError(f"{path}:{call.lineno}: {name} needs a string literal, so that the text can be extracted")
    if not context:
        raise TextError(f"{path}:{call.lineno}: tr outside a class; use QCoreApplication.translate with a context")
    return Text(context, first.value, len(arguments) > 2)


def read_ts(path: Path) -> dict[Text, list[str]]:
    """Read a translation file: the forms of each text; empty if it is not translated."""
    found: dict[Text, list[str]] = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            counted = message.get("numerus") == "yes"
            text = Text(context.findtext("name") or "", message.findtext("source") or "", counted)
            translation = message.find("translation")
            if translation is None:
                found[text] = []
            elif counted:
                found[text] = [form.text or "" for form in translation.iter("numerusform")]
            else:
                found[text] = [translation.text or ""]
    return found


def merged(texts: list[Text], known: dict[Text, list[str]], language: str) -> dict[Text, list[str]]:
    """Return all texts with their known translations. English repeats texts without plural forms; missing forms are
    left empty for translators."""
    result = {}
    for text in texts:
        forms = known.get(text, [])
        if language == "en" and not text.counted:
            forms = [text.source]
        count = FORMS.get(language, 2) if text.counted else 1
        result[text] = (forms + [""] * count)[:count]
    return result


def ts_text(translations: dict[Text, list[str]], language: str) -> str:
    """Return the content of a .ts file, sorted and without line numbers, to avoid merge conflicts."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    contexts: dict[str, ET.Element] = {}
    for text, forms in sorted(translations.items()):
        if text.context not in contexts:
            contexts[text.context] = ET.SubElement(root, "context")
            ET.SubElement(contexts[text.context], "name").text = text.context
        message = ET.SubElement(contexts[text.context], "message",
                                         {"numerus": "yes"} if text.counted else {})
        ET.SubElement(message, "source").text = text.source
        translation = ET.SubElement(message, "translation", {} if all(forms) else {"type": "unfinished"})
        if text.counted:
            for form in forms:
                ET.SubElement(translation, "numerusform").text = form
        else:
            translation.text = forms[0]
    ET.indent(root, "    ")
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n'


def language_of(path: Path) -> str:
    """Return the language of a file: ``de`` for ``annotator_de.ts``."""
    return path.stem.removeprefix("annotator_")


def updated(path: Path, texts: list[Text]) -> str:
    """Return the updated content of a translation file."""
    known = read_ts(path) if path.exists() else {}
    return ts_text(merged(texts, known, language_of(path)), language_of(path))


def unfinished(path: Path) -> list[Text]:
    """Return the texts that the file does not translate completely."""
    return [text for text, forms in read_ts(path).items() if not forms or not all(forms)]


def compile_all() -> None:
    """Compile every .ts file to a .qm file next to it. Raises TextError if lrelease fails."""
    program = Path(sys.executable).with_name("pyside6-lrelease")
    for path in sorted(TEXTS.glob("*.ts")):
        command = [str(program if program.exists() else "pyside6-lrelease"), "-silent", str(path), "-qm",
                   str(path.with_suffix(".qm"))]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise TextError("pyside6-lrelease is not installed: install the window extra") from error
        if done.returncode:
            raise TextError(f"{path.name} cannot be compiled: {(done.stderr or done.stdout).strip()}")


def update(languages: list[str]) -> None:
    """Update all languages, add the given ones, and print the number of missing translations."""
    TEXTS.mkdir(parents=True, exist_ok=True)
    paths = {*TEXTS.glob("*.ts"), *(TEXTS / f"annotator_{language}.ts" for language in ["en", *languages])}
    texts = all_texts()
    for path in sorted(paths):
        path.write_text(updated(path, texts), encoding="utf-8")
        left = unfinished(path)
        print(f"{path.name}: {len(texts)} texts, {len(left)} to translate")
        for text in left if language_of(path) == "en" else []:
            print(f"  plural forms missing: {text.context}: {text.source}")


def check() -> bool:
    """Whether the files match the program's texts."""
    texts, good = all_texts(), True
    for path in sorted(TEXTS.glob("*.ts")):
        if updated(path, texts) != path.read_text(encoding="utf-8"):
            print(f"{path.name} is not up to date: python tools/upkeep/translations.py update")
            good = False
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("update", "compile", "check"))
    parser.add_argument("--add", action="append", default=[], metavar="LANGUAGE",
                        help="language to add with update, such as de")
    options = parser.parse_args()
    try:
        if options.command == "check":
            return 0 if check() else 1
        if options.command == "update":
            update(options.add)
        compile_all()
    except TextError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
