"""The stages of the tour, in the order they are told. A later chapter of the product adds its file here."""

from stages.datahub import STAGE as DATAHUB
from stages.flink import STAGE as FLINK
from stages.hologres import STAGE as HOLOGRES
from stages.house import STAGE as HOUSE
from stages.maxcompute import STAGE as MAXCOMPUTE
from stages.oss import STAGE as OSS
from stages.roles import STAGE as ROLES
from stages.strict import STAGE as STRICT

STAGES = (MAXCOMPUTE, OSS, HOLOGRES, DATAHUB, FLINK, ROLES, STRICT, HOUSE)
