resource "alicloud_ram_user" "u" {
  name         = "deployer"
  display_name = "Deployer"
  comments     = "by terraform"
  force        = true
}
resource "alicloud_ram_access_key" "k" {
  user_name = alicloud_ram_user.u.name
}
resource "alicloud_ram_group" "g" {
  name     = "deployers"
  comments = "all of them"
  force    = true
}
resource "alicloud_ram_group_membership" "m" {
  group_name = alicloud_ram_group.g.name
  user_names = [alicloud_ram_user.u.name]
}
resource "alicloud_ram_policy" "p" {
  policy_name     = "read-reports"
  policy_document = jsonencode({ Version = "1", Statement = [{ Effect = "Allow", Action = ["oss:GetObject"], Resource = ["acs:oss:*:*:reports/*"] }] })
  description     = "reads"
}
resource "alicloud_ram_role" "r" {
  name        = "report-reader"
  document    = jsonencode({ Version = "1", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["ecs.aliyuncs.com"] } }] })
  description = "a role"
  force       = true
}
resource "alicloud_ram_user_policy_attachment" "u" {
  policy_name = alicloud_ram_policy.p.policy_name
  policy_type = alicloud_ram_policy.p.type
  user_name   = alicloud_ram_user.u.name
}
resource "alicloud_ram_group_policy_attachment" "g" {
  policy_name = alicloud_ram_policy.p.policy_name
  policy_type = alicloud_ram_policy.p.type
  group_name  = alicloud_ram_group.g.name
}
resource "alicloud_ram_role_policy_attachment" "r" {
  policy_name = "AliyunOSSReadOnlyAccess"
  policy_type = "System"
  role_name   = alicloud_ram_role.r.name
}
