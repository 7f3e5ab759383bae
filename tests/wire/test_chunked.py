"""Bodies in signed chunks, against the examples of AWS's pages on them, and the checksums behind them."""

from base64 import b64encode
from collections.abc import Callable

import pytest

from yunbox.kernel.errors import InvalidArgument, Unauthenticated
from yunbox.wire.oss.chunked import ChunkDecoder, chunk_text
from yunbox.wire.oss.signing import sign_s3
from yunbox.wire.oss.sums import PREFIX, Sums

DATE, SCOPE = "20130524T000000Z", ("20130524", "us-east-1", "s3")
PLAIN = (
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
TRAILED = (
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
)
TRAILER = b"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" + (
    b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
)


def sign(before: str, data_hash: str, trailers: bool) -> str:
    text = chunk_text(DATE, f"{'/'.join(SCOPE)}/aws4_request", before, data_hash, trailers)
    return sign_s3("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", text, *SCOPE)


def body(signatures: tuple[str, ...], trailer: bytes = b"") -> bytes:
    chunks = zip((b"a" * 65536, b"a" * 1024, b""), signatures[1:], strict=True)
    framed = b"".join(
        b"%x;chunk-signature=%s\r\n%s" % (len(data), name.encode(), data and data + b"\r\n") for data, name in chunks
    )
    return framed + trailer + b"\r\n"


@pytest.mark.parametrize("step", [1, 7, 4096, 1 << 20])
def test_the_examples_of_aws(step: int) -> None:
    for signatures, trailer in ((PLAIN, b""), (TRAILED, TRAILER + b"\r\n")):
        decoder = ChunkDecoder(sign, signatures[0], trailed=bool(trailer))
        whole = body(signatures, trailer)
        data = b"".join(decoder.feed(whole[at : at + step]) for at in range(0, len(whole), step))
        decoder.finish()
        assert data == b"a" * 66560
        sums = Sums(decoder.trailers)
        sums.update(data)
        sums.check(decoder.trailers)
        assert decoder.trailers == ({"x-amz-checksum-crc32c": "sOO8/Q=="} if trailer else {})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda whole: whole.replace(b"ab", b"ba", 1), Unauthenticated),
        (lambda whole: whole.replace(b"aaa\r\n", b"aab\r\n", 1), Unauthenticated),
        (lambda whole: whole.replace(b"sOO8/Q==", b"sOO8/R=="), Unauthenticated),
        (lambda whole: whole[: whole.index(b"x-amz-trailer")], Unauthenticated),
        (lambda whole: whole.replace(b"400;", b"401;"), InvalidArgument),
        (lambda whole: whole.replace(b"400;", b"4g0;"), InvalidArgument),
        (lambda whole: whole[:-300], InvalidArgument),
    ],
)
def test_what_was_changed_is_refused(change: Callable[[bytes], bytes], error: type[Exception]) -> None:
    decoder = ChunkDecoder(sign, TRAILED[0], trailed=True)
    with pytest.raises(error):
        decoder.feed(change(body(TRAILED, TRAILER)))
        decoder.finish()


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("md5", "25f9e794323b453885f5181f1b624d0b"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    ],
)
def test_checksums_of_the_catalogue(algorithm: str, expected: str) -> None:
    name = PREFIX + algorithm
    sums = Sums([name, "x-amz-checksum-mode", "x-amz-checksum-xxhash64", "content-md5"])
    sums.update(b"12345")
    sums.update(b"6789")
    sums.check({name: b64encode(bytes.fromhex(expected)).decode()})
    for claimed in ({}, {name: ""}, {name: "*"}, {name: b64encode(bytes(len(expected) // 2)).decode()}):
        with pytest.raises(InvalidArgument):
            sums.check(claimed)


def test_nothing_claimed_is_nothing_to_sum() -> None:
    assert not Sums(["x-amz-checksum-mode", "content-length"])
