"""Read XML from strangers: no document type, no entities, and no more than metadata can need."""

from __future__ import annotations

from typing import Final, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

BYTES_MOST: Final = 16 << 20
_ELEMENTS_MOST: Final = 200_000
_DEPTH_MOST: Final = 200


class XmlRejectedError(Exception):
    """A document that is not read; `code` says why."""

    def __init__(self, code: str, detail: str = "", line: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.line = line


def parse_xml(content: bytes) -> Element:
    """Read a document; tags are `{namespace}name`.

    Raises
    ------
    XmlRejectedError
        It is not well-formed, has a document type, or is larger than metadata can be.
    """
    if len(content) > BYTES_MOST:
        raise XmlRejectedError("xml_too_large")
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    counts = [0, 0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        counts[0] += 1
        counts[1] += 1
        if counts[0] > _ELEMENTS_MOST or counts[1] > _DEPTH_MOST:
            raise XmlRejectedError("xml_too_large")
        builder.start(_named(tag), {_named(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        counts[1] -= 1
        builder.end(_named(tag))

    def doctype(*_: object) -> NoReturn:
        raise XmlRejectedError("xml_doctype", line=parser.CurrentLineNumber)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        raise XmlRejectedError("xml_syntax", expat.ErrorString(error.code), error.lineno) from error
    except (UnicodeError, ValueError, LookupError) as error:
        raise XmlRejectedError("xml_syntax", str(error)) from error
    return builder.close()


def _named(name: str) -> str:
    return "{" + name if "}" in name else name


def local(element: Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Namespace of an element; empty where it has none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def children(element: Element, name: str) -> list[Element]:
    """List the children of a name, whatever their namespace."""
    return [child for child in element if local(child) == name]


def text_of(element: Element) -> str:
    """All text within an element, spaces at its ends taken off."""
    return "".join(element.itertext()).strip()
