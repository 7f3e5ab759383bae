resource "alicloud_maxcompute_project" "p" {
  default_quota = "default"
  project_name  = "tfproject"
  comment       = "made by terraform"
  product_type  = "PayAsYouGo"
}
