"""Instances by OpenAPI (Hologram 2022-06-01): one that is created here takes clients on a port of its own.

Source: the vendor's API pages "CreateInstance" to "UpdateInstanceNetworkType", what ``alibabacloud-hologram20220601``
sends and reads, and what Terraform's provider asks.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Forbidden, InvalidArgument, NotFound, Unsupported
from yunbox.schema.regions import region
from yunbox.services.hologres.instances import databases, statements, users
from yunbox.services.hologres.instances.register import (
    CREATING,
    NETWORKS,
    TAGS_MAX,
    VPC,
    Instance,
    missing,
    new_id,
)
from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX
from yunbox.sql.hologres.version import HOLOGRES_VERSION
from yunbox.storage.networks import vswitch_of
from yunbox.storage.rows.databases import DATABASES_MAX
from yunbox.wire.openapi.api import Api, Asked, json_body, resource
from yunbox.wire.route import Route

if TYPE_CHECKING:
    from yunbox.services.hologres.service import Hologres

Body = dict[str, Any]
DENIED, INVALID, UNSUPPORTED = "NoPermission", "InvalidParameter", "UnsupportedOperation"
RESOURCE_GROUP = "rg-default"
_CPU_MAX, _CPU_STEP, _CPU_SMALL = 1024, 32, (8, 16)
_MEMORY_GB_A_CPU, _CPUS_A_NODE = 4, 16
_PATH = "/api/v1/instances"
_ONE = f"{_PATH}/{{instance}}"
_TAG = "/api/v1/tag"
_FIRST_DATABASE = "postgres"
"""What every instance of the real service has from the first on, beside those that are asked for."""
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_IGNORED = ("storageSize", "coldStorageSize", "autoPay", "autoRenew", "duration")
"""What the vendor has for who pays in advance, and ignores for others."""
_SQL = {"dbName", "sql", "parameters", "maxRows", "maxBytes", "queryTimeout"}
_NEW = {
    "chargeType", "cpu", "enableServerlessComputing", "gatewayCount", "initialDatabases", "instanceName",
    "instanceType", "leaderInstanceId", "pricingCycle", "regionId", "resourceGroupId", "storageType", "vSwitchId",
    "vpcId", "zoneId", *_IGNORED,
}  # fmt: skip


@dataclass(frozen=True)
class Asks:
    """What is asked of an instance, or of all. ``region`` is where a new one is to be."""

    instance: str
    body: Body
    region: str = ""
    tagged: tuple[str, ...] = ()
    is_external: bool = False
    token: str = field(default="", repr=False)


# -- operations


async def _create(service: "Hologres", call: Call[Asks]) -> Body:
    body = call.params.body
    _check_kind(body)
    where, zone = _zone(service, body)
    vpc_id, vswitch_id = _network(service, body, zone)
    instance = Instance(
        new_id(), _name(body), where, zone, _cpu(body.get("cpu")), CREATING, 0,
        NETWORKS if vpc_id else NETWORKS[:2], vpc_id, vswitch_id, ssl=False, created=service.clock.time(),
        database=",".join(_databases(_text(body, "initialDatabases"))),
    )  # fmt: skip
    await service.fleet.create(instance)
    return {"Data": {**_ORDER, "Success": "true", "InstanceId": instance.id}, **_OK}


async def _get(service: "Hologres", call: Call[Asks]) -> Body:
    return {"Instance": _whole(service, service.register.get(call.params.instance)), "Success": True, **_OK}


async def _list(service: "Hologres", call: Call[Asks]) -> Body:
    body = _known(call.params.body, {"resourceGroupId", "tag", "cmsInstanceType"})
    wanted = _tags(body.get("tag") or [], values_needed=False)
    found = [
        one for one in service.register.all()
        if body.get("resourceGroupId") in (None, "", RESOURCE_GROUP)
        and body.get("cmsInstanceType") in (None, "", "standard") and _has(service.register.tags(one.id), wanted)
    ]  # fmt: skip
    return {"InstanceList": [_brief(service, one) for one in found], "Success": "true", **_OK}


def _changing(
    work: Callable[["Hologres", Instance, Body], Awaitable[None]], data: object = True
) -> Callable[..., Awaitable[Body]]:
    """An operation on an instance that there is, which answers whether it was done; ``data`` is how it says so."""

    async def run(service: "Hologres", call: Call[Asks]) -> Body:
        await work(service, service.register.get(call.params.instance), call.params.body)
        return {"Data": data, "Success": True, **_OK}

    return run


async def _delete(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.delete(instance)


async def _stop(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.suspend(instance)


async def _resume(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.resume(instance)


async def _restart(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.restart(instance)


async def _enable_ssl(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.encrypt(instance, ssl=True)


async def _disable_ssl(service: "Hologres", instance: Instance, _body: Body) -> None:
    await service.fleet.encrypt(instance, ssl=False)


async def _rename(service: "Hologres", instance: Instance, body: Body) -> None:
    await service.register.change(instance, name=_name(_known(body, {"instanceId", "instanceName"})))


async def _network_type(service: "Hologres", instance: Instance, body: Body) -> None:
    _known(body, {"instanceId", "networkTypes", "vpcId", "vSwitchId", "anyTunnelToSingleTunnel", "vpcOwnerId",
                  "vpcRegionId"})  # fmt: skip
    kinds = tuple(kind for kind in _text(body, "networkTypes").split(",") if kind)
    if instance.is_own or body.get("anyTunnelToSingleTunnel") not in (None, "") or "VPCAnyTunnel" in kinds:
        told = "The networks of the house's own instance, and VPCAnyTunnel, are not to be changed."
        raise Unsupported(told, code=UNSUPPORTED)
    if unknown := set(kinds) - set(NETWORKS):
        raise InvalidArgument(f"networkTypes are of {', '.join(NETWORKS)}, not {sorted(unknown)[0]}.", code=INVALID)
    _check_owner(service, body)
    vpc_id, vswitch_id = _network(service, body, instance.zone)
    if VPC in kinds and not (vpc_id or instance.vpc_id):
        raise InvalidArgument(f"{VPC} needs a vpcId and a vSwitchId.", code=INVALID)
    changed: dict[str, object] = {"networks": tuple(one for one in NETWORKS if one in kinds)} if kinds else {}
    if vpc_id:
        changed |= {"vpc_id": vpc_id, "vswitch_id": vswitch_id}
    if changed:
        await service.register.change(instance, **changed)


async def _scale(service: "Hologres", instance: Instance, body: Body) -> None:
    _known(body, {"instanceId", "scaleType", "cpu", "gatewayCount", "enableServerlessComputing", *_IGNORED})
    _check_sizes(body)
    up = {"UPGRADE": True, "DOWNGRADE": False}.get(_text(body, "scaleType"))
    if up is None:
        raise InvalidArgument("scaleType is UPGRADE or DOWNGRADE.", code=INVALID)
    cpu = _cpu(body.get("cpu") or instance.cpu)
    if cpu == instance.cpu or (cpu > instance.cpu) is not up:
        way = "more" if up else "less"
        raise InvalidArgument(f"{body['scaleType']} is to {way} than the {instance.cpu} vCPUs there are.", code=INVALID)
    await service.fleet.refit(instance, cpu)


async def _create_user(service: "Hologres", instance: Instance, body: Body) -> None:
    name, is_superuser = _text(_known(body, {"userName", "superUser"}), "userName"), _flag(body, "superUser")
    await asyncio.to_thread(users.create, service, instance, name, is_superuser=is_superuser)


async def _drop_user(service: "Hologres", instance: Instance, body: Body) -> None:
    _known(body, {"userName", "superUser"})
    _flag(body, "superUser")  # whatever a user is, it goes
    await asyncio.to_thread(users.drop, service, instance, _text(body, "userName"))


async def _create_database(service: "Hologres", instance: Instance, body: Body) -> None:
    name = _text(_known(body, {"databaseName", "permissionModel"}), "databaseName")
    if _text(body, "permissionModel"):
        told = "permissionModel is not offered: a database has the PostgreSQL model, which is the one without it."
        raise Unsupported(told, code=UNSUPPORTED)
    if len(name) > NAME_BYTES_MAX:
        raise InvalidArgument(f"databaseName has at most {NAME_BYTES_MAX} characters.", code=INVALID)
    await asyncio.to_thread(databases.create, service, instance, name)


async def _list_databases(service: "Hologres", call: Call[Asks]) -> Body:
    """Those there are; foreign ones, which are what is external, are not here."""
    instance = service.register.get(call.params.instance)
    names = () if call.params.is_external else await asyncio.to_thread(databases.names, service, instance)
    shown = [{"Name": name, "External": False} for name in names]
    return {"DatabaseList": shown, "Success": "true", **_OK}


async def _execute(service: "Hologres", call: Call[Asks]) -> Body:
    """Run SQL in the name of who calls."""
    instance, wanted = service.register.get(call.params.instance), statements.asked(_known(call.params.body, _SQL))
    if not service.register.takes_statements(instance.id):
        told = f"SQL by OpenAPI is off for {instance.id}: EnableExecuteStatement has it on."
        raise Forbidden(told, code="OperationDenied")
    data = await service.statements.run(instance, call.principal, call.params.token, wanted)
    return {"data": data, "success": "true", **_answered(call)}


def _switching(*, taken: bool) -> Callable[..., Awaitable[Body]]:
    async def run(service: "Hologres", call: Call[Asks]) -> Body:
        _known(call.params.body, set())
        await service.register.take_statements(service.register.get(call.params.instance).id, taken=taken)
        return {"data": True, "success": True, **_answered(call)}

    return run


async def _is_switched(service: "Hologres", call: Call[Asks]) -> Body:
    instance = service.register.get(call.params.instance)
    return {"data": service.register.takes_statements(instance.id), "success": True, **_answered(call)}


def _answered(call: Call[Asks]) -> Body:
    """What these answers have in small letters, which others have not."""
    return {"requestId": call.request_id, "errorCode": "", "errorMessage": "", "httpStatusCode": "200"}


async def _tag(service: "Hologres", call: Call[Asks]) -> Body:
    tags = _tags(call.params.body.get("tags"), values_needed=True)
    await service.register.tag(_there(service, call.params.tagged), {key: value or "" for key, value in tags.items()})
    return {"Success": True, "Data": True, **_OK}


async def _untag(service: "Hologres", call: Call[Asks]) -> Body:
    keys = call.params.body.get("tagKeys")
    await service.register.untag(_there(service, call.params.tagged), _texts(keys, "tagKeys"))
    return {"Success": True, "Data": True, **_OK}


async def _describe_tags(service: "Hologres", _call: Call[Asks]) -> Body:
    found: dict[tuple[str, str], list[str]] = {}
    for instance in service.register.all():
        for key, value in service.register.tags(instance.id).items():
            found[instance.id, key] = [value]
    rows = [{"ResourceId": one, "ResourceType": "instance", "TagKey": key, "TagValue": values}
            for (one, key), values in found.items()]  # fmt: skip
    return {"TagResources": rows, "Success": True, **_OK}


# -- answers

_ORDER = {"Success": True, "Code": "", "Message": "", "OrderId": ""}
_OK = {"HttpStatusCode": "200", "ErrorCode": "", "ErrorMessage": ""}


def _brief(service: "Hologres", one: Instance) -> Body:
    """As a list shows it."""
    tags = service.register.tags(one.id)
    return {
        "InstanceId": one.id, "InstanceName": one.name, "InstanceStatus": one.status, "InstanceType": "Standard",
        "InstanceChargeType": "PostPaid", "CommodityCode": "hologram_postpay_public_cn", "RegionId": one.region,
        "ZoneId": one.zone, "CreationTime": stamp(one.created), "ExpirationTime": "", "Version": HOLOGRES_VERSION,
        "EnableHiveAccess": "false", "EnableSSL": str(one.ssl).lower(), "LeaderInstanceId": "", "SuspendReason":
        "Manual" if one.status == "Suspended" else "", "ResourceGroupId": RESOURCE_GROUP, "StorageType": "local",
        "Endpoints": _endpoints(one), "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }  # fmt: skip


def _whole(service: "Hologres", one: Instance) -> Body:
    """As it is shown by itself."""
    return {
        **_brief(service, one), "EnableSSL": one.ssl, "Cpu": one.cpu, "Memory": one.cpu * _MEMORY_GB_A_CPU,
        "ComputeNodeCount": max(1, one.cpu // _CPUS_A_NODE), "Disk": "0", "ColdStorage": 0, "GatewayCount": 0,
        "GatewayCpu": 0, "GatewayMemory": 0, "AutoRenewal": "false", "InstanceOwner": service.account_id,
        "EnableServerless": False, "ReplicaRole": "",
    }  # fmt: skip


def _endpoints(one: Instance) -> list[Body]:
    """What an instance is reached by: all ways are the same one, as this is one machine."""
    at = f"127.0.0.1:{one.port}"
    return [
        {"Type": kind, "Endpoint": at, "Enabled": True, "AlternativeEndpoints": "", "VpcInstanceId": "",
         "VpcId": one.vpc_id if kind == VPC else "", "VSwitchId": one.vswitch_id if kind == VPC else ""}
        for kind in one.networks
    ]  # fmt: skip


# -- requests


def _check_kind(body: Body) -> None:
    """Refuse by name what no instance here is. Raises InvalidArgument, Unsupported."""
    _known(body, _NEW)
    charge, kind = _text(body, "chargeType"), _text(body, "instanceType")
    if charge not in ("PostPaid", "PrePaid"):
        raise InvalidArgument("chargeType is PostPaid or PrePaid.", code=INVALID)
    if kind not in ("Standard", "Follower", "Warehouse", "Shared", "Serverless"):
        told = "instanceType is Standard, Follower, Warehouse, Shared or Serverless."
        raise InvalidArgument(told, code=INVALID)
    if charge == "PrePaid" or kind != "Standard":
        raise Unsupported(f"{charge} {kind} is not offered: instances are PostPaid and Standard.", code=UNSUPPORTED)
    if body.get("pricingCycle") not in (None, "", "Hour"):
        raise InvalidArgument("The pricingCycle of PostPaid is Hour.", code=INVALID)
    if body.get("leaderInstanceId"):
        raise InvalidArgument("Only a Follower has a leaderInstanceId.", code=INVALID)
    if body.get("storageType") not in (None, "", "local"):
        raise Unsupported("storageType is local.", code=UNSUPPORTED)
    if body.get("resourceGroupId") not in (None, "", RESOURCE_GROUP):
        raise NotFound("There is no such resource group.", code="InvalidResourceGroup.NotFound")
    _check_sizes(body)


def _check_sizes(body: Body) -> None:
    if body.get("gatewayCount") not in (None, "", 0, "0"):
        raise InvalidArgument("Only a Warehouse has a gatewayCount.", code=INVALID)
    if body.get("enableServerlessComputing") not in (None, "", False, "false"):
        raise Unsupported("enableServerlessComputing is not offered.", code=UNSUPPORTED)


def _flag(body: Body, name: str) -> bool:
    value = body.get(name)
    if value not in (None, "", True, False, "true", "false"):
        raise InvalidArgument(f"{name} is true or false.", code=INVALID)
    return value in (True, "true")


def _cpu(given: Any) -> int:
    cpu = int(given) if str(given).isascii() and str(given).isdigit() and len(str(given)) < 6 else 0
    if cpu not in _CPU_SMALL and (not 0 < cpu <= _CPU_MAX or cpu % _CPU_STEP):
        raise InvalidArgument(f"cpu is 8, 16, 32, and so on by 32 to {_CPU_MAX}.", code=INVALID)
    return cpu


def _databases(given: str) -> tuple[str, ...]:
    """What an instance's databases are to be called. Raises InvalidArgument."""
    names = tuple(dict.fromkeys((_FIRST_DATABASE, *(one.strip() for one in given.split(",") if one.strip()))))
    if not all(map(_DATABASE.fullmatch, names)):
        told = "A database's name has 1 to 63 lowercase letters, digits and underscores, and begins with no digit."
        raise InvalidArgument(told, code=INVALID)
    if len(names) > DATABASES_MAX:
        raise InvalidArgument(f"An instance has at most {DATABASES_MAX} databases.", code=INVALID)
    return names


def _name(body: Body) -> str:
    name = _text(body, "instanceName")
    if not 2 <= len(name) <= 64:
        raise InvalidArgument("instanceName has 2 to 64 characters.", code=INVALID)
    return name


def _zone(service: "Hologres", body: Body) -> tuple[str, str]:
    where, zone = _text(body, "regionId") or service.region, _text(body, "zoneId")
    if zone not in region(service.region, where).zones:
        raise NotFound(f"The zone {zone[:64]!r} is none of {where}.", code="InvalidZoneId.NotFound")
    return where, zone


def _network(service: "Hologres", body: Body, zone: str) -> tuple[str, str]:
    """A VPC and a vSwitch of it in the instance's zone; neither, where none is said. Raises NotFound."""
    vpc_id, vswitch_id = _text(body, "vpcId"), _text(body, "vSwitchId")
    if not vpc_id and not vswitch_id:
        return "", ""
    if not (vpc_id and vswitch_id):
        raise InvalidArgument("vpcId and vSwitchId come together.", code=INVALID)
    found = vswitch_of(service.register.database, vswitch_id)
    if found is None:
        raise NotFound(f"There is no vSwitch {vswitch_id[:64]}.", code="InvalidVswitchID.NotFound")
    if (found.vpc_id, found.zone) != (vpc_id, zone):
        told = f"The vSwitch {vswitch_id} lies in {found.vpc_id} and {found.zone}, and not in {vpc_id[:64]} and {zone}."
        raise InvalidArgument(told, code=INVALID)
    return vpc_id, vswitch_id


def _check_owner(service: "Hologres", body: Body) -> None:
    if body.get("vpcOwnerId") not in (None, "", service.account_id):
        raise Unsupported("The VPC is of this account.", code=UNSUPPORTED)
    if body.get("vpcRegionId") not in (None, ""):
        region(service.region, str(body["vpcRegionId"]))


def _known(body: Body, names: set[str]) -> Body:
    if unknown := set(body) - names:
        raise InvalidArgument(f"{sorted(unknown)[0][:64]} is not known to the operation.", code=INVALID)
    return body


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidArgument(f"{name} is a text.", code=INVALID)
    return value or ""


def _texts(given: Any, name: str) -> tuple[str, ...]:
    """A list of texts, which some clients send as JSON within JSON. Raises InvalidArgument."""
    given = _unpacked(given)
    if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
        raise InvalidArgument(f"{name} is a list of texts.", code=INVALID)
    return tuple(given)


def _unpacked(given: Any) -> Any:
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return None


def _tags(given: Any, *, values_needed: bool) -> dict[str, str | None]:
    given = _unpacked(given)
    if not isinstance(given, list) or len(given) > TAGS_MAX or (values_needed and not given):
        raise InvalidArgument(f"tags are a list of 1 to {TAGS_MAX} of a key and a value.", code=INVALID)
    found: dict[str, str | None] = {}
    for one in given:
        key, value = (one.get("key"), one.get("value")) if isinstance(one, dict) else (None, None)
        if not isinstance(key, str) or not 1 <= len(key) <= 128 or key.lower().startswith(("acs:", "aliyun")):
            raise InvalidArgument("A tag's key has 1 to 128 characters, and begins with no acs: or aliyun.",
                                  code="InvalidTagKey.Malformed")  # fmt: skip
        if value is not None and not (isinstance(value, str) and len(value) <= 128):
            raise InvalidArgument("A tag's value has at most 128 characters.", code="InvalidTagValue.Malformed")
        found[key] = value
    return found


def _has(tags: dict[str, str], wanted: dict[str, str | None]) -> bool:
    return all(key in tags and value in (None, "", tags[key]) for key, value in wanted.items())


def _there(service: "Hologres", instances: tuple[str, ...]) -> tuple[str, ...]:
    for one in instances:
        service.register.get(one)
    return instances


def _body(asked: Asked) -> Body:
    return json_body(asked, INVALID)


def _asks(asked: Asked, values: Any) -> Asks:
    """What is asked of one instance; clients also say in the body which one that is."""
    body = {name: value for name, value in _body(asked).items() if name != "RegionId"}
    if body.pop("instanceId", values["instance"]) != values["instance"]:
        raise InvalidArgument("The body names another instance than the path.", code=INVALID)
    return Asks(values["instance"], body)


def _of_statements(asked: Asked, values: Any) -> Asks:
    return replace(_asks(asked, values), token=asked.request.headers.get("x-acs-security-token", ""))


def _of_databases(asked: Asked, values: Any) -> Asks:
    external = asked.parameters.get("external") or asked.parameters.get("External") or ""
    return replace(_asks(asked, values), is_external=_flag({"external": external.lower()}, "external"))


def _plain(asked: Asked, _values: Any) -> Asks:
    body = _body(asked)
    return Asks("*", body, _text(body, "regionId"))


def _tagging(asked: Asked, _values: Any) -> Asks:
    body = _known(_body(asked), {"resourceIds", "resourceType", "tags", "tagKeys", "category", "tagOwnerUid",
                                 "regionId"})  # fmt: skip
    for given in (asked.parameters.get("resourceType"), body.get("resourceType")):
        if given not in (None, "", "instance"):
            raise InvalidArgument("resourceType is instance.", code=INVALID)
    return replace(Asks("*", body), tagged=_texts(body.get("resourceIds"), "resourceIds"))


def _touching(right: str) -> Callable[["Hologres", Asks], tuple[Access, ...]]:
    def touches(service: "Hologres", params: Asks) -> tuple[Access, ...]:
        return tuple(
            Access(f"hologram:{right}", f"instance/{one}", service.account_id, region=_region_of(service, params, one))
            for one in params.tagged or (params.instance,)
        )

    return touches


def _region_of(service: "Hologres", params: Asks, instance_id: str) -> str:
    """Where it is; of one that is not there, as of all, what was said, or the house's own."""
    try:
        return params.region or service.register.get(instance_id).region
    except type(missing("")):
        return service.region


def _route(
    method: str, path: str, name: str, run: Callable[..., Any], parse: Callable[..., Asks], *, reads: bool = False
) -> Route[Asked]:
    operation = Operation("hologram", name, Asks, run, _touching(name), reads=reads, denied=DENIED)
    return resource(method, path, operation, parse)


API = Api(
    "Hologram",
    "2022-06-01",
    (
        _route("POST", f"{_PATH}/create", "CreateInstance", _create, _plain),
        _route("POST", _PATH, "ListInstances", _list, _plain, reads=True),
        _route("GET", _ONE, "GetInstance", _get, _asks, reads=True),
        _route("POST", f"{_ONE}/delete", "DeleteInstance", _changing(_delete), _asks),
        _route("POST", f"{_ONE}/stop", "StopInstance", _changing(_stop), _asks),
        _route("POST", f"{_ONE}/resume", "ResumeInstance", _changing(_resume), _asks),
        _route("POST", f"{_ONE}/restart", "RestartInstance", _changing(_restart), _asks),
        _route("POST", f"{_ONE}/scale", "ScaleInstance", _changing(_scale, _ORDER), _asks),
        _route("POST", f"{_ONE}/instanceName", "UpdateInstanceName", _changing(_rename), _asks),
        _route("POST", f"{_ONE}/network", "UpdateInstanceNetworkType", _changing(_network_type, "true"), _asks),
        _route("POST", f"{_ONE}/enableSSL", "EnableSSL", _changing(_enable_ssl), _asks),
        _route("POST", f"{_ONE}/disableSSL", "DisableSSL", _changing(_disable_ssl), _asks),
        _route("POST", f"{_ONE}/createUser", "CreateUser", _changing(_create_user), _asks),
        _route("POST", f"{_ONE}/dropUser", "DropUser", _changing(_drop_user), _asks),
        _route("POST", f"{_ONE}/createDatabase", "CreateDatabase", _changing(_create_database), _asks),
        _route("GET", f"{_ONE}/listDatabases", "ListDatabases", _list_databases, _of_databases, reads=True),
        _route("POST", f"{_ONE}/executeStatement", "ExecuteStatement", _execute, _of_statements),
        _route("POST", f"{_ONE}/enableExecuteStatement", "EnableExecuteStatement", _switching(taken=True), _asks),
        _route("POST", f"{_ONE}/disableExecuteStatement", "DisableExecuteStatement", _switching(taken=False), _asks),
        _route("GET", f"{_ONE}/executeStatementEnabled", "GetExecuteStatementEnabled", _is_switched, _asks, reads=True),
        _route("POST", _TAG, "TagResources", _tag, _tagging),
        _route("POST", f"{_TAG}/unTag", "UntagResources", _untag, _tagging),
        _route("GET", _TAG, "DescribeTags", _describe_tags, _plain, reads=True),
    ),
)
