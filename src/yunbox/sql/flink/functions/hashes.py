"""Hash functions."""

from yunbox.sql.flink.functions.registry import Call, category, scalar

category("Hash functions")


def _sha2(call: Call) -> str:
    return f"yb_fl_sha2({call[0]}, {call[1]})"


scalar("MD5", "text -> STRING", "md5({0})")
scalar("SHA1", "text -> STRING", "sha1({0})")
scalar("SHA256", "text -> STRING", "sha256({0})")
for _bits in (224, 384, 512):
    scalar(f"SHA{_bits}", "text -> STRING", f"yb_fl_sha2({{0}}, {_bits})")
scalar("SHA2", "text, INT -> STRING", _sha2)
scalar("HASHCODE HASH_CODE", "text -> INT", "yb_fl_hash_code({0})")
