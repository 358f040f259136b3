"""XML to a tree whose elements know their line; entities and DTDs are refused (defusedxml)."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from datasets.annotations import DatasetError

LINE = "line number"  # an attribute no file can have: a blank is not allowed in a name
MOST_XML_BYTES = 64 * 2**20


def parse_xml(path: Path) -> Element:
    """Return the root; each element's attribute `LINE` is the line it starts on.

    Raises:
        DatasetError: the file has a DTD or entities, or is too large for one image.
        ValueError: it is not XML, in half a sentence.
    """
    if path.stat().st_size > MOST_XML_BYTES:
        raise DatasetError(f"{path}: has over {MOST_XML_BYTES} bytes; no image needs that many")
    parser = DefusedExpatParser(forbid_dtd=True)
    handler = _LinedTree()
    parser.setContentHandler(handler)
    try:
        with path.open("rb") as stream:
            parser.parse(stream)
        return handler.builder.close()
    except DefusedXmlException as error:
        raise DatasetError(
            f"{path}: has a DTD or entities, which may hide an attack; remove them"
        ) from error
    except (SAXParseException, ParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise ValueError(f"is not XML ({_told(error)})") from error
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from error


def line_of(element: Element) -> int:
    """Return the line an element starts on."""
    return int(element.get(LINE, -1))


def _told(error: Exception) -> str:
    if isinstance(error, SAXParseException):
        return f"{error.getMessage()}, line {error.getLineNumber()}"
    return str(error)


class _LinedTree(ContentHandler):
    """Builds the tree, asking the parser for its line at each element."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = TreeBuilder()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Begin an element."""
        line = self._locator.getLineNumber()  # type: ignore[attr-defined]
        self.builder.start(name, {**dict(attrs), LINE: str(line)})

    def endElement(self, name: str) -> None:  # noqa: N802
        """End an element."""
        self.builder.end(name)

    def characters(self, content: str) -> None:
        """Add text."""
        self.builder.data(content)
