"""Mathematical functions."""

from yunbox.sql.maxcompute.functions.registry import scalar

for _name in ("sqrt", "exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "cbrt",
              "degrees", "radians"):  # fmt: skip
    scalar(_name, ("double -> double", f"{_name}({{0}})"))


scalar("abs", ("number -> number", "abs({0})"))
scalar("ceil ceiling", ("decimal -> decimal", "CAST(ceil({0}) AS DECIMAL(38,0))"),
       ("double -> bigint", "CAST(ceil({0}) AS BIGINT)"))  # fmt: skip
scalar("floor", ("decimal -> decimal", "CAST(floor({0}) AS DECIMAL(38,0))"),
       ("double -> bigint", "CAST(floor({0}) AS BIGINT)"))  # fmt: skip
scalar("round", ("double, bigint? -> double", "round({0}, CAST({1|0} AS INTEGER))"),
       ("decimal, bigint? -> decimal", "round({0}, CAST({1|0} AS INTEGER))"))  # fmt: skip
scalar("ln", ("double -> double", "ln({0})"))
scalar("log", ("double -> double", "ln({0})"), ("double, double -> double", "(ln({1}) / ln({0}))"))
scalar("log2", ("double -> double", "log2({0})"))
scalar("log10", ("double -> double", "log10({0})"))
scalar("pow power", ("double, double -> double", "pow({0}, {1})"))
scalar("sign", ("double -> double", "CAST(sign({0}) AS DOUBLE)"))
scalar("pi", (" -> double", "pi()"))
scalar("e", (" -> double", "exp(1.0e0)"))
scalar("pmod", ("T, T -> T", "((({0} % {1}) + {1}) % {1})"))
scalar("mod", ("T, T -> T", "({0} % nullif({1}, 0))"))
scalar("negative", ("number -> number", "(- {0})"))
scalar("positive", ("number -> number", "{0}"))
scalar("rand random", ("bigint? -> double", "random()"), volatile=True)
scalar("atan2", ("double, double -> double", "atan2({0}, {1})"))
scalar("cot", ("double -> double", "cot({0})"))
scalar("factorial", ("bigint -> bigint", "CAST(factorial(CAST({0} AS INTEGER)) AS BIGINT)"))
scalar("bin", ("bigint -> string", "bin({0})"))
scalar("hex", ("bigint -> string", "upper(to_hex({0}))"), ("string -> string", "hex({0})"))
scalar("isnan", ("double -> boolean", "isnan({0})"))
scalar("trunc", ("double, bigint? -> double",
       "(trunc({0} * pow(10.0e0, {1|0})) / pow(10.0e0, {1|0}))"),
       ("decimal, bigint? -> decimal", "(trunc({0} * pow(10.0e0, {1|0})) / pow(10.0e0, {1|0}))"))  # fmt: skip
