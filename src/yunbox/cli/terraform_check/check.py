"""All checks of a folder, in the order of its resources."""

from pathlib import Path

from yunbox.cli.terraform_check import arguments, names
from yunbox.cli.terraform_check.model import Finding, Resource, is_known
from yunbox.cli.terraform_check.networks import Networks
from yunbox.cli.terraform_check.reading import read_module
from yunbox.cli.terraform_check.values import Values

_MANY = ("count", "for_each")


def check(path: Path, region: str) -> list[Finding]:
    """What would be refused of a file or a folder. Raises InvalidArgument for what is no HCL, NotFound for nothing."""
    module = read_module(path)
    values = Values(module)
    order = {one.address: number for number, one in enumerate(module.resources.values())}
    found = [Finding(one.address, f"{one.address} is there twice", "DuplicateResource") for one in module.twice]
    for resource in module.resources.values():
        found += arguments.check(resource)
    module.resources = {key: one for key, one in module.resources.items() if _is_made(one, values)}
    found += Networks(module, values, region).check()
    found += names.check(module, values)
    return sorted(dict.fromkeys(found), key=lambda one: order.get(one.resource, 0))


def _is_made(resource: Resource, values: Values) -> bool:
    """Whether a resource is surely made: what may not be is not judged by what a service would say."""
    body = resource.body.arguments
    return all(is_known(many) and bool(many) for many in (values.of(body[name]) for name in _MANY if name in body))
