"""Bring the catalogues of human text up to date with the patterns that the code has, or check that they are.

With the tag of a language, begin its catalogue. docs/languages.md.
"""

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po

from seatkeeper.languages.blanks import misfit, shown

SOURCES: Final = Path(__file__).parent.parent / "src" / "seatkeeper"
CATALOGUES: Final = SOURCES / "languages"

# What is called with a pattern, and the place of that among its arguments. Keywords name the facts.
CALLED_WITH_A_PATTERN: Final = {
    "say": 0,
    "pattern": 0,
    "Refusal": 1,
    "require_name": 1,
    "Unavailable": 0,
    "QueueFull": 0,
    "Stopping": 0,
    "Unanswered": 0,
    "invalid": 1,
    "invalid_parameter": 0,
    "invalid_payload": 0,
    "malformed": 0,
    "unauthorized": 1,
    "not_allowed": 0,
    "Unfit": 1,
    "_refuse": 4,
}

HEADER: Final = """\
# {language}. docs/languages.md says how this file is written; the patterns come from the code.
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def patterns() -> Catalog:
    """Every pattern in the code, with the files that have it. Raises SystemExit where one would not be found."""
    template = Catalog()
    for path in sorted(SOURCES.rglob("*.py")):
        name, tree = path.relative_to(SOURCES).as_posix(), ast.parse(path.read_bytes())
        for line, called in _called_with_a_pattern(tree):
            if called not in CALLED_WITH_A_PATTERN:
                raise SystemExit(f"{name}:{line}: {called} is called with a pattern; name it in CALLED_WITH_A_PATTERN.")
        named = {target.id for target in _named_texts(tree)}
        for node in ast.walk(tree):
            text = _pattern_of(node) if isinstance(node, ast.Call) else None
            if isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp):
                raise SystemExit(f"{name}:{text.lineno}: a pattern is written out, with its facts as blanks.")
            if isinstance(text, ast.Name) and text.id in named:
                raise SystemExit(f"{name}:{text.lineno}: {text.id} is a text; write it here, or mark it as pattern(…).")
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                template.add(text.value, locations=[(name, 0)])
    return template


def _named_texts(tree: ast.Module) -> Iterator[ast.Name]:
    """The variables that are given a bare text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (each for each in targets if isinstance(each, ast.Name))


def _called_with_a_pattern(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The functions and classes that make a sentence of what they are called with, and where they are defined."""
    for scope in ast.walk(tree):
        for defined in ast.iter_child_nodes(scope):
            if isinstance(defined, ast.FunctionDef) and _makes_a_sentence(defined):
                if isinstance(scope, ast.ClassDef) and defined.name == "__init__":
                    yield defined.lineno, scope.name
                else:
                    yield defined.lineno, defined.name


def _makes_a_sentence(function: ast.FunctionDef) -> bool:
    """Whether a function puts arguments of its own together: a pattern, and facts by keyword."""
    own = {each.arg for each in (*function.args.posonlyargs, *function.args.args)}
    given = function.args.kwarg
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name("Sentence"), args=[ast.Name(pattern), ast.Name(facts)]):
                if pattern in own and given is not None and facts == given.arg:
                    return True
    return False


def _pattern_of(call: ast.Call) -> ast.expr | None:
    """The argument of a call that is a pattern, if it has one."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = CALLED_WITH_A_PATTERN.get(called, len(call.args))
    return call.args[place] if place < len(call.args) else None


def updated(path: Path, template: Catalog) -> str:
    """A catalogue with the patterns of `template`; what resembles one that is gone is kept beside it as fuzzy."""
    catalogue = _read(path)
    catalogue.update(template)
    written = BytesIO()
    write_po(
        written, catalogue, width=110, omit_header=True, sort_by_file=True, ignore_obsolete=True, include_lineno=False
    )
    tag = path.stem
    language = Locale.parse(tag, sep="-").get_display_name("en")
    return HEADER.format(language=language, tag=tag) + written.getvalue().decode()


def mistakes(path: Path, template: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, each in one sentence that says where."""
    if path.read_text(encoding="utf-8") != updated(path, template):
        yield f"{path.name} is not up to date: run make languages."
    for message in _read(path):
        wrong = _mistake_of(message) if message.id else None
        if wrong is not None:
            yield f"{path.name}:{message.lineno}: {wrong}."


def _mistake_of(message: Message) -> str | None:
    pattern = str(message.id)
    if not message.string:
        return f"there is no text for the pattern {shown(pattern)}"
    if message.fuzzy:
        return f"the text for the pattern {shown(pattern)} was another's: put it right and take the mark fuzzy away"
    return misfit(str(message.string), pattern)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem.replace("-", "_"), abort_invalid=True)


def main(arguments: list[str]) -> int:
    """Update every catalogue; with --check only say what is wrong; with a tag begin a catalogue."""
    template = patterns()
    if arguments == ["--check"]:
        return _check(template)
    for tag in arguments:
        Locale.parse(tag, sep="-")  # raises for what is no language
        (CATALOGUES / f"{tag}.po").touch()
    for path in sorted(CATALOGUES.glob("*.po")):
        path.write_text(updated(path, template), encoding="utf-8")
        print(f"Wrote {path.relative_to(SOURCES.parent.parent)}: {_extent(path)}.")  # noqa: T201 - as its user is told
    return 0


def _extent(path: Path) -> str:
    messages = [message for message in _read(path) if message.id]
    with_text = sum(bool(message.string) and not message.fuzzy for message in messages)
    return f"{len(messages)} patterns, {with_text or 'none'} with a text"


def _check(template: Catalog) -> int:
    found = [each for path in sorted(CATALOGUES.glob("*.po")) for each in mistakes(path, template)]
    for each in found:
        print(each, file=sys.stderr)  # noqa: T201 - as its user is told
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
