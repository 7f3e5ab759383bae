"""IMS: the account's OIDC providers. Source: the vendor's API pages of Ims 2019-08-15."""

from dataclasses import dataclass
from typing import Annotated

from yunbox.identity.directory import providers
from yunbox.identity.directory.providers import Provider
from yunbox.identity.directory.realm import Realm
from yunbox.kernel.clock import stamp
from yunbox.services.ram.service import ITEMS, MAX_ITEMS, Body, Resource, changes, listed, reads

_ONE, _EVERY = Resource("oidc-provider/{oidc_provider_name}"), Resource("oidc-provider/*")


@dataclass(frozen=True)
class Named:
    """A provider by name."""

    oidc_provider_name: str


@dataclass(frozen=True)
class NewProvider:
    """A provider that is to be; lists have commas between."""

    oidc_provider_name: str
    issuer_url: str
    client_ids: str
    fingerprints: str
    description: str = ""
    issuance_limit_time: int = 12


@dataclass(frozen=True)
class Changed:
    """What is to be another of a provider."""

    oidc_provider_name: str
    client_ids: str | None = None
    new_description: str | None = None
    issuance_limit_time: int | None = None


@dataclass(frozen=True)
class ClientId:
    """A provider and a client's id."""

    oidc_provider_name: str
    client_id: str


@dataclass(frozen=True)
class Fingerprint:
    """A provider and a certificate's fingerprint."""

    oidc_provider_name: str
    fingerprint: str


@dataclass(frozen=True)
class Some:
    """A page of providers."""

    marker: str = ""
    max_items: Annotated[int, MAX_ITEMS] = ITEMS


def _list_of(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _create(realm: Realm, new: NewProvider) -> Body:
    made = providers.create(
        realm, new.oidc_provider_name, new.issuer_url, _list_of(new.client_ids), _list_of(new.fingerprints),
        new.description, new.issuance_limit_time,
    )  # fmt: skip
    return _body(made)


def _get(realm: Realm, params: Named) -> Body:
    return _body(providers.find(realm, params.oidc_provider_name))


def _update(realm: Realm, new: Changed) -> Body:
    made = providers.change(
        realm, new.oidc_provider_name, client_ids=_list_of(new.client_ids) if new.client_ids is not None else None,
        description=new.new_description, issued_hours_max=new.issuance_limit_time,
    )  # fmt: skip
    return _body(made)


def _delete(realm: Realm, params: Named) -> None:
    providers.delete(realm, params.oidc_provider_name)


def _list(realm: Realm, params: Some) -> Body:
    return listed("OIDCProviders", "OIDCProvider", providers.page(realm, params.marker, params.max_items), _shown)


def _add_client(realm: Realm, params: ClientId) -> Body:
    there = providers.find(realm, params.oidc_provider_name).client_ids
    return _body(providers.change(realm, params.oidc_provider_name, client_ids=(*there, params.client_id)))


def _remove_client(realm: Realm, params: ClientId) -> Body:
    there = providers.find(realm, params.oidc_provider_name).client_ids
    left = tuple(one for one in there if one != params.client_id)
    return _body(providers.change(realm, params.oidc_provider_name, client_ids=left))


def _add_fingerprint(realm: Realm, params: Fingerprint) -> Body:
    there = providers.find(realm, params.oidc_provider_name).fingerprints
    return _body(providers.change(realm, params.oidc_provider_name, fingerprints=(*there, params.fingerprint)))


def _remove_fingerprint(realm: Realm, params: Fingerprint) -> Body:
    there = providers.find(realm, params.oidc_provider_name).fingerprints
    left = tuple(one for one in there if one != params.fingerprint.lower())
    return _body(providers.change(realm, params.oidc_provider_name, fingerprints=left))


def _body(provider: Provider) -> Body:
    return {"OIDCProvider": _shown(provider)}


def _shown(provider: Provider) -> Body:
    return {
        "OIDCProviderName": provider.name, "Arn": provider.arn, "IssuerUrl": provider.issuer,
        "ClientIds": ",".join(provider.client_ids), "Fingerprints": ",".join(provider.fingerprints),
        "Description": provider.description, "IssuanceLimitTime": provider.issued_hours_max,
        "CreateDate": stamp(provider.created), "UpdateDate": stamp(provider.updated),
        "GmtCreate": str(int(provider.created * 1000)), "GmtModified": str(int(provider.updated * 1000)),
    }  # fmt: skip


ROUTES = (
    changes("CreateOIDCProvider", NewProvider, _create, _EVERY),
    reads("GetOIDCProvider", Named, _get, _ONE),
    changes("UpdateOIDCProvider", Changed, _update, _ONE),
    changes("DeleteOIDCProvider", Named, _delete, _ONE),
    reads("ListOIDCProviders", Some, _list, _EVERY),
    changes("AddClientIdToOIDCProvider", ClientId, _add_client, _ONE),
    changes("RemoveClientIdFromOIDCProvider", ClientId, _remove_client, _ONE),
    changes("AddFingerprintToOIDCProvider", Fingerprint, _add_fingerprint, _ONE),
    changes("RemoveFingerprintFromOIDCProvider", Fingerprint, _remove_fingerprint, _ONE),
)
