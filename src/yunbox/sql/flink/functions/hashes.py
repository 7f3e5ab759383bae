"""Hash functions."""

from yunbox.sql.flink.functions.registry import Call, category, scalar

category("Hash functions")


def _sha2(call: Call) -> str:
    return f"yb_fl_sha2({call[0]}, {call[1]})"


scalar("MD5", "text -> CHAR(32)", "md5({0})")
scalar("SHA1", "text -> CHAR(40)", "sha1({0})")
scalar("SHA256", "text -> CHAR(64)", "sha256({0})")
for _bits in (224, 384, 512):
    scalar(f"SHA{_bits}", f"text -> CHAR({_bits // 4})", f"yb_fl_sha2({{0}}, {_bits})")
scalar("SHA2", "text, INT -> VARCHAR(128)", _sha2)
