"""XML to a tree whose elements know their line; entities and DTDs are refused (defusedxml)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from datasets.annotations import DatasetError
from datasets.encodings import MOST_TEXT_BYTES
from datasets.regular_files import content, opened

LINE = "line number"  # an attribute no file can have: a blank is not allowed in a name
MOST_XML_BYTES = 64 * 2**20
MOST_ELEMENTS = 200_000  # the shortest take a hundred times their bytes in memory
_READ_BYTES = 2**16
_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["'][^>]*\?>"""
)
_PARSERS_OWN = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1"})


def parse_xml(path: Path) -> Element:
    """Return the root; each element's attribute `LINE` is the line it starts on.

    Raises:
        DatasetError: the file has a DTD or entities, or too many elements for one image.
        ValueError: it can't be read or is not XML, in half a sentence.
    """
    try:
        data = _decoded(content(path, MOST_XML_BYTES))
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from error
    builder = _LinedTree()
    parser = builder.parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        for begin in range(0, len(data), _READ_BYTES):
            parser.feed(data[begin : begin + _READ_BYTES])
            if builder.elements > MOST_ELEMENTS:
                raise DatasetError(
                    f"{path}: has over {MOST_ELEMENTS} elements; no image needs that many"
                )
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise _unsafe(path) from error
    except (ParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise ValueError(f"is not XML ({error}); save it as UTF-8") from error
    return root


def _unsafe(path: Path) -> DatasetError:
    return DatasetError(f"{path}: has a DTD or entities, which may hide an attack; remove them")


def _decoded(data: bytes) -> bytes | str:
    """Return a file as text where it declares an encoding that the parser does not know.

    Raises:
        ValueError: it is not in that encoding, or there is none of that name.
    """
    found = _DECLARED.match(data)
    name = found[1].decode("ascii").lower() if found else ""
    if found is None or name in _PARSERS_OWN:
        return data
    try:
        return data[found.end() :].decode(name)
    except (UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"is not in its encoding {name} ({error}); save it as UTF-8") from error


def line_of(element: Element) -> int:
    """Return the line an element starts on."""
    return int(element.get(LINE, -1))


class _LinedTree(TreeBuilder):
    """Builds the tree without namespaces, asking the parser for its line at each element."""

    parser: Any
    elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Begin an element."""
        self.elements += 1
        line = str(self.parser.parser.CurrentLineNumber)
        return super().start(tag.rpartition("}")[2], {**attrs, LINE: line})

    def end(self, tag: str) -> Element:
        """End an element."""
        return super().end(tag.rpartition("}")[2])


def elements(path: Path, tags: Collection[str]) -> Iterator[Element]:
    """Yield the elements of those tags as they end, with their lines; what was read is forgotten.

    Raises:
        DatasetError: the file has a DTD or entities, or too many elements around those.
        ValueError: it is not XML or too large for one file, in half a sentence.
    """
    builder = _Parts(tags)
    parser = builder.parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        with opened(path, MOST_TEXT_BYTES) as stream:
            while data := stream.read(_READ_BYTES):
                parser.feed(data)
                if builder.ended:
                    builder.elements = 0
                elif builder.elements > MOST_ELEMENTS:
                    raise DatasetError(
                        f"{path}: has over {MOST_ELEMENTS} elements without one of "
                        f"{', '.join(sorted(tags))}"
                    )
                while builder.ended:
                    yield (element := builder.ended.pop(0))
                    element.clear()
                if builder.root is not None and not builder.elements:
                    builder.root.clear()  # else all that stands between them would be kept
        parser.close()
    except DefusedXmlException as error:
        raise _unsafe(path) from error
    except (ParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise ValueError(f"is not XML ({error})") from error
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from error


class _Parts(_LinedTree):
    """Keeps the elements of some tags that have ended, until somebody takes them."""

    def __init__(self, tags: Collection[str]) -> None:
        super().__init__()
        self.tags = tags
        self.ended: list[Element] = []
        self.root: Element | None = None

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Begin an element."""
        element = super().start(tag, attrs)
        self.root = element if self.root is None else self.root
        return element

    def end(self, tag: str) -> Element:
        """End an element."""
        element = super().end(tag)
        if element.tag in self.tags:
            self.ended.append(element)
        return element
