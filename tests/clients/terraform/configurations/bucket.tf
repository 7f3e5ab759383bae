resource "alicloud_oss_bucket" "b" {
  bucket = "tf-made-bucket"
  versioning { status = "Enabled" }
  lifecycle_rule {
    id      = "old"
    prefix  = "logs/"
    enabled = true
    expiration { days = 30 }
  }
  tags = { team = "data" }
}
