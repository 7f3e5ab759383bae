# ruff: noqa: E501 - tables of SQL are read across
"""Statements made by chance: most of them make sense, some nearly, a few not at all.

A user's mistake has a vendor's code and a place; only what Yunbox does wrong itself is an internal error. So whatever this
makes may be refused, and must never end as ODPS-0010000.
"""

import random
import re
from collections.abc import Callable

from yunbox.sql.maxcompute.functions import FUNCTIONS

TABLES = {
    "g1": {"k": "bigint", "i": "int", "v": "string", "d": "double", "m": "decimal(10,2)", "b": "boolean"},
    "g2": {"k": "bigint", "day": "date", "at": "datetime", "ts": "timestamp", "n": "timestamp_ntz", "bin": "binary"},
    "g3": {"k": "bigint", "a": "array<bigint>", "mp": "map<string,bigint>", "st": "struct<x:bigint,y:string>",
           "sa": "array<string>", "j": "json", "pt": "string"},
}  # fmt: skip
"""The tables that statements speak of: their columns; ``pt`` is a partition column."""
SCHEMA = (
    "create table g1 (k bigint, i int, v string, d double, m decimal(10,2), b boolean) "
    "tblproperties ('transactional'='true')",
    "create table g2 (k bigint, day date, at datetime, ts timestamp, n timestamp_ntz, bin binary)",
    "create table g3 (k bigint, a array<bigint>, mp map<string,bigint>, st struct<x:bigint,y:string>, sa array<string>, "
    "j json) partitioned by (pt string)",
    "insert into g1 values (1, 1, 'a', 1.5, 1.25BD, true), (2, 2, '12', 2.5, 0BD, false), (null, null, null, null, null, null), "
    "(9223372036854775807L, 2147483647, '', -0.5, -99999999.99BD, true)",
    "insert into g2 values (1, date'2024-01-31', datetime'2024-01-31 01:02:03', timestamp'2024-01-31 01:02:03.123456', "
    "timestamp_ntz'2024-01-31 01:02:03', X'6162'), (2, null, null, null, null, null), (3, date'0001-01-01', "
    "datetime'9999-12-31 23:59:59', timestamp'1970-01-01 00:00:00', null, X'00FF')",
    "insert into g3 partition (pt='p1') values (1, array(1,2), map('a', 1), struct(1, 'y'), array('x', null), json '{\"a\":[1]}'), "
    "(2, null, null, null, null, null), (3, array(), map(), null, array(), json 'null')",
    "create view gv as select k, v from g1",
)  # fmt: skip
SCALARS = (
    "0", "1", "-1", "2", "7", "100", "2147483648", "9223372036854775807", "1.5", "-0.5", "1e300", "10L", "5S", "3Y", "1.25BD",
    "0BD", "123456789012345678901234567890BD", "1.5F", "''", "'a'", "'abc'", "'12'", "'1.6x'", "' x '", "'中文'", "'a,b,c'",
    "'a=1,b=2'", "'2024-01-31'", "'2024-01-31 01:02:03'", "'20240131'", "'yyyymmdd'", "'yyyy-mm-dd hh:mi:ss'", "'dd'", "'mm'",
    "'month'", "'%a_'", "'^[a-'", "'(a'", "'\\\\d+'", "'{\"a\":{\"b\":[1,2]}}'", "'$.a.b[0]'", "'$['", "'UTF-8'", "'GBK'", "'nope'", "null",
    "true", "false", "date'2024-01-31'", "datetime'2024-01-31 01:02:03'", "timestamp'2024-01-31 01:02:03.123'", "X'6162'",
    "json '[1]'", "interval 1 day", "interval '1-2' year to month", "interval '1 02:03:04' day to second", "getdate()",
    "current_timestamp()", "current_user", "max_pt('g3')",
)  # fmt: skip
COMPLEX = (
    "array(1, 2, 3)", "array('a', null)", "array()", "map('a', 1, 'b', 2)", "map()", "struct(1, 'x')",
    "named_struct('x', 1L, 'y', 'q')", "array(array(1))", "array(struct(1, 'a'))", "map(1, array('x'))",
    "x -> x + 1", "x -> x > 1", "(x, y) -> x + y", "(k, v) -> k", "x -> x", "x -> null",
)  # fmt: skip
TYPES = (
    "bigint", "int", "smallint", "tinyint", "double", "float", "string", "varchar(3)", "char(3)", "decimal(10,2)", "decimal(38,18)",
    "boolean", "date", "datetime", "timestamp", "timestamp_ntz", "binary", "json", "array<bigint>", "map<string,string>",
    "struct<x:bigint,y:string>", "array<string>", "nope",
)  # fmt: skip
OPERATORS = ("+", "-", "*", "/", "%", "div", "=", "<>", "<", "<=", ">", ">=", "<=>", "and", "or", "||", "&", "|", "^",
             "like", "rlike", "not like", "is distinct from", "<<")  # fmt: skip
SETTINGS = (
    "odps.sql.type.system.odps2=false", "odps.sql.hive.compatible=true", "odps.sql.udf.strict.mode=true",
    "odps.sql.allow.fullscan=true", "odps.sql.allow.cartesian=true", "odps.sql.validate.orderby.limit=false",
    "odps.sql.decimal.odps2=false", "yunbox.sql.lenient=true", "odps.sql.mapper.split.size=256", "odps.sql.timezone=UTC",
)  # fmt: skip
_TOKEN = re.compile(r"'(?:\\.|[^'])*'|[\w.]+|\S")
_PLAIN = 0.85


class Generator:
    """A stream of statements that a seed determines."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.columns: list[str] = []

    def statement(self) -> str:
        """The next one."""
        text = self._one()
        if self.random.random() > _PLAIN:
            text = self.mutated(text)
        if self.random.random() < 0.2:
            text = f"set {self.pick(SETTINGS)}; {text}"
        return text

    def mutated(self, text: str) -> str:
        """A statement with a few of its tokens dropped, doubled, exchanged or replaced."""
        tokens = _TOKEN.findall(text)
        for _ in range(self.random.randint(1, 3)):
            at, other = self.random.randrange(len(tokens)), self.random.randrange(len(tokens))
            kind = self.random.randrange(4)
            if kind == 0 and len(tokens) > 1:
                del tokens[at]
            elif kind == 1:
                tokens.insert(at, tokens[other % len(tokens)])
            elif kind == 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            else:
                tokens[at] = self.pick(
                    (*SCALARS, *COMPLEX, "select", "from", "(", ")", ",", "*", "over", "group", "by", "'", "`", "@x")
                )
        return " ".join(tokens)

    def pick(self, options: tuple[str, ...]) -> str:
        """One of several."""
        return self.random.choice(options)

    def _one(self) -> str:
        kinds: list[tuple[int, Callable[[], str]]] = [
            (50, self.query), (16, self.call), (8, self.insert), (8, self.change), (8, self.ddl), (4, self.show),
            (3, lambda: f"explain {self.query()}"), (3, self.security),
        ]  # fmt: skip
        weights = [weight for weight, _ in kinds]
        return self.random.choices([make for _, make in kinds], weights)[0]()

    # expressions that make sense

    def typed(self, of: str, depth: int) -> str:
        """An expression of a type, by its name without parameters."""
        chance = self.random.random()
        held = [name for name in self.columns if _COLUMN_TYPES.get(name.rpartition(".")[2], "").startswith(of)]
        if held and (chance < 0.3 or depth >= 3):
            return self.random.choice(held)
        literals = _LITERALS.get(of, ("null",))
        if depth >= 3 or chance < 0.45:
            return self.pick(literals)
        if chance < 0.8 and of in _MAKERS:
            return self.made(*self.random.choice(_MAKERS[of]), depth)
        form = self.pick(
            (
                *_FORMS_OF.get(of, ()),
                "if({boolean}, {same}, {same})",
                "coalesce({same}, {same})",
                "({same})",
                "case when {boolean} then {same} else {same} end",
                "nullif({same}, {same})",
            )
        )
        return _HOLE.sub(lambda hole: self.typed(of if hole[1] == "same" else hole[1], depth + 1), form)

    def made(self, name: str, params: tuple[str, ...], depth: int) -> str:
        """A call of a function with arguments of the types of its parameters."""
        return f"{name}({', '.join(self.typed(_base(of), depth + 1) for of in params)})"

    # queries

    def query(self, depth: int = 0) -> str:
        """A SELECT with some of its clauses, or a set of two."""
        chance = self.random.random
        if depth < 2 and chance() < 0.08:
            word = self.pick(("union all", "union", "intersect", "minus", "except", "union all"))
            return f"{self.query(depth + 1)} {word} {self.query(depth + 1)}"
        before, source = self.columns, self.source(depth)
        grouped = chance() < 0.25
        items = ", ".join(self.item(grouped) for _ in range(self.random.randint(1, 3)))
        parts = [f"select {'distinct ' if chance() < 0.1 else ''}{items}", f"from {source}"]
        if chance() < 0.5:
            parts.append(f"where {self.condition()}")
        if grouped:
            keys = ", ".join(self.expression(2) for _ in range(self.random.randint(1, 2)))
            form = self.pick(
                ("{}", "{}", "{}", "cube ({})", "rollup ({})", "grouping sets (({}), ())", "{} with rollup")
            )
            parts.append(f"group by {form.format(keys)}")
        if chance() < 0.1:
            parts.append(f"having {self.aggregate()} > {self.pick(SCALARS)}")
        if chance() < 0.05:
            parts.append(f"qualify {self.window()} = 1")
        if chance() < 0.25:
            parts.append(
                f"order by {self.expression(2)}{self.pick(('', ' desc', ' nulls last'))} limit {self.pick(('1', '10', '0', 'x'))}"
            )
        elif chance() < 0.1:
            parts.append(self.pick(("distribute by k sort by k", "cluster by k", "limit 3", "limit 1, 2", "sort by v")))
        self.columns = before
        return " ".join(parts)

    def source(self, depth: int) -> str:
        """What FROM reads; sets the columns in sight."""
        chance = self.random.random()
        name = self.pick(tuple(TABLES))
        self.columns = [f"{name}.{column}" for column in TABLES[name]]
        if depth < 2 and chance < 0.1:
            inner = self.query(depth + 1)
            self.columns = ["q.k", "q._c0"]
            return f"({inner}) q"
        if chance < 0.25:
            other = self.pick(tuple(TABLES))
            word = self.pick(
                ("join", "left join", "full join", "left semi join", "left anti join", "cross join", "natural join")
            )
            self.columns += [f"o.{column}" for column in TABLES[other]]
            on = "" if word in ("cross join", "natural join") else f" on {name}.k = o.k and {self.condition()}"
            return f"{name} {word} {other} o{on}"
        if chance < 0.35:
            table = self.pick(
                ("explode", "posexplode", "json_tuple", "inline", "trans_array", "explode_outer", "stack")
            )
            self.columns.append("lv.x")
            return f"{name} lateral view {self.pick(('', 'outer '))}{table}({self.expression(1)}) lv as x"
        if chance < 0.4:
            self.columns = ["w.x", "w.y"]
            return f"values ({self.expression(2)}, {self.pick(SCALARS)}), ({self.pick(SCALARS)}, {self.pick(SCALARS)}) w (x, y)"
        if chance < 0.43:
            return f"{name} tablesample ({self.pick(('1 rows', '50 percent', '-1 rows', '200 percent'))})"
        if chance < 0.46:
            self.columns = ["gv.k", "gv.v"]
            return "gv"
        return name if name != "g3" or chance < 0.7 else "(select * from g3 where pt = 'p1') g3"

    def item(self, grouped: bool) -> str:
        """One select item."""
        chance = self.random.random()
        if chance < 0.06:
            return self.pick(("*", "g1.*", "`(k|v)?+.+`", "* except (k)", "* replace (k + 1 as k)"))
        if grouped or chance < 0.2:
            return self.aggregate()
        if chance < 0.3:
            return self.window()
        return self.expression(0) + self.pick(("", "", "", " as x", " y", " as `a b`"))

    def column(self) -> str:
        """A column in sight, or one that is none."""
        name = self.random.choice(self.columns or ["k"])
        return name if self.random.random() < 0.4 else name.rpartition(".")[2]

    def expression(self, depth: int) -> str:
        """A scalar expression."""
        if self.random.random() < 0.6:
            return self.typed(self.pick(tuple(_LITERALS)), depth)
        chance = self.random.random()
        if depth >= 3 or chance < 0.3:
            return self.column()
        if chance < 0.42:
            return self.pick(SCALARS)
        if chance < 0.46:
            return self.pick(COMPLEX)
        if chance < 0.66:
            return self.function("scalar", depth)
        if chance < 0.8:
            return f"{self.expression(depth + 1)} {self.pick(OPERATORS)} {self.expression(depth + 1)}"
        return self._form(depth)

    def _form(self, depth: int) -> str:
        made = [self.expression(depth + 1) for _ in range(3)]
        forms = (
            "cast({0} as {t})", "safe_cast({0} as {t})", "case when {0} then {1} else {2} end", "case {0} when {1} then {2} end",
            "if({0}, {1}, {2})", "{0} is null", "{0} in ({1}, {2})", "{0} not in ({1})", "{0} between {1} and {2}", "({0})",
            "- {0}", "not {0}", "~ {0}", "{0}[{1}]", "{0}.x", "{0} like any ({1}, {2})", "({0}, {1}) in (({1}, {2}))",
            "{0} in (select k from g1)", "exists (select 1 from g2 where g2.k = {0})", "(select max(k) from g1)",
            "extract(year from {0})", "trim(both {0} from {1})", "{0} is true", "interval {0} day", "{0} + interval 1 month",
            "{0} like {1} escape '#'", "date {0}",
        )  # fmt: skip
        return self.pick(forms).format(*made, t=self.pick(TYPES))

    def condition(self) -> str:
        """Something that is mostly BOOLEAN."""
        if self.random.random() < 0.6:
            return self.typed("boolean", 1)
        left, right = self.expression(2), self.expression(2)
        return self.pick(
            (f"{left} = {right}", f"{left} > {right}", f"{left} is not null", f"{self.column()} in ({left})", "pt = 'p1'", left,
             f"pt = {right}", f"{left} = {right} and {self.column()} < {right}", f"not ({left} <=> {right}) or pt > 'a'",
             "pt = (select max(pt) from g3)")
        )  # fmt: skip

    # calls

    def function(self, kind: str, depth: int = 2) -> str:
        """A call of some function of a kind, with arguments that may fit."""
        names = tuple(name for name, one in FUNCTIONS.items() if one.kind == kind)
        name = self.pick(names)
        signature = self.random.choice(FUNCTIONS[name].signatures)
        count = len(signature.params) - (self.random.randint(0, signature.optional) if signature.optional else 0)
        count += self.random.choice((0, 0, 0, 0, 0, 1, -1)) + (self.random.randint(0, 2) if signature.repeats else 0)
        args = ", ".join(
            self.argument(str(signature.param(i)) if signature.params else "", depth) for i in range(max(count, 0))
        )
        return f"{name}({args})"

    def argument(self, of: str, depth: int) -> str:
        """An argument that likely has a type."""
        if self.random.random() < 0.25:
            return self.expression(depth + 1)
        if of == "lambda":
            return self.pick(COMPLEX[-6:])
        for part, options in _BY_TYPE:
            if part in of:
                return self.pick(options)
        return self.pick((*SCALARS, *COMPLEX))

    def call(self) -> str:
        """A SELECT of one call and nothing else."""
        self.columns = []
        return f"select {self.made(*self.random.choice(_SCALARS), 1) if self.random.random() < 0.7 else self.function('scalar')}"

    def aggregate(self) -> str:
        """An aggregate, perhaps with what may stand around one."""
        made = self.function("aggregate")
        if self.random.random() < 0.6:
            made = self.made(*self.random.choice(_AGGREGATES), 1)
        if self.random.random() < 0.1:
            made = made.replace("(", "(distinct ", 1)
        tail = self.random.random()
        if tail < 0.07:
            made += f" filter (where {self.condition()})"
        elif tail < 0.14:
            made += f" within group (order by {self.column()})"
        return made

    def window(self) -> str:
        """A window function with its window."""
        made = self.function("window") if self.random.random() < 0.6 else self.aggregate()
        over = ""
        if self.random.random() < 0.6:
            over += f"partition by {self.expression(2)}"
        if self.random.random() < 0.7:
            over += f" order by {self.expression(2)}"
        if self.random.random() < 0.4:
            kind = self.pick(("rows", "range", "groups"))
            over += f" {kind} between {self.pick(_EDGES)} and {self.pick(_EDGES)}"
        return f"{made}{self.pick(('', '', '', ' ignore nulls'))} over ({over})"

    # other statements

    def insert(self) -> str:
        """An INSERT."""
        name = self.pick(tuple(TABLES))
        head = f"insert {self.pick(('into', 'overwrite'))} table {name}"
        if name == "g3":
            head += self.pick((" partition (pt='p2')", " partition (pt)", ""))
        if self.random.random() < 0.3:
            head += f" ({self.pick(('k', 'k, v', 'k, zz', 'k, k'))})"
        self.columns = ["k"]
        body = self.query() if self.random.random() < 0.6 else f"values ({self.pick(SCALARS)}, {self.expression(2)})"
        return f"{head} {body}"

    def change(self) -> str:
        """UPDATE, DELETE or MERGE."""
        self.columns = [f"g1.{column}" for column in TABLES["g1"]]
        kind = self.random.randrange(3)
        if kind == 0:
            return f"delete from g1 where {self.condition()}"
        if kind == 1:
            return f"update g1 set {self.pick(('k', 'v', 'd', 'zz'))} = {self.expression(1)} where {self.condition()}"
        return (
            f"merge into g1 using g2 s on g1.k = s.k when matched and {self.condition()} then update set "
            f"{self.pick(('v', 'k'))} = {self.expression(1)} when not matched then insert values ({self.expression(2)})"
        )

    def ddl(self) -> str:
        """A statement that changes the catalogue, most of which change nothing."""
        name = self.pick(("tmp1", "tmp2", "nope", "gv"))
        self.columns = ["k"]
        return self.pick(
            (f"create table if not exists {name} (a {self.pick(TYPES)}, b {self.pick(TYPES)} default {self.pick(SCALARS)})",
             f"create table tmp1 as {self.query()}", f"drop table if exists {self.pick(('tmp1', 'tmp2', 'g1.x'))}",
             f"alter table {name} add columns (c{self.random.randrange(9)} {self.pick(TYPES)})",
             f"alter table g3 add if not exists partition (pt={self.pick(SCALARS)})",
             f"alter table g3 drop if exists partition (pt {self.pick(('=', '>', '<>'))} {self.pick(SCALARS)})",
             f"alter table {name} change column k k {self.pick(TYPES)}", f"alter table {name} set lifecycle {self.pick(SCALARS)}",
             f"create or replace view gv2 as {self.query()}", f"truncate table {self.pick(('tmp1', 'tmp2'))}",
             f"alter table {self.pick(('tmp1', 'tmp2'))} rename to {self.pick(('tmp2', 'tmp1'))}", f"alter table {name} set comment {self.pick(SCALARS)}",
             f"create schema if not exists {self.pick(('s1', '1s'))}", "alter table g3 touch partition (pt='p1')",
             f"create function f{self.random.randrange(3)} as 'a.b' using 'x.jar'", "msck repair table g1",
             f"alter table g3 partition (pt='p2') rename to partition (pt={self.pick(SCALARS)})",
             f"unload from ({self.query()}) into location 'oss://nope/x/' stored as parquet",
             f"load overwrite table g1 from location 'oss://nope/{self.pick(('x', '../x'))}/' stored as csv")
        )  # fmt: skip

    def show(self) -> str:
        """SHOW, DESC and the like."""
        name = self.pick(("g1", "g3", "gv", "nope", "a.b.c"))
        return self.pick(
            (f"show partitions {name}", "show tables", f"show tables like {self.pick(SCALARS)}", f"desc {name}",
             f"desc extended {name}", f"show create table {name}", f"desc {name} partition (pt='p1')", "show functions",
             f"show columns from {name}", "show flags", "show p", "use nope", "setproject", "setproject a=b", "whoami",
             "list users", "show grants", f"set {self.pick(SCALARS)}=1", "show schemas", f"read {name}", "kill x")
        )  # fmt: skip

    def security(self) -> str:
        """The security language."""
        return self.pick(
            ("grant select on table g1 to user nope", "revoke select on table g1 from role r", "create role r9", "drop role r9",
             "show acl for table g1", "describe role admin", "grant label 2 on table g1 to user x", "purge all", "list roles",
             "purge privs", "add user x", "remove user x", "show priv for user x", "set policy x", "get policy", "list packages",
             "create package p9", "add table g1 to package p9", "install package a.b", "show securityconfiguration")
        )  # fmt: skip


_EDGES = ("unbounded preceding", "1 preceding", "current row", "1 following", "unbounded following", "interval '1' day preceding",
          "-1 following", "k preceding", "'x' following")  # fmt: skip
_BY_TYPE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("array", ("array(1, 2, 3)", "array('a', null)", "array()", "split('a,b', ',')", "a", "sa")),
    ("map", ("map('a', 1, 'b', 2)", "map()", "mp", "str_to_map('a:1', ',', ':')")),
    ("struct", ("struct(1, 'x')", "named_struct('x', 1L)", "st")),
    ("json", ("json '{\"a\":1}'", "json '[1]'", "json 'null'", "j")),
    ("string", ("'a'", "''", "'abc'", "'a,b,c'", "'中文'", "'12'", "'2024-01-31'", "v", "null", "'(a'", "','")),
    ("bigint", ("0", "1", "-1", "2", "100", "k", "null", "9223372036854775807", "10L")),
    ("int", ("0", "1", "-1", "i", "null", "2147483647")),
    ("double", ("1.5", "-0.5", "0.0", "1e300", "d", "null", "2")),
    ("decimal", ("1.25BD", "0BD", "m", "-5BD", "null")),
    ("boolean", ("true", "false", "b", "null", "k = 1")),
    ("datetime", ("datetime'2024-01-31 01:02:03'", "getdate()", "at", "null")),
    ("timestamp", ("timestamp'2024-01-31 01:02:03.123'", "ts", "null")),
    ("date", ("date'2024-01-31'", "day", "null")),
    ("binary", ("X'6162'", "bin", "null")),
)
_HOLE = re.compile(r"\{(\w+)\}")
_COLUMN_TYPES = {column: of for columns in TABLES.values() for column, of in columns.items()}
_LITERALS: dict[str, tuple[str, ...]] = {
    "bigint": ("0L", "1L", "-1L", "3L", "100L", "9223372036854775807L", "cast(null as bigint)"),
    "int": ("0", "1", "-1", "2", "2147483647", "5S", "3Y"),
    "double": ("1.5", "-0.5", "0.0", "1e300", "1e-300", "cast('nan' as double)", "cast('inf' as double)", "cast(null as double)"),
    "decimal": ("1.25BD", "0BD", "-5BD", "12345678901234567890.123456789BD", "cast(null as decimal(10,2))"),
    "string": ("'a'", "''", "'abc'", "'a,b,c'", "'中文'", "'12'", "'-3.5e2x'", "'2024-01-31'", "'2024-01-31 01:02:03'", "'yyyy-mm-dd'",
               "'dd'", "'mm'", "'%a_'", "'[a-'", "'(a)(b'", "'\\\\d+'", "'{\"a\":[1,2]}'", "'$.a'", "'UTF-8'", "' x '", "cast(null as string)", "'a\\\\'"),
    "boolean": ("true", "false", "cast(null as boolean)"),
    "date": ("date'2024-01-31'", "date'0001-01-01'", "date'9999-12-31'", "cast(null as date)"),
    "datetime": ("datetime'2024-01-31 01:02:03'", "datetime'0001-01-01 00:00:00'", "datetime'9999-12-31 23:59:59'", "getdate()"),
    "timestamp": ("timestamp'2024-01-31 01:02:03.123456'", "timestamp'1969-12-31 23:59:59.999'", "cast(null as timestamp)"),
    "array": ("array(1L, 2L, null)", "array('a', 'b')", "array()", "array(1.5)", "array(array(1))", "array(struct(1, 'a'))", "sequence(1, 5)"),
    "map": ("map('a', 1L)", "map()", "map(1, 'x', 2, null)", "map('k', array(1))"),
    "struct": ("struct(1, 'x')", "named_struct('x', 1L, 'y', null)"),
    "json": ("json '{\"a\":[1,{\"b\":null}]}'", "json '[1]'", "json '1'", "json 'null'", "json '\"s\"'"),
    "binary": ("X'6162'", "X''", "cast('a' as binary)"),
    "lambda": ("x -> x", "x -> x is null", "(x, y) -> x", "(x, y) -> y", "x -> concat(x, 'a')", "(x, y) -> x > y"),
}  # fmt: skip
_FORMS_OF: dict[str, tuple[str, ...]] = {
    "bigint": ("({same} + {int})", "({same} - {same})", "({same} * {int})", "({same} % {same})", "({same} div {same})", "({same} & {same})",
               "cast({string} as bigint)", "cast({double} as bigint)", "extract(year from {datetime})", "(select max(k) from g1)", "(- {same})"),
    "int": ("cast({bigint} as int)", "safe_cast({string} as int)", "({same} + {same})"),
    "double": ("({same} + {bigint})", "({same} / {same})", "({bigint} / {bigint})", "cast({string} as double)", "cast({decimal} as double)"),
    "decimal": ("({same} + {same})", "({same} * {same})", "({same} / {same})", "cast({double} as decimal(10,2))", "cast({string} as decimal(38,18))"),
    "string": ("({same} || {bigint})", "cast({datetime} as string)", "cast({decimal} as string)", "cast({double} as varchar(3))", "cast({json} as string)",
               "trim(both {same} from {same})", "{array}[{bigint}]", "cast({date} as char(3))"),
    "boolean": ("({bigint} = {string})", "({bigint} in ({int}, {double}))", "({string} like {string})", "({string} rlike {string})", "({same} and {same})",
                "(not {same})", "({date} < {datetime})", "({datetime} between {datetime} and {string})", "({array} is null)", "({bigint} <=> {double})",
                "({bigint} in (select k from g1))", "exists (select 1 from g2 where g2.k = {bigint})", "({string} like any ({string}, {string}))",
                "({decimal} > {double})", "({struct} = {struct})", "({array} = {array})", "({string} = {date})", "cast({string} as boolean)"),
    "date": ("cast({string} as date)", "cast({datetime} as date)", "({same} + interval 1 day)", "({same} + interval '1-2' year to month)"),
    "datetime": ("cast({string} as datetime)", "cast({date} as datetime)", "({same} - interval 100000 day)", "cast({timestamp} as datetime)"),
    "timestamp": ("cast({string} as timestamp)", "cast({datetime} as timestamp)", "({same} + interval '1 02:03:04' day to second)"),
    "array": ("cast({same} as array<string>)", "split({string}, {string})", "map_keys({map})"),
    "map": ("cast({same} as map<string,string>)", "str_to_map({string})"),
    "struct": ("cast({same} as struct<a:string,b:string>)",),
    "json": ("cast({string} as json)", "cast({bigint} as json)"),
}  # fmt: skip
_VARIABLE = {"T": "bigint", "K": "string", "V": "double", "any": "string", "number": "double", "integer": "bigint", "text": "string",
             "temporal": "datetime", "finer": "decimal", "widest": "decimal", "timestamp_ntz": "timestamp", "smallint": "int", "tinyint": "int",
             "float": "double", "varchar": "string", "char": "string"}  # fmt: skip


def _base(of: str) -> str:
    name = re.match(r"\w+", of)
    word = name.group() if name else "string"
    word = _VARIABLE.get(word, word)
    return word if word in _LITERALS else "string"


def _calls(kind: str) -> list[tuple[str, tuple[str, ...], str]]:
    made = []
    for name, one in FUNCTIONS.items():
        for signature in one.signatures if one.kind == kind else ():
            for left_out in range(signature.optional + 1):
                params = tuple(str(of) for of in signature.params[: len(signature.params) - left_out])
                made.append((name, params, str(signature.returns)))
                if signature.repeats and not left_out and params:
                    made.append((name, (*params, params[-1]), str(signature.returns)))
    return made


_SCALARS = [(name, params) for name, params, _ in _calls("scalar")]
_AGGREGATES = [(name, params) for name, params, _ in _calls("aggregate")]
_MAKERS: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
for _name, _params, _returns in _calls("scalar"):
    _MAKERS.setdefault(_base(_returns), []).append((_name, _params))
