"""The API of CloudMonitor: all its routes."""

from yunbox.services.cloudmonitor import alerts, contacts, queries, rules
from yunbox.services.cloudmonitor.service import CODES
from yunbox.wire.openapi.api import Api

API = Api("Cms", "2019-01-01", (*queries.ROUTES, *rules.ROUTES, *alerts.ROUTES, *contacts.ROUTES), CODES)
