"""An architect's changes to a mapping, and how they reach workload.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_aks.apis.mapping import (
    changes,
    map_services,
    spelled_out,
    with_moved,
    with_published,
    with_renamed,
)
from apim_aks.errors import InputError
from apim_aks.workload.file import bundled_names, copy_bundled, read_workload, save
from apim_aks.workload.model import Workload
from tests.support.scenario import service, shop, workload


def seen(value: Workload) -> list[tuple[str, str, tuple[str, ...], list[str]]]:
    return sorted(
        (a.id, a.path, a.services, sorted(f"{o.method} {o.backend_path}" for o in a.operations))
        for a in map_services(value).apis
    )


def test_what_is_unpublished_is_gone_and_can_come_back() -> None:
    without = with_published(shop(), "reviews", False)
    assert map_services(without).published == ("shop/orders", "shop/payments")
    assert seen(with_published(without, "reviews", True)) == seen(shop())


def test_the_last_published_service_stays() -> None:
    one = with_published(with_published(shop(), "reviews", False), "orders", False)
    with pytest.raises(InputError, match="the last published Service"):
        with_published(one, "payments", False)


def test_publishing_a_database_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match="no HTTP Service"):
        with_published(shop(), "db", True)


def test_unpublishing_takes_the_service_out_of_the_apis_too() -> None:
    joined = with_moved(shop(), "payments", "orders")
    assert map_services(joined).api("orders").services == ("shop/orders", "shop/payments")
    left = with_published(joined, "payments", False)
    assert map_services(left).api("orders").services == ("shop/orders",)


def test_one_operation_moves_and_the_others_stay() -> None:
    moved = map_services(with_moved(shop(), "orders", "payments", "POST /orders"))
    assert [o.method for o in moved.api("orders").operations] == ["GET"]
    assert "POST /orders" in {
        f"{o.method} {o.backend_path}" for o in moved.api("payments").operations
    }
    assert moved.api("payments").path == "payments"


def test_an_operation_moves_to_a_new_api_and_back() -> None:
    there = with_moved(shop(), "orders", "placing", "POST /orders")
    back = with_moved(there, "orders", "orders", "POST /orders")
    assert "placing" in {a.id for a in map_services(there).apis}
    assert seen(back) == seen(shop())


def test_moving_what_is_not_published_is_refused() -> None:
    with pytest.raises(InputError, match="shop/db is not published; publish it first"):
        with_moved(shop(), "db", "orders")


def test_an_api_never_answers_one_call_twice() -> None:
    two = workload(service("one", "GET /items/{id}"), service("two", "GET /items/{item}"))
    with pytest.raises(InputError, match=r"GET /items/\{item\} twice \(shop/one and shop/two\)"):
        with_moved(two, "two", "one")


def test_a_renamed_api_keeps_its_operations() -> None:
    renamed = map_services(with_renamed(shop(), "orders", "Order book", "/book/"))
    assert (renamed.api("orders").title, renamed.api("orders").path) == ("Order book", "book")
    with pytest.raises(InputError, match="both have the path 'payments'"):
        with_renamed(shop(), "orders", path="payments")


def test_a_renaming_goes_with_its_api() -> None:
    renamed = with_renamed(shop(), "reviews", "Opinions")
    assert "reviews" not in with_published(renamed, "reviews", False).apis


@pytest.mark.parametrize("name", bundled_names())
def test_the_mapping_spelled_out_is_the_same_mapping(name: str) -> None:
    from dataclasses import replace

    read = read_workload(name)
    said = spelled_out(read)
    full = replace(read, publish=tuple(said["publish"]), apis=said["apis"])
    assert seen(full) == seen(read)


@pytest.mark.parametrize("name", bundled_names())
def test_saved_changes_are_read_again(name: str, tmp_path: Path) -> None:
    file = copy_bundled(name, tmp_path / "copy")
    before = read_workload(file)
    text = file.read_text(encoding="utf-8")
    first = map_services(before).published[0]
    other = with_published(with_renamed(before, "orders", "Order book"), first, False)
    save(file, changes(before, other))
    again = read_workload(file)
    assert seen(again) == seen(other)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert set(comments) <= set(file.read_text(encoding="utf-8").splitlines())


def test_a_second_change_replaces_the_first_in_the_file(tmp_path: Path) -> None:
    file = copy_bundled("contoso-orders", tmp_path / "copy")
    start = read_workload(file)
    one = with_moved(start, "getorder", "reading", "GET /orders/{orderId}")
    save(file, changes(start, one))
    read = read_workload(file)
    two = with_moved(read, "getorder", "reading")
    save(file, changes(read, two))
    assert seen(read_workload(file)) == seen(two)
    three = with_published(with_moved(two, "getorder", "orders"), "customers", False)
    save(file, changes(read_workload(file), three))
    assert seen(read_workload(file)) == seen(three)


def test_a_copy_goes_into_an_empty_folder_only(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    for folder in (str(tmp_path), "", " "):
        with pytest.raises(InputError, match="Name one for the copy"):
            copy_bundled("contoso-orders", folder)
    with pytest.raises(InputError, match="use one of contoso-orders, contoso-retail"):
        copy_bundled("contoso", tmp_path / "new")


def test_permissions_stay_when_a_mapping_is_spelled_out() -> None:
    asked = {"read": ["orders.read"], "write": ["orders.write"]}
    entry = {"orders": {"permissions": asked}}
    loads = workload(service("orders", "GET /orders"), apis=entry)
    assert spelled_out(loads)["apis"]["orders"]["permissions"] == asked
    moved = with_renamed(loads, "orders", title="Ordering")
    assert map_services(moved).api("orders").permissions.read == ("orders.read",)
