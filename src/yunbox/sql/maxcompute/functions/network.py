"""IP addresses: the vendor's network functions that need no list of domains and no network."""

from yunbox.sql.maxcompute.functions.registry import Call, category, scalar


def _mask(call: Call) -> str:
    """In strict mode alone, what is no mask fails the statement."""
    strict = str(call.session.conversions.strict).lower()
    return f"yb_ip_mask({call[0]}, {call[1]}, {strict})"


category("Network functions")

scalar("net_ip_from_string", ("string -> binary", "yb_ip({0}, true)"))
scalar("net_safe_ip_from_string", ("string -> binary", "yb_ip({0}, false)"))
scalar("net_ip_to_string", ("binary -> string", "yb_ip_text({0})"))
scalar("net_ip_net_mask", ("bigint, bigint -> binary", _mask))
scalar("net_ipv4_to_int64", ("binary -> bigint", "yb_ip_number({0})"))
