"""Numbers: operators and functions of integers, floats and NUMERIC."""

from yunbox.sql.hologres.catalogue.types import NUMERIC
from yunbox.sql.hologres.expr import Expr, build
from yunbox.sql.hologres.rendering import numerics
from yunbox.sql.hologres.rendering.registry import Call, each, rendered, templates

_DUCK = {"2": "SMALLINT", "4": "INTEGER", "8": "BIGINT"}
_WIDTHS = ("2", "4", "8")
_SYMBOLS = {"pl": "+", "mi": "-", "mul": "*", "div": "//", "mod": "%"}
_COMPARED = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _integers() -> None:
    for name, symbol in _SYMBOLS.items():
        for a in _WIDTHS:
            pair = f"int{a}{name}(int{a},int{a})"
            each(pair, f"CAST(({{0}} {symbol} {{1}}) AS {_DUCK[a]})", [()])
            for b in _WIDTHS:
                wide = _DUCK[max(a, b)]
                sql = f"(CAST({{0}} AS {wide}) {symbol} CAST({{1}} AS {wide}))"
                each(f"int{a}{b}{name}(int{a},int{b})", sql, [()])
    for name, symbol in _COMPARED.items():
        for a in _WIDTHS:
            each(f"int{a}{name}(int{a},int{a})", f"({{0}} {symbol} {{1}})", [()])
            for b in _WIDTHS:
                each(f"int{a}{b}{name}(int{a},int{b})", f"({{0}} {symbol} {{1}})", [()])
    for a in _WIDTHS:
        duck = _DUCK[a]
        templates(f"""
        int{a}um(int{a}) = (CAST(0 AS {duck}) - {{0}})
        int{a}up(int{a}) = {{0}}
        int{a}abs(int{a}) = abs({{0}})
        abs(int{a}) = abs({{0}})
        mod(int{a},int{a}) = CAST(({{0}} % {{1}}) AS {duck})
        int{a}and(int{a},int{a}) = ({{0}} & {{1}})
        int{a}or(int{a},int{a}) = ({{0}} | {{1}})
        int{a}xor(int{a},int{a}) = xor({{0}}, {{1}})
        int{a}not(int{a}) = (~{{0}})
        """)
    for a in _WIDTHS:  # the number of places counts to the type's width
        bits, duck = 8 * int(a), _DUCK[a]
        places = f"({{1}} & {bits - 1 if a != '2' else 31})"
        RIGHT[f"int{a}shr(int{a},int4)"] = (
            f"CAST(({{0}} >> CASE WHEN {places} > {bits - 1} THEN {bits - 1} ELSE {places} END) AS {duck})"
        )
    for key, template in RIGHT.items():
        each(key, template, [()])
    templates("""
    int4shl(int4,int4) = hg_shl32({0}, {1})
    int8shl(int8,int4) = hg_shl64({0}, {1})
    int2shl(int2,int4) = hg_shl16({0}, {1})
    """)


RIGHT: dict[str, str] = {}
_integers()


# -- floats


def _float(symbol: str, left: str, right: str, duck: str) -> str:
    a, b = f"CAST({left} AS {duck})", f"CAST({right} AS {duck})"
    name = f"hg_float_{ {'+': 'pl', '-': 'mi', '*': 'mul', '/': 'div'}[symbol] }"
    return f"CAST({name}({a}, {b}) AS {duck})"


def _floats() -> None:
    pairs = (("4", "4"), ("8", "8"), ("4", "8"), ("8", "4"))
    for a, b in pairs:
        wide = "FLOAT" if (a, b) == ("4", "4") else "DOUBLE"
        infix = a if a == b else a + b
        for name, symbol in (("pl", "+"), ("mi", "-"), ("mul", "*"), ("div", "/")):
            each(f"float{infix}{name}(float{a},float{b})", _float(symbol, "{0}", "{1}", wide), [()])
        for name, symbol in _COMPARED.items():
            each(f"float{infix}{name}(float{a},float{b})",
                 f"(CAST({{0}} AS {wide}) {symbol} CAST({{1}} AS {wide}))", [()])  # fmt: skip
    for a in "48":
        templates(f"""
        float{a}um(float{a}) = (-({{0}}))
        float{a}up(float{a}) = {{0}}
        float{a}abs(float{a}) = abs({{0}})
        abs(float{a}) = abs({{0}})
        """)


_floats()
templates("""
ceil(float8) = ceil({0})
ceiling(float8) = ceil({0})
floor(float8) = floor({0})
trunc(float8) = trunc({0})
dtrunc(float8) = trunc({0})
round(float8) = round_even({0}, 0)
dround(float8) = round_even({0}, 0)
sign(float8) = \
    CAST(CASE WHEN isnan({0}) THEN 0 WHEN {0} > 0 THEN 1 WHEN {0} < 0 THEN -1 WHEN {0} = 0 THEN 0 END AS DOUBLE)
sqrt(float8) = hg_math1('sqrt', {0})
dsqrt(float8) = hg_math1('sqrt', {0})
cbrt(float8) = cbrt({0})
dcbrt(float8) = cbrt({0})
exp(float8) = hg_math1('exp', {0})
ln(float8) = hg_math1('ln', {0})
log(float8) = hg_math1('log', {0})
log10(float8) = hg_math1('log', {0})
sin(float8) = hg_math1('sin', {0})
cos(float8) = hg_math1('cos', {0})
tan(float8) = hg_math1('tan', {0})
cot(float8) = hg_math1('cot', {0})
asin(float8) = hg_math1('asin', {0})
acos(float8) = hg_math1('acos', {0})
atan(float8) = hg_math1('atan', {0})
sinh(float8) = hg_math1('sinh', {0})
cosh(float8) = hg_math1('cosh', {0})
tanh(float8) = hg_math1('tanh', {0})
asinh(float8) = hg_math1('asinh', {0})
acosh(float8) = hg_math1('acosh', {0})
atanh(float8) = hg_math1('atanh', {0})
sind(float8) = hg_math1('sind', {0})
cosd(float8) = hg_math1('cosd', {0})
tand(float8) = hg_math1('tand', {0})
cotd(float8) = hg_math1('cotd', {0})
asind(float8) = hg_math1('asind', {0})
acosd(float8) = hg_math1('acosd', {0})
atand(float8) = hg_math1('atand', {0})
atan2d(float8,float8) = hg_math2('atan2d', {0}, {1})
degrees(float8) = hg_math1('degrees', {0})
radians(float8) = hg_math1('radians', {0})
atan2(float8,float8) = hg_math2('atan2', {0}, {1})
power(float8,float8) = hg_math2('power', {0}, {1})
pow(float8,float8) = hg_math2('power', {0}, {1})
dpow(float8,float8) = hg_math2('power', {0}, {1})
pi() = CAST(pi() AS DOUBLE)
random() = random()
gcd(int4,int4) = hg_gcd32({0}, {1})
gcd(int8,int8) = hg_gcd64({0}, {1})
lcm(int4,int4) = hg_lcm32({0}, {1})
lcm(int8,int8) = hg_lcm64({0}, {1})
width_bucket(float8,float8,float8,int4) = hg_width_bucket({0}, {1}, {2}, {3})
width_bucket(numeric,numeric,numeric,int4) = hg_num_width_bucket({0}, {1}, {2}, {3})
to_hex(int4) = lower(to_hex(CAST({0} AS BIGINT) & 4294967295))
to_hex(int8) = hg_hex64({0})
""")


# -- NUMERIC


def _numeric() -> None:
    for name, symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("mod", "%")):
        rendered(f"numeric_{name}(numeric,numeric)")(
            lambda call, symbol=symbol: numerics.arithmetic(symbol, call.args[0], call.args[1])
        )
    for name, symbol in _COMPARED.items():
        rendered(f"numeric_{name}(numeric,numeric)")(
            lambda call, symbol=symbol: numerics.comparison(symbol, call.args[0], call.args[1])
        )


_numeric()


@rendered("mod(numeric,numeric)")
def _mod(call: Call) -> Expr:
    return numerics.arithmetic("%", call.args[0], call.args[1])


@rendered("numeric_uplus(numeric)")
def _plus(call: Call) -> Expr:
    return build(call.args[0].sql, NUMERIC, call.args, digits=call.args[0].digits)


@rendered("numeric_uminus(numeric)")
def _minus(call: Call) -> Expr:
    value = call.args[0]
    sql = f"hg_num_neg({value.sql})" if value.digits is None else numerics.decimal(f"(-({value.sql}))", value.digits)
    return build(sql, NUMERIC, call.args, digits=value.digits)


@rendered("numeric_abs(numeric)", "abs(numeric)")
def _abs(call: Call) -> Expr:
    value = call.args[0]
    sql = f"hg_num_abs({value.sql})" if value.digits is None else numerics.decimal(f"abs({value.sql})", value.digits)
    return build(sql, NUMERIC, call.args, digits=value.digits)


def _to_whole(name: str):
    def render(call: Call) -> Expr:
        value = call.args[0]
        if value.digits is None:
            return build(f"hg_num_{name}({value.sql})", NUMERIC, call.args)
        precision, scale = value.digits
        digits = (min(max(precision - scale + 1, 1), 38), 0)
        return build(numerics.decimal(f"{name}({value.sql})", digits), NUMERIC, call.args, digits=digits)

    return render


for _name in ("ceil", "floor"):
    rendered(f"{_name}(numeric)")(_to_whole(_name))
rendered("ceiling(numeric)")(_to_whole("ceil"))


def _rounding(name: str):
    def render(call: Call) -> Expr:
        value = call.args[0]
        places = call.args[1] if len(call.args) > 1 else None
        known = 0 if places is None else places.value
        if not isinstance(known, int) or isinstance(known, bool):
            return build(f"hg_num_{name}({call[0]}, {call[1]})", NUMERIC, call.args)
        kept = max(known, 0)
        if value.digits is not None and known >= 0:
            precision, scale = value.digits
            digits = (max(precision - scale + 1 + kept, 1), kept)
            if digits[0] <= 38 and kept <= scale:
                sql = f"round({value.sql}, {kept})" if name == "round" else f"trunc({value.sql}, {kept})"
                return build(numerics.decimal(sql, digits), NUMERIC, call.args, digits=digits)
        sql = f"hg_num_{name}({call[0]}, {known})"
        if value.is_fixed or kept > 20:
            return build(sql, NUMERIC, call.args)
        return build(sql, NUMERIC, call.args)

    return render


for _name in ("round", "trunc"):
    rendered(f"{_name}(numeric)", f"{_name}(numeric,int4)")(_rounding(_name))

templates("""
sign(numeric) = hg_num_sign({0})
sqrt(numeric) = hg_num_sqrt({0})
numeric_sqrt(numeric) = hg_num_sqrt({0})
div(numeric,numeric) = hg_num_quotient({0}, {1})
scale(numeric) = hg_num_scale({0})
min_scale(numeric) = hg_num_min_scale({0})
trim_scale(numeric) = hg_num_trim({0})
exp(numeric) = hg_num_exp({0})
ln(numeric) = hg_num_ln({0})
log(numeric) = hg_num_log({0})
log10(numeric) = hg_num_log({0})
log(numeric,numeric) = hg_num_logb({0}, {1})
power(numeric,numeric) = hg_num_power({0}, {1})
pow(numeric,numeric) = hg_num_power({0}, {1})
numeric_power(numeric,numeric) = hg_num_power({0}, {1})
factorial(int8) = hg_factorial({0})
gcd(numeric,numeric) = hg_num_gcd({0}, {1})
lcm(numeric,numeric) = hg_num_lcm({0}, {1})
""")
