"""What an error of the house is among Kafka's."""

from kio.schema.errors import ErrorCode

from yunbox.kernel import errors

_TABLE: dict[type[Exception], ErrorCode] = {
    errors.Unauthenticated: ErrorCode.sasl_authentication_failed,
    errors.Forbidden: ErrorCode.topic_authorization_failed,
    errors.Refused: ErrorCode.topic_authorization_failed,
    errors.NotFound: ErrorCode.unknown_topic_or_partition,
    errors.InvalidArgument: ErrorCode.invalid_record,
    errors.Conflict: ErrorCode.policy_violation,
    errors.Throttled: ErrorCode.throttling_quota_exceeded,
    errors.StorageFull: ErrorCode.kafka_storage_error,
    errors.Unavailable: ErrorCode.not_leader_or_follower,
}


def code_of(error: Exception) -> ErrorCode:
    """The code of an error."""
    return next(
        (code for kind in type(error).__mro__ for known, code in _TABLE.items() if kind is known),
        ErrorCode.unknown_server_error,
    )
