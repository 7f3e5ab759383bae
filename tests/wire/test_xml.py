"""XML answers as PyODPS parses them, and hostile bodies."""

from xml.etree import ElementTree

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from odps.models.project import Project

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.xml import cdata, document, element, parse_body

anything = st.text().map(lambda s: s.encode("utf-8", "ignore").decode())


def test_written_and_read():
    body = document(
        element("Tables", element("Marker"), element("Table", element("Name", "a<b>&"), cdata("x]]>y"), format='"'))
    )
    root = parse_body(body)
    assert root.tag == "Tables"
    table = root.find("Table")
    assert (table.value("Name"), table.text, table.attributes) == ("a<b>&", "x]]>y", {"format": '"'})
    assert "".join(ElementTree.fromstring(body).itertext()) == "a<b>&x]]>y"


def test_none_is_left_out():
    assert element("A", None, 5, b=None) == "<A>5</A>"


@given(anything)
def test_any_text_survives(text):
    legal = "".join("�" if (ord(c) < 32 and c not in "\t\n\r") or c in "￾￿" else c for c in text)
    root = parse_body(document(element("A", element("B", text, x=text), element("C", cdata(text)))))
    assert root.find("B").text == legal
    assert root.find("C").text == legal.replace("\r\n", "\n").replace("\r", "\n")


def test_pyodps_parses_it():
    body = document(element("Authorization", element("Result", cdata('{"a": 1}'))))

    response = requests.Response()
    response._content = body
    assert Project.AuthQueryResponse.parse(response).result == '{"a": 1}'


BILLION = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"<a>", b"<a></b>", b"<a/><b/>", b"\xff\xfe", b"<!DOCTYPE a><a/>", BILLION,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b"<a>&undefined;</a>", b"<a>" * 100 + b"</a>" * 100,
        b"<a>" + b"<b/>" * 200_001 + b"</a>", b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)  # fmt: skip
def test_bad_bodies(body):
    with pytest.raises(InvalidArgument):
        parse_body(body)


def test_size():
    with pytest.raises(InvalidArgument, match="larger"):
        parse_body(b"<a>" + b" " * 100 + b"</a>", size_max=50)


@given(st.binary(max_size=100))
def test_noise(body):
    with pytest.raises(InvalidArgument):
        parse_body(body)
