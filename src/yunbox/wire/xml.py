"""The XML of REST interfaces: written without surprises, read without trusting it.

Answers are built from ``element``, ``cdata`` and ``document``. Bodies are read by expat into plain nodes;
document types and entities are refused, and size, depth and number of elements are bounded. Official
clients look elements up by name, so their order and any unknown neighbours do not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from yunbox.kernel.errors import InvalidArgument

BODY_BYTES_MAX = 16 << 20
DEPTH_MAX = 64
ELEMENTS_MAX = 200_000
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FORBIDDEN = {c: "�" for c in (*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF) if c not in (9, 10, 13)}


class MalformedXml(InvalidArgument):
    """A body is no XML, or not such as is taken here."""


class Markup(str):
    """Text that is XML already and is not escaped again."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Return an element; children that are None are left out, text is escaped, Markup is kept.

    Attribute values are escaped; an attribute that is None is left out.
    """
    opening = "".join(f" {name}={_quoted(value)}" for name, value in attributes.items() if value is not None)
    content = "".join(_content(child) for child in children if child is not None)
    return Markup(f"<{tag}{opening}>{content}</{tag}>" if content else f"<{tag}{opening}/>")


def cdata(text: str) -> Markup:
    """Return text as character data that needs no escaping, whatever it contains."""
    clean = _legal(text).replace("]]>", "]]]]><![CDATA[>")
    return Markup(f"<![CDATA[{clean}]]>")


def document(root: Markup) -> bytes:
    """Return a whole body: the declaration and its root element."""
    return (_DECLARATION + root).encode()


def _legal(text: str) -> str:
    return text if text.isprintable() else text.translate(_FORBIDDEN)


def _content(child: object) -> str:
    return child if isinstance(child, Markup) else escape(_legal(str(child)), {"\r": "&#13;"})


def _quoted(value: object) -> str:
    return quoteattr(_legal(str(value)))


@dataclass
class Node:
    """An element as it was read."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def find(self, path: str) -> "Node | None":
        """Return the first descendant at a path such as ``Job/Tasks``, or None."""
        return next(self.all(path), None)

    def all(self, path: str) -> Iterator["Node"]:
        """Yield every descendant at a path; ``*`` stands for any name."""
        tag, _, rest = path.partition("/")
        for child in self.children:
            if tag in (child.tag, "*"):
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def value(self, path: str, default: str = "") -> str:
        """Return the stripped text at a path, or the default where there is none."""
        node = self.find(path)
        return (node.text.strip() if node else "") or default


def parse_body(body: bytes, size_max: int = BODY_BYTES_MAX) -> Node:
    """Return the root of an XML body.

    Raises MalformedXml for what is no XML, declares a document type, or exceeds a bound.
    """
    if len(body) > size_max:
        raise MalformedXml(f"the XML body is larger than {size_max} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MalformedXml(f"the body is no XML: {error}") from None
    return reader.top.children[0]


class _Reader:
    def __init__(self) -> None:
        self.top = Node("")
        self.open = [self.top]
        self.texts: list[list[str]] = [[]]
        self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) > DEPTH_MAX or self.count > ELEMENTS_MAX:
            raise MalformedXml("the XML body is nested too deeply or has too many elements")
        node = Node(tag, attributes)
        self.open[-1].children.append(node)
        self.open.append(node)
        self.texts.append([])

    def end(self, tag: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def characters(self, text: str) -> None:
        self.texts[-1].append(text)

    def refuse(self, *_: object) -> None:
        raise MalformedXml("the XML body declares a document type or an entity")
