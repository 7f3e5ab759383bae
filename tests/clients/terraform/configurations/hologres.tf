resource "alicloud_vpc" "main" {
  vpc_name   = "net"
  cidr_block = "10.0.0.0/16"
}
resource "alicloud_vswitch" "part" {
  vpc_id     = alicloud_vpc.main.id
  cidr_block = "10.0.1.0/24"
  zone_id    = "${var.region}-a"
}
resource "alicloud_hologram_instance" "h" {
  instance_name = "tfholo"
  instance_type = "Standard"
  payment_type  = "PayAsYouGo"
  pricing_cycle = "Hour"
  cpu           = 8
  zone_id       = "${var.region}-a"
  endpoints { type = "Intranet" }
  endpoints {
    type       = "VPCSingleTunnel"
    vswitch_id = alicloud_vswitch.part.id
    vpc_id     = alicloud_vpc.main.id
  }
}
