"""Green here means green there: what the real service refuses is refused, with its code, and no door is left open."""

import json

from story import Stage, Step, Story

BUCKET = "strict-bucket"
USER = "bob"
SIGNS = "SELECT v.sign FROM VALUES ('a', 1), ('b', 2) v (sign, n)"
REFUSED = (
    f"{SIGNS} ORDER BY sign",
    "SELECT v.n FROM VALUES (1, 2) v (n, m) JOIN VALUES (1, 2) w (n, m) ON v.n = w.n OR v.m = w.m",
    "SELECT SUM(v.n) AS total FROM VALUES ('a', 1) v (sign, n) GROUP BY v.sign HAVING total > 1",
    "SELECT DISTINCT ON (v.n) v.n FROM VALUES (1, 2) v (n, m)",
    "SELECT SPLIT('a\\01b', '\\01')",
    "SELECT CAST('abc' AS BIGINT)",
)


def refusals(story: Story) -> str:
    """Statements that run in many a test double, and fail on the real service."""
    from odps.errors import ODPSError

    told: list[str] = []
    for text in REFUSED:
        try:
            story.role.odps().execute_sql(text, hints={"odps.sql.udf.strict.mode": "true"})
        except ODPSError as error:
            told.append(f"  {str(error).splitlines()[-1][:110]}")
    assert len(told) == len(REFUSED)
    return "\n".join([f"{len(told)} statements that would fail on the real service fail here", *told])


def windows(story: Story) -> str:
    """The frame that nobody wrote is the vendor's; a flag that does nothing is named."""
    query = "SELECT SUM(x) OVER (ORDER BY g) AS s FROM VALUES (1, 10), (1, 20), (2, 5) y (g, x)"
    instance = story.role.odps().execute_sql(query, hints={"odps.sql.mapper.split.size": "256"})
    with instance.open_reader() as reader:
        rows = ", ".join(str(record["s"]) for record in reader)
    warned = instance.get_task_summary().summary_text.splitlines()[-1].removeprefix("WARNING: ")
    return f"SUM(x) OVER (ORDER BY g): {rows}, as the vendor counts rows\n  and {warned}"


def doors(story: Story) -> str:
    """A link in one's own folder is no way to what another keeps."""
    import alibabacloud_oss_v2 as oss

    server = story.server
    assert server is not None
    story.yunbox("ram", "create-user", USER)
    key = json.loads(story.yunbox("ram", "--output", "json", "create-key", USER))
    actions = ["oss:GetObject", "oss:PutObject"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": f"acs:oss:*:*:{BUCKET}/{USER}/*"}
    story.yunbox("ram", "put-policy", "own-folder", json.dumps({"Version": "1", "Statement": [statement]}))
    story.yunbox("ram", "attach", "own-folder", USER)

    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        key["access_key_id"], key["access_key_secret"]
    )
    config.region, config.endpoint = server.region, server.endpoints["oss"]
    owner, user = story.role.oss(), oss.Client(config)
    owner.put_bucket(oss.PutBucketRequest(bucket=BUCKET))
    owner.put_object(oss.PutObjectRequest(bucket=BUCKET, key="secret", body=b"salaries"))
    user.put_symlink(oss.PutSymlinkRequest(bucket=BUCKET, key=f"{USER}/link", symlink_target="secret"))
    try:
        user.get_object(oss.GetObjectRequest(bucket=BUCKET, key=f"{USER}/link"))
    except oss.exceptions.OperationError as error:
        code = error.unwrap().code
        return f"{USER} may write {USER}/*, links {USER}/link to secret, and reads it: {code}"
    raise AssertionError("the link was followed")


STAGE = Stage(
    "strict",
    "Strict: green here means green there",
    (
        Step("what fails there fails here", refusals),
        Step("what nobody wrote", windows),
        Step("a link is no door", doors),
    ),
    lambda story: [f"  ./yunbox sql --data {story.data} 'SELECT 1BD/0BD'"],
)
