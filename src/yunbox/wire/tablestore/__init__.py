"""Tablestore's protocol without sockets: protobuf messages, rows in PlainBuffer, signatures of requests and answers."""
