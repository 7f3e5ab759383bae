"""Which options are secrets, and where their values are found and masked."""

import pytest

from yunbox.sql.flink.secrets import is_secret, masked_text, secrets_of, without


@pytest.mark.parametrize(
    "key",
    ["accessKey", "accesskey", "access-key", "access.key", "fs.oss.accessKeySecret", "password", "db.passwd",
     "aws.secret-key", "security.token", "sts-token", "api-key", "key", "ssl.key", "fs.azure.account.key",
     "a.credential", "sasl.jaas.config", "properties.basic-auth", "X-SECRET"],
)  # fmt: skip
def test_a_secret(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize(
    "key",
    ["accessId", "fs.oss.accessKeyId", "access_key_id", "key.format", "key.fields", "value.fields-include",
     "hashFields", "table.exec.sink.keyed-shuffle", "json.map-null-key.mode", "primary-key", "sink.partition-key",
     "username", "pipeline.name", "topic", "monkey.business"],
)  # fmt: skip
def test_no_secret(key: str) -> None:
    assert not is_secret(key)


def test_in_statements() -> None:
    text = "WITH ('connector' = 'x', 'password'='it''s', 'accessKey' = 'abcd') /*+ OPTIONS('token' = 'efgh') */"
    assert masked_text(text) == (
        "WITH ('connector' = 'x', 'password'='******', 'accessKey' = '******') /*+ OPTIONS('token' = '******') */"
    )
    assert secrets_of(text) == {"it's", "abcd", "efgh"}
    assert secrets_of("SET a.password = bare;", "SET 'a.secret' = 'not closed") == {"bare", "not closed"}
    assert masked_text("SELECT token, password FROM t WHERE k = 'v'") == "SELECT token, password FROM t WHERE k = 'v'"


def test_in_documents() -> None:
    document = {"tables": [{"options": {"password": "geheim", "topic": "t"}}], "settings": {"api-key": "geheim-too"}}
    found = secrets_of(document, {"a.password": "abc"})
    assert found == {"geheim", "geheim-too"}
    assert without("no geheim-too, no geheim", found) == "no ******, no ******"
