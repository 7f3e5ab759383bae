resource "alicloud_cms_alarm_contact" "c" {
  alarm_contact_name = "oncall"
  describe           = "on call"
  lang               = "en"
  channels_mail      = "a@example.com"
}
resource "alicloud_cms_alarm_contact_group" "g" {
  alarm_contact_group_name = "oncalls"
  describe                 = "all"
  contacts                 = [alicloud_cms_alarm_contact.c.alarm_contact_name]
}
resource "alicloud_cms_alarm" "a" {
  name               = "puts"
  project            = "acs_oss_dashboard"
  metric             = "PutObjectCount"
  period             = 60
  metric_dimensions  = jsonencode([{ BucketName = "b" }])
  contact_groups     = [alicloud_cms_alarm_contact_group.g.alarm_contact_group_name]
  effective_interval = "00:00-23:59"
  escalations_critical {
    statistics          = "Value"
    comparison_operator = ">"
    threshold           = 10
    times               = 1
  }
}
