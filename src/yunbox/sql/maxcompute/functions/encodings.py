"""Digests, character sets, and texts in another form: hexadecimal, Base64, URLs."""

import hashlib

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, UnsupportedSql
from yunbox.sql.maxcompute.expr import STRING, Expr, boolean, build, null, string
from yunbox.sql.maxcompute.functions.registry import Call, scalar

_UTF8 = ("utf-8", "utf8")
_DIGESTS = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}


def _utf8(call: Call, index: int) -> None:
    name = call.text(index).lower()
    if name not in _UTF8:
        raise UnsupportedSql(f"character set {name} in function {call.name}", call.where)


def _encode(call: Call) -> str:
    _utf8(call, 1)
    return f"encode({call[0]})"


def _from_charset(call: Call) -> str:
    _utf8(call, 1)
    return f"decode({call[0]})"


def _constant(call: Call, index: int = 0) -> str | None:
    value = call.literal(index)
    return None if value is None else str(value)


def _sha2(call: Call) -> str | Expr:
    bits = call.literal(1)
    digest = _DIGESTS.get(bits if isinstance(bits, int) else -1)
    if digest is None:
        return null(STRING)
    if digest == "sha256":
        return f"sha256({call[0]})"
    if call.args[0].op != "literal":
        raise UnsupportedSql(f"function sha2 with {bits} bits on a column", call.where)
    text = _constant(call)
    return null(STRING) if text is None else string(hashlib.new(digest, text.encode()).hexdigest())


def _is_encoding(call: Call) -> Expr:
    if call.args[0].op != "literal":
        raise UnsupportedSql("function is_encoding on a column", call.where)
    text = _constant(call)
    if text is None:
        return null(call.returns)
    names = [call.text(1), call.text(2)]
    try:
        text.encode(names[0])
        text.encode(names[1])
    except UnicodeEncodeError:
        return boolean(False)
    except LookupError:
        raise ArgumentTypeWrong(f"function is_encoding does not know a character set of {names}", call.where) from None
    return boolean(True)


def _part(call: Call) -> str | Expr:
    if len(call) == 3:
        return build(f"CASE WHEN {call[1]} = 'QUERY' THEN mc_url_query({call[0]}, {call[2]}) END", STRING, *call.args)
    return f"mc_url_part({call[0]}, {call[1]})"


scalar("md5", ("string -> string", "md5({0})"), ("binary -> string", "md5({0})"))
scalar("sha1 sha", ("string -> string", "sha1({0})"), ("binary -> string", "sha1({0})"))
scalar("sha2", ("string, bigint -> string", _sha2))
scalar("mask_hash", ("string -> string", "sha256({0})"))
scalar("crc32", ("string -> bigint", "mc_crc32(hex({0}))"), ("binary -> bigint", "mc_crc32(hex({0}))"))
scalar("base64", ("binary -> string", "to_base64({0})"), ("string -> string", "to_base64(encode({0}))"))
scalar("unbase64", ("string -> binary", "from_base64({0})"))
scalar("hex", ("bigint -> string", "upper(to_hex({0}))"), ("string -> string", "hex({0})"),
       ("binary -> string", "hex({0})"))  # fmt: skip
scalar("unhex", ("string -> binary", "unhex({0})"))
scalar("encode to_charset", ("string, string -> binary", _encode))
scalar("from_charset", ("binary, string, string? -> string", _from_charset))
scalar("is_encoding", ("string, string, string -> boolean", _is_encoding))
scalar("url_encode", ("string, string? -> string", "mc_url_encode({0})"))
scalar("url_decode", ("string, string? -> string", "mc_url_decode({0})"))
scalar("parse_url", ("string, string, string? -> string", _part))
