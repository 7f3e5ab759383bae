"""JSON functions."""

from yunbox.sql.maxcompute.functions.registry import macro, scalar

macro("mc_get_json(j, p) AS CASE WHEN json_valid(j) THEN json_extract_string(j, p) END")
scalar("get_json_object", ("string, string -> string", "mc_get_json({0}, {1})"),
       ("json, string -> string", "json_extract_string({0}, {1})"))  # fmt: skip
scalar("to_json", ("any -> string", "CAST(to_json({0}) AS VARCHAR)"))
scalar("json_valid", ("string -> boolean", "json_valid({0})"))
scalar("json_parse", ("string -> json", "CAST({0} AS JSON)"))
scalar("json_format", ("json -> string", "CAST({0} AS VARCHAR)"))
