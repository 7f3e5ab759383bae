resource "alicloud_vpc" "main" {
  vpc_name   = "net"
  cidr_block = "10.0.0.0/16"
}
resource "alicloud_vswitch" "part" {
  vpc_id       = alicloud_vpc.main.id
  cidr_block   = "10.0.1.0/24"
  zone_id      = "${var.region}-a"
  vswitch_name = "part"
}
