"""What a cluster is told at its start: where it listens, how much memory it may have, where its files lie.

Source: the page "Configuration" of Flink 2.x. Memory is said part by part, as the scripts that would work it out are
not used; in all it is some 2 GB, so that a machine of 8 GB has room beside it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yunbox.storage.files import write_durably

HOST = "127.0.0.1"
JOBMANAGER, TASKMANAGER, GATEWAY = "jobmanager", "taskmanager", "gateway"
_FRAMEWORK_MB, _DIRECT_MB, _NETWORK_MB, _METASPACE_MB, _OVERHEAD_MB = 128, 128, 128, 256, 192
_OPENED = (
    "java.lang", "java.lang.reflect", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks", "sun.nio.ch",
)  # fmt: skip
_MAIN = {
    JOBMANAGER: "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
    TASKMANAGER: "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
    GATEWAY: "org.apache.flink.table.gateway.SqlGateway",
}
_LOGGING = """\
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = RollingFile
appender.file.append = true
appender.file.fileName = ${sys:log.file}
appender.file.filePattern = ${sys:log.file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 16MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
"""


@dataclass(frozen=True)
class Ports:
    """Where the gateway, the JobManager's interface and the JobManager for its TaskManagers listen."""

    gateway: int
    rest: int
    rpc: int


@dataclass(frozen=True)
class Size:
    """How many tasks run beside each other, and the memory of theirs: on the heap, and of RocksDB, in MB."""

    slots: int = 4
    memory_mb: int = 512
    state_mb: int = 256


@dataclass(frozen=True)
class Layout:
    """The folder of a cluster."""

    root: Path

    @property
    def record(self) -> Path:
        """What runs, and where."""
        return self.root / "cluster.json"

    @property
    def conf(self) -> Path:
        """What it was told."""
        return self.root / "conf"

    @property
    def jars(self) -> Path:
        """What was got for it."""
        return self.root / "jars"

    @property
    def logs(self) -> Path:
        """What it says: NAME.log, and what its processes print, NAME.out."""
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        """Its working files, of no use after its end."""
        return self.root / "tmp"


def write_settings(layout: Layout, ports: Ports, size: Size, keys: Mapping[str, str | bool]) -> None:
    """Write the files of settings anew, with what ``keys`` says of who may connect."""
    layout.conf.mkdir(parents=True, exist_ok=True)
    settings = {**_settings(layout, ports, size), **keys}
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in settings.items()]
    write_durably(layout.conf / "config.yaml", "".join(lines).encode())
    (layout.conf / "log4j.properties").write_text(_LOGGING)


def _settings(layout: Layout, ports: Ports, size: Size) -> Mapping[str, str | int | float | bool]:
    return {
        "jobmanager.rpc.address": HOST,
        "jobmanager.rpc.port": ports.rpc,
        "jobmanager.bind-host": HOST,
        "taskmanager.host": HOST,
        "taskmanager.bind-host": HOST,
        "rest.address": HOST,
        "rest.bind-address": HOST,
        "rest.port": ports.rest,
        "rest.bind-port": str(ports.rest),
        "web.submit.enable": False,
        "sql-gateway.endpoint.rest.address": HOST,
        "sql-gateway.endpoint.rest.bind-address": HOST,
        "sql-gateway.endpoint.rest.port": ports.gateway,
        "sql-gateway.endpoint.rest.bind-port": str(ports.gateway),
        "io.tmp.dirs": str(layout.scratch),
        "taskmanager.numberOfTaskSlots": size.slots,
        "taskmanager.cpu.cores": float(size.slots),
        "taskmanager.memory.framework.heap.size": f"{_FRAMEWORK_MB}m",
        "taskmanager.memory.framework.off-heap.size": f"{_DIRECT_MB}m",
        "taskmanager.memory.task.heap.size": f"{size.memory_mb}m",
        "taskmanager.memory.task.off-heap.size": "0m",
        "taskmanager.memory.managed.size": f"{size.state_mb}m",
        "taskmanager.memory.network.min": f"{_NETWORK_MB}m",
        "taskmanager.memory.network.max": f"{_NETWORK_MB}m",
        "taskmanager.network.sort-shuffle.min-buffers": 64,  # of 512, the default, eight exchanges take all
        "taskmanager.memory.jvm-metaspace.size": f"{_METASPACE_MB}m",
        "taskmanager.memory.jvm-overhead.min": f"{_OVERHEAD_MB}m",
        "taskmanager.memory.jvm-overhead.max": f"{_OVERHEAD_MB}m",
        "parallelism.default": 1,
        "state.backend.type": "rocksdb",
        "execution.checkpointing.interval": "3 s",
        "execution.checkpointing.dir": f"file://{layout.root}/checkpoints",  # not as a URI: Flink takes %20 for a name
        "execution.checkpointing.savepoint-dir": f"file://{layout.root}/savepoints",
    }


def command(name: str, java: str, jars: Sequence[Path], layout: Layout, size: Size) -> list[str]:
    """How one of a cluster's processes is started."""
    words = [java, *_memory(name, size), "-Duser.timezone=UTC", f"-Dlog.file={layout.logs / name}.log"]
    words.append(f"-Dlog4j.configurationFile={(layout.conf / 'log4j.properties').as_uri()}")
    words += [f"--add-opens=java.base/{one}=ALL-UNNAMED" for one in _OPENED]
    words += ["-cp", os.pathsep.join(map(str, jars)), _MAIN[name]]
    match name:
        case "jobmanager":
            return [*words, "--configDir", str(layout.conf), "--executionMode", "cluster"]
        case "taskmanager":
            return [*words, "--configDir", str(layout.conf)]
    return words


def _memory(name: str, size: Size) -> list[str]:
    if name == TASKMANAGER:
        heap = _FRAMEWORK_MB + size.memory_mb
        return [f"-Xmx{heap}m", f"-XX:MaxDirectMemorySize={_DIRECT_MB + _NETWORK_MB}m",
                f"-XX:MaxMetaspaceSize={_METASPACE_MB}m"]  # fmt: skip
    return ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # they work little, and seldom twice the same


def environment(layout: Layout, library: Path) -> dict[str, str]:
    """The variables that Flink's scripts would set."""
    return {
        **os.environ,
        "FLINK_HOME": str(library.parent),
        "FLINK_LIB_DIR": str(library),
        "FLINK_OPT_DIR": str(library.parent / "opt"),
        "FLINK_PLUGINS_DIR": str(layout.scratch / "plugins"),
        "FLINK_CONF_DIR": str(layout.conf),
    }
