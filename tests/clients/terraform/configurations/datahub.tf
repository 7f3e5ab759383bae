resource "alicloud_datahub_project" "p" {
  name    = "tf_project"
  comment = "by terraform"
}
resource "alicloud_datahub_topic" "t" {
  name         = "orders"
  project_name = alicloud_datahub_project.p.name
  record_type  = "TUPLE"
  record_schema = {
    id     = "BIGINT"
    amount = "DOUBLE"
  }
  shard_count = 2
  life_cycle  = 3
  comment     = "a topic"
}
