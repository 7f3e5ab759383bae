"""Digests, character sets, and texts in another form: hexadecimal, Base64, URLs."""

from yunbox.sql.maxcompute.errors import ArgumentWrong
from yunbox.sql.maxcompute.expr import STRING, Expr, build, text_literal
from yunbox.sql.maxcompute.functions.natives import CHARSETS, MODES, MORE_CHARSETS
from yunbox.sql.maxcompute.functions.registry import Call, category, scalar


def _charset(call: Call, index: int, known: dict[str, str]) -> str:
    name = call.text(index).lower()
    if name not in known:
        raise ArgumentWrong(f"function {call.name} does not know the character set {name}", call.where)
    return text_literal(known[name])


def _mode(call: Call) -> str:
    name = call.text(2).upper() if len(call) > 2 else "NONE"
    if name not in MODES:
        raise ArgumentWrong(f"function {call.name} does not know the mode {name}", call.where)
    return text_literal(MODES[name])


def _encode(call: Call) -> str:
    charset = _charset(call, 1, CHARSETS)
    return f"encode({call[0]})" if charset == "'utf-8'" else f"yb_encode({call[0]}, {charset}, 'replace')"


def _to_charset(call: Call) -> str:
    return f"yb_encode({call[0]}, {_charset(call, 1, MORE_CHARSETS)}, {_mode(call)})"


def _from_charset(call: Call) -> str:
    return f"yb_from_charset({call[0]}, {_charset(call, 1, MORE_CHARSETS)}, {_mode(call)})"


def decode(call: Call) -> str:
    """decode(binary, charset): a text."""
    return f"yb_decode({call[0]}, {_charset(call, 1, CHARSETS)}, 'replace')"


def _is_encoding(call: Call) -> str:
    return f"yb_is_encoding({call[0]}, {_charset(call, 1, MORE_CHARSETS)}, {_charset(call, 2, MORE_CHARSETS)})"


def _sha2(call: Call) -> str:
    data = f"encode({call[0]})" if call.args[0].type.is_text else call[0]
    return f"yb_sha2({data}, {call[1]})"


def _url_encode(call: Call) -> str:
    charset = _charset(call, 1, MORE_CHARSETS) if len(call) > 1 else "'utf-8'"
    return f"mc_url_encode({call[0]})" if charset == "'utf-8'" else f"yb_url_encode({call[0]}, {charset})"


def _url_decode(call: Call) -> str:
    charset = _charset(call, 1, MORE_CHARSETS) if len(call) > 1 else "'utf-8'"
    return f"mc_url_decode({call[0]})" if charset == "'utf-8'" else f"yb_url_decode({call[0]}, {charset})"


_PARTS = ("PROTOCOL", "AUTHORITY", "PATH", "QUERY", "REF", "HOST", "USERINFO", "FILE")


def _part(call: Call) -> str | Expr:
    if call.args[1].op == "literal" and call.text(1).upper() not in _PARTS:
        raise ArgumentWrong(f"function {call.name} does not know the part {call.text(1)} of a URL", call.where)
    if len(call) == 3:
        found = f"CASE WHEN upper({call[1]}) = 'QUERY' THEN mc_url_query({call[0]}, {call[2]}) END"
        return build(found, STRING, *call.args)
    return f"mc_url_part({call[0]}, upper({call[1]}))"


category("Encryption, encoding and URL functions")

scalar("md5", ("string -> string", "md5({0})"), ("binary -> string", "md5({0})"))
scalar("sha1 sha", ("string -> string", "sha1({0})"), ("binary -> string", "sha1({0})"))
scalar("sha2", ("string, bigint -> string", _sha2), ("binary, bigint -> string", _sha2))
scalar("mask_hash", ("text -> string", "sha256({0})"), ("binary -> string", "sha256({0})"),
       ("any -> string", "CAST(NULL AS VARCHAR)"))  # fmt: skip
scalar("crc32", ("string -> bigint", "mc_crc32(hex({0}))"), ("binary -> bigint", "mc_crc32(hex({0}))"))
scalar("base64", ("binary -> string", "to_base64({0})"), ("string -> string", "to_base64(encode({0}))"))
scalar("unbase64", ("string -> binary", "from_base64({0})"))
scalar("hex", ("bigint -> string", "upper(to_hex({0}))"), ("string -> string", "hex({0})"),
       ("binary -> string", "hex({0})"))  # fmt: skip
scalar("unhex", ("string -> binary", "(CASE WHEN regexp_full_match({0}, '[0-9A-Fa-f]*') THEN unhex({0}) END)"))
scalar("encode", ("string, string -> binary", _encode))
scalar("to_charset", ("string, string, string? -> binary", _to_charset))
scalar("from_charset", ("binary, string, string? -> string", _from_charset))
scalar("is_encoding", ("string, string, string -> boolean", _is_encoding))
scalar("compress", ("string -> binary", "yb_compress(encode({0}))"), ("binary -> binary", "yb_compress({0})"))
scalar("decompress", ("binary -> binary", "yb_decompress({0})"))
scalar("url_encode", ("string, string? -> string", _url_encode))
scalar("url_decode", ("string, string? -> string", _url_decode))
scalar("parse_url", ("string, string, string? -> string", _part))
