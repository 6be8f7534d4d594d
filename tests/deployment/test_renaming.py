"""What Azure knows under another name is said before anything is deployed."""

from __future__ import annotations

import json
from typing import Any, cast

from apim_aks.deployment.renaming import renamed
from apim_aks.remote.azure import AzureClient, AzureRefused
from apim_aks.remote.azure.refusal import Fault
from tests.support.arm_server import SUBSCRIPTION
from tests.support.azure_scenes import piece, resource

KIND = "Microsoft.ApiManagement/service/apis"
PATHS = {"/orders": {"get": {"operationId": "list"}}, "/orders/{id}": {"get": {"operationId": "a"}}}
ORDERS = resource(
    KIND,
    "apim-sample/orders",
    False,
    properties={"path": "orders", "value": json.dumps({"paths": PATHS})},
)
ANY = resource(
    f"{KIND}/operations",
    "apim-sample/orders/any",
    False,
    properties={"method": "POST", "urlTemplate": "/*"},
)
OTHERS = resource(f"{KIND}/operations", "apim-sample/orders-2/x", False, properties={})


class There:
    """A client that finds these lists by the ends of their paths."""

    subscription = SUBSCRIPTION

    def __init__(self, apis: list[Any], operations: list[Any]) -> None:
        self.held = {"/apis": apis, "/operations": operations}

    def members(self, path: str, version: str, doing: str) -> Any:
        return tuple(next(rows for end, rows in self.held.items() if path.endswith(end)))


def api(name: str, path: str, **more: Any) -> Any:
    return {"name": name, "properties": {"path": path} | more}


def operation(name: str, method: str, template: str) -> Any:
    return {"name": name, "properties": {"method": method, "urlTemplate": template}}


def said(apis: list[Any], operations: list[Any]) -> tuple[str, ...]:
    made = piece("30-apis-01", ORDERS, ANY, OTHERS)
    return renamed(cast(AzureClient, There(apis, operations)), made)


def test_what_has_the_same_name_or_is_new_is_not_said() -> None:
    same = [operation("list", "GET", "/Orders/"), operation("other", "PUT", "/elsewhere")]
    assert said([api("orders", "orders"), api("stock", "stock")], same) == ()
    assert said([], []) == ()


def test_operations_that_are_renamed_are_said_with_both_names() -> None:
    there = [operation("all", "GET", "/orders"), operation("any-2", "POST", "/*")]
    (sentence,) = said([], [*there, operation("one", "GET", "/orders/{key}")])
    assert sentence.startswith(
        "API orders: GET /orders is called all in Azure and list here, POST /* is called any-2 in "
        "Azure and any here, GET /orders/{id} is called one in Azure and a here; a renamed"
    )


def test_an_api_that_is_renamed_is_said_with_both_names() -> None:
    old = api("shop-orders", "Orders")
    (sentence,) = said([old, api("orders;rev=2", "orders", isCurrent=False)], [])
    assert sentence.startswith("API orders: Azure has its path under the name shop-orders.")


def test_what_azure_does_not_show_is_said() -> None:
    class Closed(There):
        def members(self, path: str, version: str, doing: str) -> Any:
            raise AzureRefused("List of apis: not allowed.", Fault("AuthorizationFailed", "", 403))

    made = piece("30-apis-01", ORDERS)
    (sentence,) = renamed(cast(AzureClient, Closed([], [])), made)
    assert sentence == "Names could not be compared: List of apis: not allowed."
