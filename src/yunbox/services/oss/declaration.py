"""OSS as the house knows it."""

import argparse
import contextlib
from collections.abc import AsyncGenerator, Iterable, Sequence

from yunbox.meter.journal import Reader
from yunbox.meter.storage import STORAGE_SCHEMA, StorageMeter
from yunbox.services.oss.http.wire import OssFront
from yunbox.services.oss.limits import limits_of
from yunbox.services.oss.service import Oss
from yunbox.services.oss.upkeep.housekeeping import housekeeping
from yunbox.spine.house import House
from yunbox.spine.service import Client, Coverage, Endpoint, Option, Service
from yunbox.wire.app import HttpApp
from yunbox.wire.oss import signing, signing_v2
from yunbox.wire.outgoing import Reach


def _build(house: House) -> Oss:
    options = house.settings.options
    return Oss(
        store=house.objects,
        spine=house.spine,
        identity=house.identity,
        authoriser=house.authoriser,
        clock=house.clock,
        tally=house.tally,
        account_id=house.account_id,
        region=house.settings.region,
        address=house.address("oss").removeprefix("http://"),
        pool=house.pool,
        scratch=house.scratch,
        callbacks=Reach(options.get("oss_callbacks") == "anywhere", house.http_ports),
        lenient=options.get("oss_lenient", False),
        storage_meter=StorageMeter(house.database, house.ledger, house.clock),
        owner=lambda account_id: f"ALIYUN${house.store.account_name(account_id)}",
        limits=limits_of(options.get("oss_limits", "off"), house.settings.region),
        backends=house.backends,
    )


@contextlib.asynccontextmanager
async def _running(service: Oss) -> AsyncGenerator[None]:
    await service.sample()  # the hours that the server was down cost what is there now
    async with housekeeping(service):
        yield


def _readers(service: Oss) -> Iterable[Reader]:
    yield service.heat.record
    if service.limits is not None:
        yield service.limits.record


def _coverage() -> Coverage:
    from yunbox.services.oss import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "own": coverage.own()}, coverage.page())


def _hints(client: Client) -> Sequence[str]:
    port = client.endpoints["oss"].rpartition(":")[2]
    return (
        "import oss2",
        f'bucket = oss2.Bucket(oss2.Auth("{client.access_key_id}", "{client.access_key_secret}"),',
        f'                     "{client.endpoints["oss"]}", "my-bucket")',
        f"# ali-oss (npm): endpoint http://localhost:{port}, sldEnable: true; where bucket.localhost does not resolve,",
        "# a line in /etc/hosts does it, or the client's option for path style",
    )


def _limits(text: str) -> str:
    if text not in ("off", "real") and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"write off, real or a number of requests a second, not {text!r}")
    return text


SERVICE = Service(
    name="oss",
    title="OSS",
    endpoints={"oss": Endpoint(1)},
    build=_build,
    apps=lambda service: {"oss": HttpApp(OssFront(service), service.spine.call)},
    running=_running,
    schema=STORAGE_SCHEMA,
    lends={"oss": "yunbox.services.oss.lent"},
    schemes={**signing.SCHEMES, **signing_v2.SCHEMES},
    options=(
        Option(
            "oss_callbacks",
            "loopback",
            "where OSS may send the callbacks that uploads ask for (default: this machine)",
            choices=("loopback", "anywhere"),
        ),
        Option(
            "oss_limits",
            "off",
            "refuse what OSS would throttle: its own limits, or so many requests a second for keys that begin alike",
            metavar="real|QPS",
            type=_limits,
        ),
        Option(
            "oss_lenient",
            False,
            "take what other S3 stores take and OSS refuses, such as bodies of boto3 with checksums behind them, and "
            "buckets that are public from their first day",
            type=bool,
        ),
    ),
    readers=_readers,
    coverage=_coverage,
    hints=_hints,
)
