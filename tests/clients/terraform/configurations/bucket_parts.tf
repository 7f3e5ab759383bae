resource "alicloud_oss_bucket" "c" {
  bucket = "tf-parts-bucket"
  lifecycle {
    ignore_changes = [versioning, server_side_encryption_rule, cors_rule]
  }
}
resource "alicloud_oss_bucket_versioning" "v" {
  bucket = alicloud_oss_bucket.c.bucket
  status = "Enabled"
}
resource "alicloud_oss_bucket_server_side_encryption" "e" {
  bucket        = alicloud_oss_bucket.c.bucket
  sse_algorithm = "AES256"
}
resource "alicloud_oss_bucket_cors" "c" {
  bucket = alicloud_oss_bucket.c.bucket
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}
resource "alicloud_oss_bucket_public_access_block" "b" {
  bucket              = alicloud_oss_bucket.c.bucket
  block_public_access = true
}
resource "alicloud_oss_bucket_acl" "a" {
  bucket = alicloud_oss_bucket.c.bucket
  acl    = "private"
}
