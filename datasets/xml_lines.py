"""XML to a tree whose elements know their line; entities and DTDs are refused (defusedxml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from datasets.annotations import DatasetError
from datasets.regular_files import opened

LINE = "line number"  # an attribute no file can have: a blank is not allowed in a name
MOST_XML_BYTES = 16 * 2**20  # 50,000 objects as labelling tools write them
MOST_ELEMENTS = 200_000  # the shortest take a hundred times their bytes in memory
_AT_ONCE_BYTES = 2**16


def parse_xml(path: Path) -> Element:
    """Return the root; each element's attribute `LINE` is the line it starts on.

    Raises:
        DatasetError: the file has a DTD or entities, or too many elements for one image.
        ValueError: it can't be read or is not XML, in half a sentence.
    """
    builder = _LinedTree()
    parser = builder.parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        with opened(path, MOST_XML_BYTES) as stream:
            while data := stream.read(_AT_ONCE_BYTES):
                parser.feed(data)
                if builder.elements > MOST_ELEMENTS:
                    raise DatasetError(
                        f"{path}: has over {MOST_ELEMENTS} elements; no image needs that many"
                    )
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise DatasetError(
            f"{path}: has a DTD or entities, which may hide an attack; remove them"
        ) from error
    except (ParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise ValueError(f"is not XML ({error})") from error
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from error
    return root


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
