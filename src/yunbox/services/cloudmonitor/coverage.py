"""What is offered of CloudMonitor. Source: the vendor's list of operations (Cms 2019-01-01), as far as alarms go."""

from collections.abc import Mapping

from yunbox.services.cloudmonitor.apis import API
from yunbox.services.cloudmonitor.catalogue import namespaces
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS = {
    "Metrics": "DescribeMetricList DescribeMetricLast DescribeMetricData DescribeMetricTop DescribeMetricMetaList "
    "DescribeProjectMeta PutCustomMetric DescribeCustomMetricList DeleteCustomMetric Cursor BatchGet BatchExport",
    "Alarm rules": "PutResourceMetricRule PutResourceMetricRules DescribeMetricRuleList DescribeMetricRuleCount "
    "DeleteMetricRules EnableMetricRules DisableMetricRules PutMetricRuleTargets DescribeMetricRuleTargets "
    "DeleteMetricRuleTargets PutGroupMetricRule CreateGroupMetricRules PutCustomMetricRule "
    "CreateMetricRuleResources DeleteMetricRuleResources CreateMetricRuleBlackList DescribeMetricRuleBlackList",
    "Alerts": "DescribeAlertLogList DescribeAlertLogCount DescribeAlertLogHistogram "
    "DescribeAlertingMetricRuleResources",
    "Contacts": "PutContact DescribeContactList DeleteContact PutContactGroup DescribeContactGroupList "
    "DescribeContactListByContactGroup DeleteContactGroup",
    "Templates": "CreateMetricRuleTemplate ModifyMetricRuleTemplate DescribeMetricRuleTemplateList "
    "DescribeMetricRuleTemplateAttribute ApplyMetricRuleTemplate DeleteMetricRuleTemplate",
    "Groups": "CreateMonitorGroup DescribeMonitorGroups DeleteMonitorGroup CreateMonitorGroupInstances",
    "Events": "PutCustomEvent DescribeCustomEventAttribute PutEventRule DescribeEventRuleList PutEventRuleTargets "
    "DescribeSystemEventAttribute",
    "Sites and hosts": "CreateSiteMonitor DescribeSiteMonitorList CreateHostAvailability DescribeMonitoringAgentHosts",
}
_PARTLY = {
    "DescribeMetricList": "Express is refused by name",
    "DescribeMetricLast": "Express is refused by name",
    "DescribeMetricData": "Express is refused by name",
    "DescribeMetricTop": "Express is refused by name",
    "DescribeMetricMetaList": "Labels is refused by name",
    "PutResourceMetricRule": "CompositeExpression has ExpressionList, whose conditions have one Period; ExpressionRaw "
    "and Prometheus are refused by name",
    "PutResourceMetricRules": "the same",
    "PutMetricRuleTargets": "alerts are pushed to no other service: UnsupportedOperation; use a Webhook",
    "DeleteMetricRuleTargets": "no rule has one",
    "DescribeAlertLogList": "GroupBy is refused by name",
}
BESIDE: Mapping[str, str] = {
    "metrics": "; ".join(
        f"{name}: {len(one.metrics)} metrics by {one.dimension or 'account'}" for name, one in namespaces().items()
    ),
    "points": "one a minute, kept for 31 days, told 3 s after their period's end; `Period` is a multiple of 60 s that "
    "divides a day; where nothing was called a count is 0, of minutes without a server there is no point",
    "traffic": "is that of the internal network: nothing here passes through the internet",
    "rules": "are looked at within 5 s after each period's end; a comparison with yesterday, last week or the last "
    "period is of percent; hours of the day are in UTC+8",
    "alerts": "are told once more after SilenceTime for as long as they last; a kill loses none of them, and tells "
    "one at most twice",
    "webhooks": "a form by POST, 5 s each, three further tries; to this machine unless `yunbox up --webhooks "
    "anywhere`, and never to the house's own listeners or to a metadata server",
    "mail, SMS, DingTalk": "nobody is written to: contacts and their groups are kept, their channels stay PENDING",
    "audit": "each alert is an entry of the audit trail: AlertTriggered, AlertResolved, AlertInsufficientData",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in API.routes))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("CloudMonitor", "cloudmonitor", "InvalidAction.NotFound", statuses(), BESIDE)
