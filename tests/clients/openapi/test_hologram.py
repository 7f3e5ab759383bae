"""Hologres' instances by their own SDK: each takes psycopg on a port of its own, and has tables that no other has."""

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alibabacloud_hologram20220601 import models as m
from alibabacloud_hologram20220601.client import Client
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_vpc20160428 import models as vpc_models
from alibabacloud_vpc20160428.client import Client as VpcClient

from tests.clients.openapi.clients import Key, allow, code, config, failure, new_user, ram
from yunbox.testing.server import Server

REGION, ZONE = "cn-hangzhou", "cn-hangzhou-h"


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(config(server))


def create(client: Client, name: str = "shop", **more: Any) -> str:
    given = {"charge_type": "PostPaid", "instance_type": "Standard", "region_id": REGION, "zone_id": ZONE, "cpu": 8,
             "instance_name": name, **more}  # fmt: skip
    body = client.create_instance(m.CreateInstanceRequest(**given)).body
    assert (body.data.success, body.http_status_code) == ("true", "200"), body
    return body.data.instance_id


def shown(client: Client, instance: str) -> m.GetInstanceResponseBodyInstance:
    return client.get_instance(instance).body.instance


def remove(client: Client, instance: str) -> None:
    assert client.delete_instance(instance, m.DeleteInstanceRequest(region_id=REGION)).body.data is True


def connect(server: Server, client: Client, instance: str, **more: Any) -> psycopg.Connection[Any]:
    host, _, port = shown(client, instance).endpoints[0].endpoint.partition(":")
    given = {"user": server.access_key_id, "password": server.access_key_secret, "connect_timeout": 30, **more}
    given.setdefault("dbname", "yunbox" if instance == "yunbox" else "postgres")
    return psycopg.connect(host=host, port=int(port), autocommit=True, **given)


def test_an_instance_from_beginning_to_end(server: Server, client: Client) -> None:
    one, other = create(client, "shop"), create(client, "lab", cpu=32)
    try:
        found = shown(client, one)
        assert (found.instance_name, found.instance_status, found.instance_type) == ("shop", "Running", "Standard")
        assert (found.cpu, found.memory, found.instance_charge_type) == (8, 32, "PostPaid")
        assert (found.region_id, found.zone_id, found.leader_instance_id) == (REGION, ZONE, "")
        assert [end.type for end in found.endpoints] == ["Internet", "Intranet"]
        for instance, number in ((one, 1), (other, 2)):
            with connect(server, client, instance) as db:
                db.execute("create table kept (n int primary key)")
                db.execute("insert into kept values (%s)", (number,))
        for instance, number in ((one, 1), (other, 2)):
            with connect(server, client, instance) as db:
                assert db.execute("select n, current_database() from kept").fetchall() == [(number, "postgres")]
                assert db.execute("select sum(n) + count(*) from kept").fetchone() == (number + 1,), "by the engine"
        own = server.endpoints["hologres"]
        key = {"user": server.access_key_id, "password": server.access_key_secret}
        with psycopg.connect(**own, **key) as db, pytest.raises(psycopg.errors.UndefinedTable):
            db.execute("select * from kept")
    finally:
        remove(client, one)
        remove(client, other)
    error = failure(client.get_instance, one)
    assert (error.code, error.data["statusCode"]) == ("ResourceNotExist.Instance", 404)
    assert "resource not exists failed" in error.message, "what Terraform's provider looks for"
    assert not (server.data / "holo" / "instances" / one).exists()


def test_the_house_s_own_instance_is_one_of_them(server: Server, client: Client) -> None:
    own = shown(client, "yunbox")
    at = server.endpoints["hologres"]
    assert own.endpoints[0].endpoint == f"{at['host']}:{at['port']}"
    assert "yunbox" in [one.instance_id for one in client.list_instances(m.ListInstancesRequest()).body.instance_list]
    gone = m.DeleteInstanceRequest(region_id=own.region_id)
    assert code(client.delete_instance, "yunbox", gone) == "OperationDenied.OwnInstance"
    assert code(client.stop_instance, "yunbox") == "OperationDenied.OwnInstance"
    with connect(server, client, "yunbox") as db:
        assert client.restart_instance("yunbox").body.data is True
        with pytest.raises(psycopg.OperationalError):
            db.execute("select 1")
    with connect(server, client, "yunbox") as db:
        assert db.execute("select 1").fetchone() == (1,)


def test_a_stopped_instance_takes_nobody_and_keeps_its_tables(server: Server, client: Client) -> None:
    instance = create(client)
    try:
        with connect(server, client, instance) as db:
            db.execute("create table kept (n int primary key)")
            db.execute("insert into kept values (7)")
            assert client.stop_instance(instance).body.data is True
            with pytest.raises(psycopg.OperationalError):
                db.execute("select 1")
        assert shown(client, instance).instance_status == "Suspended"
        with pytest.raises(psycopg.OperationalError):
            connect(server, client, instance)
        assert code(client.stop_instance, instance) == "IncorrectInstanceStatus"
        assert code(client.restart_instance, instance) == "IncorrectInstanceStatus"
        assert client.resume_instance(instance).body.data is True
        assert shown(client, instance).instance_status == "Running"
        with connect(server, client, instance) as db:
            assert db.execute("select n from kept").fetchone() == (7,)
    finally:
        remove(client, instance)


def test_its_name_its_size_and_its_networks_change(server: Server, client: Client) -> None:
    vpc = VpcClient(config(server))
    vpc_id = vpc.create_vpc(vpc_models.CreateVpcRequest(region_id=REGION, cidr_block="10.0.0.0/16")).body.vpc_id
    made = vpc_models.CreateVSwitchRequest(vpc_id=vpc_id, zone_id=ZONE, cidr_block="10.0.1.0/24", region_id=REGION)
    vswitch = vpc.create_vswitch(made).body.v_switch_id
    instance = create(client, vpc_id=vpc_id, v_switch_id=vswitch)
    try:
        ends = {end.type: (end.vpc_id, end.v_switch_id) for end in shown(client, instance).endpoints}
        assert ends == {"Internet": ("", ""), "Intranet": ("", ""), "VPCSingleTunnel": (vpc_id, vswitch)}
        types = m.UpdateInstanceNetworkTypeRequest(
            network_types="Intranet,VPCSingleTunnel", vpc_id=vpc_id, v_switch_id=vswitch
        )
        assert client.update_instance_network_type(instance, types).body.data == "true"
        assert [end.type for end in shown(client, instance).endpoints] == ["Intranet", "VPCSingleTunnel"]
        client.update_instance_name(instance, m.UpdateInstanceNameRequest(instance_name="renamed"))
        port = shown(client, instance).endpoints[0].endpoint
        up = m.ScaleInstanceRequest(scale_type="UPGRADE", cpu=64)
        assert client.scale_instance(instance, up).body.data.success is True
        found = shown(client, instance)
        assert (found.instance_name, found.cpu, found.compute_node_count) == ("renamed", 64, 4)
        assert found.endpoints[0].endpoint == port, "clients need not look for it again"
        assert code(client.scale_instance, instance, up) == "InvalidParameter", "it is as large already"
        with connect(server, client, instance) as db:
            assert db.execute("select 1").fetchone() == (1,)
        elsewhere = m.UpdateInstanceNetworkTypeRequest(vpc_id="vpc-1", v_switch_id=vswitch)
        assert code(client.update_instance_network_type, instance, elsewhere) == "InvalidParameter"
    finally:
        remove(client, instance)
        vpc.delete_vswitch(vpc_models.DeleteVSwitchRequest(v_switch_id=vswitch))
        vpc.delete_vpc(vpc_models.DeleteVpcRequest(vpc_id=vpc_id))


def test_it_encrypts_when_told_so(server: Server, client: Client) -> None:
    instance = create(client)
    try:
        with pytest.raises(psycopg.OperationalError, match="SSL"):
            connect(server, client, instance, sslmode="require")
        assert client.enable_ssl(instance).body.data is True
        assert shown(client, instance).enable_ssl is True
        with connect(server, client, instance, sslmode="require") as db:
            assert db.execute("show ssl").fetchone() == ("on",)
        assert client.disable_ssl(instance).body.data is True
        with pytest.raises(psycopg.OperationalError, match="SSL"):
            connect(server, client, instance, sslmode="require")
    finally:
        remove(client, instance)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"charge_type": "PrePaid"}, "UnsupportedOperation"),
        ({"charge_type": "Free"}, "InvalidParameter"),
        ({"instance_type": "Warehouse"}, "UnsupportedOperation"),
        ({"instance_type": "Serverless"}, "UnsupportedOperation"),
        ({"instance_type": "Fast"}, "InvalidParameter"),
        ({"cpu": 7}, "InvalidParameter"),
        ({"cpu": 2048}, "InvalidParameter"),
        ({"cpu": None}, "InvalidParameter"),
        ({"instance_name": "x"}, "InvalidParameter"),
        ({"region_id": "mars-1"}, "InvalidRegionId.NotFound"),
        ({"zone_id": "cn-beijing-a"}, "InvalidZoneId.NotFound"),
        ({"vpc_id": "vpc-1", "v_switch_id": "vsw-1"}, "InvalidVswitchID.NotFound"),
        ({"vpc_id": "vpc-1"}, "InvalidParameter"),
        ({"initial_databases": "chatbot,a-b"}, "InvalidParameter"),
        ({"initial_databases": ",".join(f"d{at}" for at in range(64))}, "InvalidParameter"),
        ({"initial_databases": "1x"}, "InvalidParameter"),
        ({"leader_instance_id": "yunbox"}, "InvalidParameter"),
        ({"pricing_cycle": "Month"}, "InvalidParameter"),
        ({"gateway_count": 2}, "InvalidParameter"),
        ({"resource_group_id": "rg-other"}, "InvalidResourceGroup.NotFound"),
    ],
)
def test_what_is_wrong_is_named(client: Client, changed: dict[str, Any], expected: str) -> None:
    given = {"charge_type": "PostPaid", "instance_type": "Standard", "region_id": REGION, "zone_id": ZONE, "cpu": 8,
             "instance_name": "never", **changed}  # fmt: skip
    assert code(client.create_instance, m.CreateInstanceRequest(**given)) == expected


def test_tags(client: Client) -> None:
    instance = create(client)
    try:
        tags = [m.TagResourcesRequestTags(key="team", value="blue"), m.TagResourcesRequestTags(key="stage", value="x")]
        client.tag_resources(m.TagResourcesRequest(region_id=REGION, resource_ids=[instance], tags=tags))
        assert {tag.key: tag.value for tag in shown(client, instance).tags} == {"stage": "x", "team": "blue"}
        wanted = m.ListInstancesRequest(tag=[m.ListInstancesRequestTag(key="team", value="blue")])
        assert [one.instance_id for one in client.list_instances(wanted).body.instance_list] == [instance]
        described = client.describe_tags(m.DescribeTagsRequest(region_id=REGION)).body.tag_resources
        assert {(one.tag_key, *one.tag_value) for one in described if one.resource_id == instance} == {
            ("stage", "x"), ("team", "blue"),
        }  # fmt: skip
        client.untag_resources(m.UntagResourcesRequest(REGION, None, [instance], "instance", ["team"]))
        assert [tag.key for tag in shown(client, instance).tags] == ["stage"]
        wrong = m.TagResourcesRequest(region_id=REGION, resource_ids=["hgpostcn-cn-x"], tags=tags)
        assert code(client.tag_resources, wrong) == "ResourceNotExist.Instance"
    finally:
        remove(client, instance)


def test_an_instance_whose_port_is_taken_gets_another(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        client = Client(config(server))
        instance = create(client)
        with connect(server, client, instance) as db:
            db.execute("create table kept (n int primary key)")
        host, _, port = shown(client, instance).endpoints[0].endpoint.partition(":")
        server.stop()
        with socket.create_server((host, int(port))):
            server.start()
            client = Client(config(server))
            moved = shown(client, instance).endpoints[0].endpoint
            assert moved != f"{host}:{port}"
            with connect(server, client, instance) as db:
                assert db.execute("select count(*) from kept").fetchone() == (0,)
        server.stop()
        server.start()
        assert shown(Client(config(server)), instance).endpoints[0].endpoint == moved, "it keeps the one it has now"


def test_its_databases_are_called_as_was_asked(server: Server, client: Client) -> None:
    instance = create(client, initial_databases="chatbot")
    try:
        with pytest.raises(psycopg.OperationalError, match='database "yunbox" does not exist'):
            connect(server, client, instance, dbname="yunbox")
        with connect(server, client, instance, dbname="chatbot") as db:
            assert db.execute("select current_database()").fetchone() == ("chatbot",)
            assert db.execute("select datname from pg_database").fetchall() == [("postgres",), ("chatbot",)]
            assert db.execute("select has_database_privilege('chatbot', 'connect')").fetchone() == (True,)
            db.execute("create table chatbot.public.t (n int primary key)")
            assert db.execute("select count(*) from chatbot.public.t").fetchone() == (0,)
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="cross-database"):
                db.execute("create table yunbox.public.u (n int primary key)")
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="cross-database"):
                db.execute("drop table if exists yunbox.public.t")
            db.execute("grant create on database chatbot to public")
            with pytest.raises(psycopg.errors.InvalidCatalogName):
                db.execute("grant create on database yunbox to public")
            assert db.execute("select datname from pg_stat_activity where pid = pg_backend_pid()").fetchone() == (
                "chatbot",
            )
        assert client.restart_instance(instance).body.data is True
        with connect(server, client, instance, dbname="chatbot") as db:
            query = "select datname, datacl is null from pg_database order by oid"
            assert db.execute(query).fetchall() == [("postgres", True), ("chatbot", False)]
    finally:
        remove(client, instance)


def test_it_has_several_databases_and_those_that_come_later(server: Server, client: Client) -> None:
    instance = create(client, initial_databases="shop, chatbot,shop")
    try:
        assert database_names(client, instance) == ["postgres", "shop", "chatbot"], "before anybody was there"
        with connect(server, client, instance) as db:
            db.execute("create database later")
            db.execute("drop database chatbot")
        for name in ("shop", "later"):
            with connect(server, client, instance, dbname=name) as db:
                db.execute("create table t (id int primary key, of text)")
                db.execute("insert into t select 1, current_database()")
        assert database_names(client, instance) == ["postgres", "shop", "later"]
        assert client.create_database(instance, m.CreateDatabaseRequest(database_name="later_still")).body.data is True
        for wrong, expected in (
            ({"database_name": "shop"}, "EntityAlreadyExists.Database"), ({"database_name": "a-b"}, "InvalidParameter"),
            ({"database_name": ""}, "InvalidParameter"), ({"database_name": "x" * 64}, "InvalidParameter"),
            ({"database_name": "x", "permission_model": "SPM"}, "UnsupportedOperation"),
        ):  # fmt: skip
            assert code(client.create_database, instance, m.CreateDatabaseRequest(**wrong)) == expected
        with connect(server, client, instance, dbname="later_still") as db:
            db.execute("create table t (id int primary key)")
        with connect(server, client, instance) as db:
            db.execute("drop database later_still")
        assert client.restart_instance(instance).body.data is True
        for name in ("shop", "later"):
            with connect(server, client, instance, dbname=name) as db:
                assert db.execute("select of from t where id = 1").fetchall() == [(name,)]
        assert database_names(client, instance) == ["postgres", "shop", "later"], "what was dropped does not come again"
    finally:
        remove(client, instance)


def database_names(client: Client, instance: str) -> list[str]:
    found = client.list_databases(instance, m.ListDatabasesRequest()).body.database_list
    return [one.name for one in found]


def test_users_by_the_api_are_those_of_sql(server: Server, client: Client) -> None:
    instance = create(client)
    key = new_user(server, "by-api", allow("hologram:GetInstance"))
    number = ram(server).get_user(ram_models.GetUserRequest(user_name="by-api")).body.user.user_id
    given = {"user": key.id, "password": key.secret}
    try:
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            connect(server, client, instance, **given)
        new = m.CreateUserRequest(user_name=f"p4_{number}", super_user=False)
        assert client.create_user(instance, new).body.data is True
        with connect(server, client, instance, **given) as db:
            assert db.execute("select current_user").fetchone() == (f"p4_{number}",)
        assert code(client.create_user, instance, new) == "EntityAlreadyExists.User"
        with connect(server, client, instance) as db:
            shown = db.execute("select user_display_name(%s), rolsuper from pg_roles where rolname = %s",
                               (f"p4_{number}", f"p4_{number}")).fetchone()  # fmt: skip
            assert shown is not None and shown[0].endswith(":by-api") and shown[1] is False
            db.execute(f'create table of_user (n int primary key); alter table of_user owner to "p4_{number}"')
            gone = m.DropUserRequest(user_name=f"p4_{number}")
            assert code(client.drop_user, instance, gone) == "DeleteConflict.User"
            db.execute("drop table of_user")
        assert client.drop_user(instance, gone).body.data is True
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            connect(server, client, instance, **given)
        assert code(client.drop_user, instance, gone) == "EntityNotExist.User"
        for wrong, expected in (
            ("somebody", "InvalidParameter"), ("p4_1", "EntityNotExist.User"), (f"v4_{number}", "EntityNotExist.User"),
        ):  # fmt: skip
            assert code(client.create_user, instance, m.CreateUserRequest(user_name=wrong)) == expected
        boss = m.CreateUserRequest(user_name=f"p4_{number}", super_user=True)
        client.create_user(instance, boss)
        with connect(server, client, instance, **given) as db:
            db.execute("create role made_by_boss")
        [database] = client.list_databases(instance, m.ListDatabasesRequest()).body.database_list
        assert (database.name, database.external) == ("postgres", False)
        assert not client.list_databases(instance, m.ListDatabasesRequest(external=True)).body.database_list
    finally:
        remove(client, instance)


def test_the_bill_and_the_command_know_each_instance(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        client = Client(config(server))
        instance = create(client)
        with connect(server, client, instance) as db:
            db.execute("create table counted (n int primary key)")
            db.execute("insert into counted values (1), (2)")
    words = ["holo", "tables", "--instance", instance], ["bill", "--by", "item", "--project", f"hologres://{instance}"]
    tables, billed = (told(server, *one) for one in words)
    assert [(one["table"], one["rows"]) for one in tables["tables"]] == [("counted", 2)]
    assert [line["item"] for line in billed["lines"]] == ["hologres.compute"]
    assert told(server, "bill", "--by", "item", "--project", "hologres://yunbox")["lines"] == []


def told(server: Server, *words: str) -> Any:
    """What a command says of a data folder."""
    command = [sys.executable, "-m", "yunbox", *words, "--data", str(server.data), "--output", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_rights_are_on_one_instance(server: Server, client: Client) -> None:
    mine, other = create(client), create(client)
    account = shown(client, mine).instance_owner
    try:
        resource = f"acs:hologram:{REGION}:{account}:instance/{mine}"
        key: Key = new_user(server, "one-instance", allow("hologram:*", resource=resource))
        user = Client(config(server, key))
        assert user.get_instance(mine).body.instance.instance_id == mine
        for name in (other, "hgpostcn-cn-notthere"):
            error = failure(user.get_instance, name)
            assert (error.code, error.data["statusCode"]) == ("NoPermission", 403)
        assert code(user.list_instances, m.ListInstancesRequest()) == "NoPermission"
        with connect(server, client, mine) as db:
            db.execute('create user "RAM$one-instance"')
        with connect(server, client, other) as db:
            db.execute('create user "RAM$one-instance"')
        given = {"user": key.id, "password": key.secret}
        with connect(server, client, mine, **given) as db:
            assert db.execute("select 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            connect(server, client, other, **given)
    finally:
        remove(client, mine)
        remove(client, other)


def test_no_more_than_there_may_be(client: Client) -> None:
    made: list[str] = []
    with contextlib.ExitStack() as stack:
        for number in range(8):
            made.append(create(client, f"one-{number}"))
            stack.callback(remove, client, made[-1])
        given = {"charge_type": "PostPaid", "instance_type": "Standard", "region_id": REGION, "zone_id": ZONE,
                 "cpu": 8, "instance_name": "too many"}  # fmt: skip
        assert code(client.create_instance, m.CreateInstanceRequest(**given)) == "QuotaExceeded"


def test_instances_outlive_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        client = Client(config(server))
        kept, stopped, gone = (create(client, name) for name in ("kept", "stopped", "gone"))
        with connect(server, client, kept) as db:
            db.execute("create table t (n int primary key)")
            db.execute("insert into t values (1)")
        client.stop_instance(stopped)
        remove(client, gone)
        port = shown(client, kept).endpoints[0].endpoint
        server.kill()
        server.start()
        client = Client(config(server))
        listed = client.list_instances(m.ListInstancesRequest()).body.instance_list
        states = {one.instance_name: one.instance_status for one in listed}
        assert states == {"yunbox": "Running", "kept": "Running", "stopped": "Suspended"}
        assert shown(client, kept).endpoints[0].endpoint == port
        server.kill()
        with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db, db:  # as if killed on the way
            db.execute("UPDATE hologres_instances SET status = 'Deleting' WHERE name = 'stopped'")
            db.execute("UPDATE hologres_instances SET status = 'Creating', port = 0 WHERE name = 'kept'")
        server.start()
        client = Client(config(server))
        assert code(client.get_instance, stopped) == "ResourceNotExist.Instance", "what was begun is finished"
        assert shown(client, kept).instance_status == "Running"
        with connect(server, client, kept) as db:
            assert db.execute("select n from t").fetchall() == [(1,)]
