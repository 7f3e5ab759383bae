"""Terraform's files: which there are, what stands in them, and where one cannot be read."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from yunbox.cli.terraform_check.model import UNKNOWN, Block, Module, Raw, Resource
from yunbox.kernel.errors import InvalidArgument, NotFound

FILE_BYTES_MAX = 1024 * 1024
FILES_MAX = 500
_BLOCK, _NOTES = "__is_block__", "__"
"""What the parser puts beside what is written: that something is a block, and comments, by names that begin so."""
_PROVIDER = "alicloud"


def read_module(path: Path) -> Module:
    """A folder's files, or one file alone. Raises InvalidArgument for what cannot be read, NotFound for nothing."""
    if path.is_dir():
        files = sorted(path.glob("*.tf"), key=lambda one: (_overrides(one), one.name))
    elif path.is_file():
        files = [path]
    else:
        raise NotFound(f"There is no file or folder {path}")
    if len(files) > FILES_MAX:
        raise InvalidArgument(f"{path} has more than {FILES_MAX} files")
    if not files:
        raise NotFound(f"There are no files *.tf in {path}")
    module = Module()
    for file in files:
        _add(module, parsed(_text(file), str(file)), overrides=_overrides(file) and path.is_dir())
    _set_variables(module, path if path.is_dir() else path.parent)
    return module


def parsed(text: str, where: str) -> dict[str, Any]:
    """A file's blocks as the parser gives them. Raises InvalidArgument with the line that cannot be read."""
    import hcl2
    from lark.exceptions import LarkError

    try:
        return hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except LarkError as error:
        raise InvalidArgument(f"{where}{_place(error)}: this is no HCL that can be read") from None
    except RecursionError:
        raise InvalidArgument(f"{where}: it is nested too deeply") from None


def _place(error: Exception) -> str:
    """Where the parser stopped, if it knows."""
    line, column = getattr(error, "line", -1), getattr(error, "column", -1)
    if not isinstance(line, int) or line < 1:
        return ", at its end"
    return f", line {line}, column {column}"


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise InvalidArgument(f"{file} is larger than {FILE_BYTES_MAX // 1024} KB")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument(f"{file} is no UTF-8") from None
    except OSError as error:
        raise InvalidArgument(f"Cannot read {file}: {error.strerror}") from None


def _overrides(file: Path) -> bool:
    """Whether a file's blocks go over those of the others."""
    return file.name == "override.tf" or file.name.endswith("_override.tf")


# -- blocks


def _add(module: Module, document: dict[str, Any], *, overrides: bool) -> None:
    for kind, name, body in _labelled(document.get("resource", [])):
        resource = Resource(kind, name, _block(body))
        there = module.resources.get((kind, name))
        if there is None:
            module.resources[kind, name] = resource
        elif overrides:
            there.body.arguments |= resource.body.arguments
            there.body.blocks |= resource.body.blocks
            there.body.dynamic |= resource.body.dynamic
        else:
            module.twice.append(resource)
    for name, body in _named(document.get("variable", [])):
        module.variables[name] = body.get("default", UNKNOWN)
    for body in document.get("locals", []):
        module.locals |= {key: value for key, value in body.items() if not is_note(key)}
    for name, body in _named(document.get("provider", [])):
        if name == _PROVIDER:
            alias = body.get("alias", "")
            module.providers[unquoted(alias) if isinstance(alias, str) else ""] = _block(body)


def _named(items: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in items:
        for label, body in item.items():
            if isinstance(body, dict):
                yield unquoted(label), body


def _labelled(items: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, named in _named(items):
        for name, body in _named([named]):
            yield kind, name, body


def _block(body: dict[str, Any]) -> Block:
    block = Block()
    for name, value in body.items():
        if is_note(name):
            continue
        if name == "dynamic" and _are_blocks(value):
            block.dynamic |= {label for label, _ in _named(value)}
        elif _are_blocks(value):
            block.blocks[name] = [_block(one) for one in value]
        else:
            block.arguments[name] = value
    return block


def _are_blocks(value: Raw) -> bool:
    """Whether a value is a list of blocks; their labels, where they have some, are around them."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(one, dict) and (_BLOCK in one or _are_blocks(list(one.values()))) for one in value)


def is_note(key: str) -> bool:
    """Whether a key is the parser's own."""
    return key.startswith(_NOTES)


def unquoted(text: str) -> str:
    """A label or a key without its quotes."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


# -- variables


def _set_variables(module: Module, folder: Path) -> None:
    """What files set goes before a default; what is set otherwise is not known."""
    names = [folder / "terraform.tfvars", *sorted(folder.glob("*.auto.tfvars"))]
    for file in (name for name in names if name.is_file()):
        document = parsed(_text(file), str(file))
        module.variables |= {name: value for name, value in document.items() if name in module.variables}
    for file in (folder / "terraform.tfvars.json", *sorted(folder.glob("*.auto.tfvars.json"))):
        if file.is_file():
            module.variables |= {name: UNKNOWN for name in _keys(file) if name in module.variables}
    module.variables |= {name: UNKNOWN for name in module.variables if f"TF_VAR_{name}" in os.environ}


def _keys(file: Path) -> Iterable[str]:
    try:
        found = json.loads(_text(file))
    except (ValueError, RecursionError):
        raise InvalidArgument(f"{file} is no JSON") from None
    return found if isinstance(found, dict) else ()
