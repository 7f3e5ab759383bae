resource "alicloud_vpc" "main" {
  vpc_name   = "net"
  cidr_block = "10.0.0.0/16"
}
resource "alicloud_vswitch" "part" {
  vpc_id     = alicloud_vpc.main.id
  cidr_block = "10.0.1.0/24"
  zone_id    = "${var.region}-a"
}
resource "alicloud_security_group" "g" {
  security_group_name = "web"
  description         = "web servers"
  vpc_id              = alicloud_vpc.main.id
}
resource "alicloud_security_group_rule" "r" {
  security_group_id = alicloud_security_group.g.id
  type              = "ingress"
  ip_protocol       = "tcp"
  port_range        = "443/443"
  cidr_ip           = "10.0.0.0/8"
  policy            = "accept"
  priority          = 1
}
resource "alicloud_nat_gateway" "n" {
  vpc_id               = alicloud_vpc.main.id
  vswitch_id           = alicloud_vswitch.part.id
  nat_gateway_name     = "out"
  payment_type         = "PayAsYouGo"
  internet_charge_type = "PayByLcu"
  nat_type             = "Enhanced"
}
resource "alicloud_eip_address" "e" {
  address_name         = "out"
  bandwidth            = "5"
  internet_charge_type = "PayByTraffic"
  payment_type         = "PayAsYouGo"
}
resource "alicloud_eip_association" "a" {
  allocation_id = alicloud_eip_address.e.id
  instance_id   = alicloud_nat_gateway.n.id
  instance_type = "Nat"
}
resource "alicloud_snat_entry" "s" {
  snat_table_id     = alicloud_nat_gateway.n.snat_table_ids
  source_vswitch_id = alicloud_vswitch.part.id
  snat_ip           = alicloud_eip_address.e.ip_address
  depends_on        = [alicloud_eip_association.a]
}
resource "alicloud_route_table" "t" {
  vpc_id           = alicloud_vpc.main.id
  route_table_name = "more"
  associate_type   = "VSwitch"
}
