"""JSON, whose text is kept as it is, and JSONB, whose text is the one that PostgreSQL writes.

Source: the PostgreSQL documentation, "JSON Functions and Operators".
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from yunbox.sql.hologres.natives.native import Native, lax, native
from yunbox.sql.hologres.natives.numerics import shown, sort_key
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.jsons import number, parse, written

_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)
_MISSING: Any = object()


def _value(text: str) -> Any:
    return parse(text, number)


def _text(value: Any) -> str:
    return "".join(written(value))


# -- JSON: parts of a text


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _end(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _items(text: str) -> list[str]:
    """The texts of an array's elements."""
    found, at = [], _skip(text, 0) + 1
    while text[(at := _skip(text, at))] != "]":
        end = _end(text, at)
        found.append(text[at:end])
        at = _skip(text, end)
        at += text[at] == ","
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    """The keys of an object, and the texts of its values."""
    found, at = [], _skip(text, 0) + 1
    while text[(at := _skip(text, at))] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        end = _end(text, at)
        found.append((key, text[at:end]))
        at = _skip(text, end)
        at += text[at] == ","
    return found


def _kind(text: str) -> str:
    first = text.lstrip(_SPACE)[:1]
    kinds = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}
    return kinds.get(first, "number")


def _member(text: str, key: str) -> str | None:
    if _kind(text) != "object":
        return None
    found = [value for name, value in _pairs(text) if name == key]
    return found[-1] if found else None


def _element(text: str, place: int) -> str | None:
    if _kind(text) != "array":
        return None
    items = _items(text)
    return items[place] if -len(items) <= place < len(items) else None


def _binary_element(text: str, place: int) -> str | None:
    """An element of JSONB, whose scalars are arrays of one to PostgreSQL."""
    if _kind(text) in ("array", "object"):
        return _element(text, place)
    return text if place in (0, -1) else None


def _plain(text: str | None) -> str | None:
    """A value as a text: of a string what it says, of null nothing."""
    if text is None:
        return None
    kind = _kind(text)
    if kind == "null":
        return None
    return str(json.loads(text)) if kind == "string" else text.strip(_SPACE)


def _at_path(text: str, path: list[str | None]) -> str | None:
    found: str | None = text
    for step in path:
        if found is None or step is None:
            return None
        if _kind(found) == "array":
            found = _element(found, int(step)) if step.strip().lstrip("-").isdigit() else None
        else:
            found = _member(found, step)
    return found


def _length(text: str) -> int:
    kind = _kind(text)
    if kind != "array":
        raise failure("22023", f"cannot get array length of a {'non-array' if kind == 'object' else 'scalar'}")
    return len(_items(text))


def _elements(text: str) -> list[str]:
    kind = _kind(text)
    if kind != "array":
        raise failure("22023", "cannot extract elements from " + ("an object" if kind == "object" else "a scalar"))
    return _items(text)


def _members(text: str) -> list[tuple[str, str]]:
    kind = _kind(text)
    if kind != "object":
        raise failure("22023", f"cannot call json_each on {'an array' if kind == 'array' else 'a scalar'}")
    return _pairs(text)


def _keys(text: str) -> list[str]:
    kind = _kind(text)
    if kind != "object":
        raise failure("22023", f"cannot call json_object_keys on {'an array' if kind == 'array' else 'a scalar'}")
    return [key for key, _ in _pairs(text)]


_HIVE_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\*)\]")


def _hive_object(text: str, path: str) -> str | None:
    """get_json_object: NULL for a text that is no JSON, and for a path that is none or leads nowhere."""
    steps = _HIVE_STEP.findall(path)
    if not path.startswith("$") or "".join(f".{key}" if key else f"[{place}]" for key, place in steps) != path[1:]:
        return None
    if any(place == "*" for _, place in steps):
        raise failure("0A000", "get_json_object with [*] in its path is not supported")
    found: str | None = text
    try:
        json.loads(text)
        for key, place in steps:
            if found is not None:
                found = _member(found, key) if key else _element(found, int(place))
    except ValueError:
        return None
    return _plain(found)


# -- JSONB


def _contains(whole: Any, part: Any, top: bool = True) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and _contains(whole[key], value, False) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(_contains(one, item, False) for one in whole) for item in part)
    if top and isinstance(whole, list):
        return any(_same(one, part) for one in whole)
    return _same(whole, part)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


def _exists(text: str, key: str) -> bool:
    value = _value(text)
    if isinstance(value, dict | list):
        return key in value if isinstance(value, dict) else any(one == key for one in value if isinstance(one, str))
    return isinstance(value, str) and value == key


def _joined(left: str, right: str) -> str:
    a, b = _value(left), _value(right)
    if isinstance(a, dict) and isinstance(b, dict):
        return _text(a | b)
    return _text((a if isinstance(a, list) else [a]) + (b if isinstance(b, list) else [b]))


def _without(text: str, keys: list[str | None]) -> str:
    value = _value(text)
    if not isinstance(value, dict | list):
        raise failure("22023", "cannot delete from scalar")
    if isinstance(value, dict):
        return _text({key: item for key, item in value.items() if key not in keys})
    return _text([item for item in value if not (isinstance(item, str) and item in keys)])


def _without_place(text: str, place: int) -> str:
    value = _value(text)
    if isinstance(value, dict):
        raise failure("22023", "cannot delete from object using integer index")
    if not isinstance(value, list):
        raise failure("22023", "cannot delete from scalar")
    if -len(value) <= place < len(value):
        del value[place]
    return _text(value)


def _place(step: str, position: int) -> int:
    if not step.strip().lstrip("-").isdigit():
        raise failure("22P02", f'path element at position {position} is not an integer: "{step}"')
    return int(step)


def _without_path(text: str, path: list[str | None]) -> str:
    value = _value(text)
    if not isinstance(value, dict | list):
        raise failure("22023", "cannot delete path in scalar")
    if path and value:
        _change(value, path, 1, _MISSING, create=False, insert=None)
    return _text(value)


def _change(value: Any, path: list[str | None], depth: int, new: Any, *, create: bool, insert: bool | None) -> None:
    """Put a new value at a path, or take away what is there; ``insert`` puts it before (False) or behind (True)."""
    step = path[0]
    if step is None:
        raise failure("22004", f"path element at position {depth} is null")
    if isinstance(value, list):
        _change_list(value, step, path, depth, new, create=create, insert=insert)
    elif isinstance(value, dict):
        if len(path) > 1:
            if isinstance(value.get(step), dict | list):
                _change(value[step], path[1:], depth + 1, new, create=create, insert=insert)
        elif new is _MISSING:
            value.pop(step, None)
        elif insert is not None and step in value:
            raise failure("22023", "cannot replace existing key",
                          hint="Try using the function jsonb_set to replace key value.")  # fmt: skip
        elif step in value or create:
            value[step] = new


def _change_list(
    value: list[Any], step: str, path: list[str | None], depth: int, new: Any, *, create: bool, insert: bool | None
) -> None:
    place = _place(step, depth)
    at = place + len(value) if place < 0 else place
    inside = 0 <= at < len(value)
    if len(path) > 1:
        if inside and isinstance(value[at], dict | list):
            _change(value[at], path[1:], depth + 1, new, create=create, insert=insert)
    elif new is _MISSING:
        if inside:
            del value[at]
    elif insert is not None:
        value.insert(max(0, at) + (insert and inside), new)
    elif inside:
        value[at] = new
    elif create:
        value.insert(0 if place < 0 else len(value), new)


def _set(text: str, path: list[str | None], new: str, create: bool) -> str:
    value = _value(text)
    if not isinstance(value, dict | list):
        raise failure("22023", "cannot set path in scalar")
    if path and (value or create):
        _change(value, path, 1, _value(new), create=create, insert=None)
    return _text(value)


_TREATMENTS = ("delete_key", "return_target", "use_json_null", "raise_exception")


def _set_lax(
    text: str | None, path: list[str | None] | None, new: str | None, create: bool | None, treatment: str | None
) -> str | None:
    """What becomes of a value where the new one may be NULL. Raises PgError 22004, 22023."""
    if text is None or path is None or create is None:
        return None
    if treatment is None or (new is None and treatment not in _TREATMENTS):
        *most, last = (f'"{one}"' for one in _TREATMENTS)
        raise failure("22023", f"null_value_treatment must be {', '.join(most)}, or {last}")
    if new is None and treatment == "raise_exception":
        hint = "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed."
        raise failure("22004", "JSON value must not be null", hint=hint)
    if new is None and treatment == "return_target":
        return text
    if new is None and treatment == "delete_key":
        return _without_path(text, path)
    return _set(text, path, "null" if new is None else new, create)


def _insert(text: str, path: list[str | None], new: str, after: bool) -> str:
    value = _value(text)
    if not isinstance(value, dict | list):
        raise failure("22023", "cannot set path in scalar")
    if path:
        _change(value, path, 1, _value(new), create=True, insert=after)
    return _text(value)


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if item is not None}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


def _pretty(text: str) -> str:
    return "".join(_indented(_value(text), 0))


def _indented(value: Any, depth: int) -> Iterator[str]:
    if not isinstance(value, dict | list):
        yield _text(value)
        return
    marks = "{}" if isinstance(value, dict) else "[]"
    items: list[tuple[str, Any]] = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", value[key]) for key in _in_order(value)]
        if isinstance(value, dict)
        else [("", item) for item in value]
    )
    yield marks[0]
    for at, (label, item) in enumerate(items):
        yield ("," if at else "") + "\n" + " " * 4 * (depth + 1) + label
        yield from _indented(item, depth + 1)
    yield "\n" + " " * 4 * depth + marks[1]


def _in_order(value: dict[str, Any]) -> list[str]:
    return sorted(value, key=lambda key: (len(key.encode()), key.encode()))


def _key(value: Any) -> bytes:
    """Bytes that sort as PostgreSQL sorts values: objects, arrays, truth, numbers, strings, null."""
    if value is None:
        return b"\x01"
    if isinstance(value, bool):
        return b"\x04" + bytes((value,))
    if isinstance(value, str):
        return b"\x02" + value.encode() + b"\0"
    if isinstance(value, Decimal):
        return b"\x03" + sort_key(shown(value)) + b"\0"
    if isinstance(value, list):
        return b"\x05" + len(value).to_bytes(4, "big") + b"".join(map(_key, value))
    parts = (key.encode() + b"\0" + _key(value[key]) for key in _in_order(value))
    return b"\x06" + len(value).to_bytes(4, "big") + b"".join(parts)


def _sorting(text: str) -> bytes:
    value = _value(text)
    return b"\x00" if value == [] else _key(value)


def _cast(name: str, kinds: str) -> Callable[[str], Any]:
    def run(text: str) -> Any:
        kind = _kind(text)
        if kind != kinds:
            told = {"null": "jsonb null", "object": "jsonb object", "array": "jsonb array", "string": "jsonb string",
                    "number": "jsonb numeric", "boolean": "jsonb boolean"}[kind]  # fmt: skip
            raise failure("22023", f"cannot cast {told} to type {name}")
        return text == "true" if kinds == "boolean" else text

    return run


def _quoted(text: str) -> str:
    """A text as JSON, with no more escapes than it needs."""
    return "".join(written(text))


def _object_of(texts: list[str | None]) -> str:
    if len(texts) % 2:
        raise failure("2202E", "array must have even number of elements")
    parts = []
    for key, value in zip(texts[::2], texts[1::2], strict=True):
        if key is None:
            raise failure("22004", "null value not allowed for object key")
        parts.append(f"{_quoted(key)} : {'null' if value is None else _quoted(value)}")
    return "{" + ", ".join(parts) + "}"


def _pairs_of(keys: list[str | None], values: list[str | None]) -> str:
    if len(keys) != len(values):
        raise failure("2202E", "mismatched array dimensions")
    return _object_of([one for pair in zip(keys, values, strict=True) for one in pair])


def _records(text: str, name: str) -> list[str]:
    """The objects of json_to_record and json_to_recordset. Raises PgError 22023."""
    kind = _kind(text)
    if not name.endswith("set"):
        if kind != "object":
            raise failure("22023", f"cannot call populate_composite on {'an array' if kind == 'array' else 'a scalar'}")
        return [text]
    if kind != "array":
        raise failure("22023", f"cannot call {name} on {'an object' if kind == 'object' else 'a scalar'}")
    items = _items(text)
    if any(_kind(one) != "object" for one in items):
        raise failure("22023", f"argument of {name} must be an array of objects")
    return items


def _member_array(text: str, key: str, raw: bool) -> list[str | None] | None:
    """A member's elements, as JSON or as texts. Raises PgError 22P02 for what is no array."""
    found = _member(text, key)
    if found is None or _kind(found) == "null":
        return None
    if _kind(found) != "array":
        raise failure("22P02", "expected JSON array", hint=f'See the value of key "{key}".')
    items = _items(found)
    if any(_kind(one) == "array" for one in items):
        raise failure("0A000", "an array of more than one dimension is not supported")
    return [(None if _kind(one) == "null" else one) if raw else _plain(one) for one in items]


def _strip_json(text: str) -> str:
    """JSON without fields that are null, as it is otherwise, but for space and needless escapes."""
    kind = _kind(text)
    if kind == "object":
        kept = [f"{_quoted(key)}:{_strip_json(value)}" for key, value in _pairs(text) if _kind(value) != "null"]
        return "{" + ",".join(kept) + "}"
    if kind == "array":
        return "[" + ",".join(map(_strip_json, _items(text))) + "]"
    return _quoted(json.loads(text)) if kind == "string" else text.strip(_SPACE)


_V, _VV, _LIST = "VARCHAR", "VARCHAR; VARCHAR", "VARCHAR; VARCHAR[]"
_ENTRIES = "STRUCT(f1 VARCHAR, f2 VARCHAR)[]"


def _entries(text: str) -> list[dict[str, str | None]]:
    return [{"f1": key, "f2": value} for key, value in _members(text)]


def _text_entries(text: str) -> list[dict[str, str | None]]:
    return [{"f1": key, "f2": _plain(value)} for key, value in _members(text)]


NATIVES: tuple[Native, ...] = (
    native("hg_json_member", _member, _VV, _V),
    native("hg_json_member_text", lambda text, key: _plain(_member(text, key)), _VV, _V),
    native("hg_json_element", _element, "VARCHAR; INTEGER", _V),
    native("hg_json_element_text", lambda text, place: _plain(_element(text, place)), "VARCHAR; INTEGER", _V),
    native("hg_jsonb_element", _binary_element, "VARCHAR; INTEGER", _V),
    native("hg_jsonb_element_text", lambda text, place: _plain(_binary_element(text, place)), "VARCHAR; INTEGER", _V),
    native("hg_json_path", _at_path, _LIST, _V),
    native("hg_json_path_text", lambda text, path: _plain(_at_path(text, path)), _LIST, _V),
    native("hg_get_json_object", _hive_object, _VV, _V),
    native("hg_json_length", _length, _V, "INTEGER"),
    native("hg_json_elements", _elements, _V, "VARCHAR[]"),
    native("hg_json_elements_text", lambda text: [_plain(one) for one in _elements(text)], _V, "VARCHAR[]"),
    native("hg_json_each", _entries, _V, _ENTRIES),
    native("hg_json_each_text", _text_entries, _V, _ENTRIES),
    native("hg_json_keys", _keys, _V, "VARCHAR[]"),
    native("hg_json_typeof", _kind, _V, _V),
    native("hg_json_quote", _quoted, _V, _V),
    native("hg_json_object", _object_of, "VARCHAR[]", _V),
    native("hg_json_pairs", _pairs_of, "VARCHAR[]; VARCHAR[]", _V),
    native("hg_jsonb_object", lambda texts: _text(_value(_object_of(texts))), "VARCHAR[]", _V),
    native("hg_jsonb_pairs", lambda *pairs: _text(_value(_pairs_of(*pairs))), "VARCHAR[]; VARCHAR[]", _V),
    native("hg_json_records", _records, _VV, "VARCHAR[]"),
    native("hg_json_member_array", _member_array, "VARCHAR; VARCHAR; BOOLEAN", "VARCHAR[]"),
    native("hg_json_strip", _strip_json, _V, _V),
    native("hg_jsonb_contains", lambda whole, part: _contains(_value(whole), _value(part)), _VV, "BOOLEAN"),
    native("hg_jsonb_exists", _exists, _VV, "BOOLEAN"),
    native("hg_jsonb_concat", _joined, _VV, _V),
    native("hg_jsonb_delete", _without, _LIST, _V),
    native("hg_jsonb_delete_at", _without_place, "VARCHAR; INTEGER", _V),
    native("hg_jsonb_delete_path", _without_path, _LIST, _V),
    native("hg_jsonb_set", _set, "VARCHAR; VARCHAR[]; VARCHAR; BOOLEAN", _V),
    lax("hg_jsonb_set_lax", _set_lax, "VARCHAR; VARCHAR[]; VARCHAR; BOOLEAN; VARCHAR", _V),
    native("hg_jsonb_insert", _insert, "VARCHAR; VARCHAR[]; VARCHAR; BOOLEAN", _V),
    native("hg_jsonb_strip", lambda text: _text(_stripped(_value(text))), _V, _V),
    native("hg_jsonb_pretty", _pretty, _V, _V),
    native("hg_jsonb_key", _sorting, _V, "BLOB"),
    native("hg_jsonb_as_bool", _cast("boolean", "boolean"), _V, "BOOLEAN"),
    *(native(f"hg_jsonb_as_{name}", _cast(told, "number"), _V, _V) for name, told in (
        ("int2", "smallint"), ("int4", "integer"), ("int8", "bigint"), ("float4", "real"),
        ("float8", "double precision"), ("numeric", "numeric"))),
)  # fmt: skip
"""Functions of JSON."""
