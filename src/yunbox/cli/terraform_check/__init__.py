"""`yunbox terraform check`: what in Terraform's files the services here would refuse, before anything is applied.

Read are the files of one folder as Terraform reads them, without a provider and without a server. What cannot be told
from the files alone is not judged: a finding is never a guess.
"""
