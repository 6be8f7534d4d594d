"""The door to Azure: recorded traffic through the real clients, redaction, sign-in, sentences."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from apim_aks.cli.azure.texts import plan_text
from apim_aks.deployment import ChangeType, Plan, ResourceChange, StagePlan, changes_of
from apim_aks.remote.azure import (
    AzureClient,
    AzureRefused,
    Connection,
    SignIn,
    SignInMissing,
    Timing,
    azure,
    innermost,
    redacted,
    redacted_value,
    remember,
    resource_name,
    sign_in,
    type_of,
)
from apim_aks.remote.azure.connection import refusing
from apim_aks.remote.azure.signing_in import RememberedCredential, identity_of, somebody_answers
from tests.support.arm_replay import exchanges, recordings
from tests.support.arm_server import SUBSCRIPTION, TENANT, Arm, Fault, error, forged
from tests.support.azure_scenes import GROUP, scene
from tests.support.replayed import reading
from tests.support.series import SEED


def recorded(corpora: Path, name: str) -> Any:
    (path,) = (p for p in recordings(corpora) if p.stem == name)
    return reading(path)


# Recordings


def test_every_recording_is_read_by_the_real_clients(corpora: Path) -> None:
    found = recordings(corpora)
    assert len(found) == 71
    for path in found:
        read = reading(path)
        assert read.lines, path.stem
        assert all("\n" not in line and len(line) < 2000 for line in read.lines), path.stem


def test_no_recording_leaks_an_id(corpora: Path) -> None:
    text = "\n".join(line for p in recordings(corpora) for line in reading(p).lines)
    assert "00000000-0000-0000-0000-000000000000" not in text
    assert "user@example.com" not in text and "REDACTED" not in text


def test_all_four_formats_are_understood(corpora: Path) -> None:
    for format in ("azure-cli", "azure-sdk-for-net", "azure-service-operator", "cloud-custodian"):
        paths = [p for p in recordings(corpora) if format in p.parts]
        assert paths and all(exchanges(p) for p in paths)


def test_a_throttled_recording_waits_as_long_as_it_was_told(corpora: Path) -> None:
    read = recorded(corpora, "Test_Networking_RouteTable_20240301_CRUD")
    assert read.pauses == (14.0, 11.0)
    assert "refused" not in dict(read.ended)


def test_a_principal_that_has_not_arrived_is_named(corpora: Path) -> None:
    read = recorded(corpora, "Test_Authorization_RoleAssignment_OnResourceGroup_CRUD")
    (line,) = (x for x in read.lines if "PrincipalNotFound" in x)
    assert "Likely cause: the new identity has not reached every directory server yet" in line


def test_a_long_creation_is_followed_to_its_end(corpora: Path) -> None:
    read = recorded(corpora, "test_apim_core_service")
    assert "service: Succeeded" in read.lines


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ValidateBadDeployment", "InvalidTemplate"),
        ("test_resource_group_deployment", "extra_param"),
        ("test_PutZone_ZoneExistsIfNoneMatchFailure_ExpectError", "PreconditionFailed"),
    ],
)
def test_recorded_refusals_are_one_sentence(corpora: Path, name: str, words: str) -> None:
    lines = [x for x in recorded(corpora, name).lines if words in x]
    assert lines and all("Likely cause:" in x and "Next step:" in x for x in lines)


# Sentences


def test_the_innermost_of_nested_details_is_taken() -> None:
    deep = {
        "error": {
            "code": "A",
            "message": "a",
            "details": [{"code": "B", "message": json.dumps(error("C", "c"))}],
        }
    }
    assert (innermost(deep).code, innermost(deep).message) == ("C", "c")


DENIED = {
    "in the message": {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'kv' was disallowed by policy. Policy identifiers: "
        '\'[{"policyAssignment":{"name":"Not allowed resource types","id":"/a"},'
        '"policyDefinition":{"name":"Not allowed resource types","id":"/d"}}]\'.',
    },
    "in additionalInfo": {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'kv' was disallowed by policy. Reasons: 'Add a tag'.",
        "additionalInfo": [
            {
                "type": "PolicyViolation",
                "info": {
                    "policyDefinitionDisplayName": "Not allowed resource types",
                    "policyAssignmentDisplayName": "Not allowed resource types",
                },
            }
        ],
    },
    "in the inner error": {
        "code": "InvalidTemplateDeployment",
        "message": "The template deployment failed because of policy violation.",
        "details": [
            {
                "code": "RequestDisallowedByPolicy",
                "message": "Resource 'kv' was disallowed by policy.",
                "innererror": {
                    "policyInfo": [{"policyAssignmentDisplayName": "Not allowed resource types"}]
                },
            }
        ],
    },
}


@pytest.mark.parametrize("form", DENIED)
def test_a_policy_of_a_landing_zone_is_named(form: str) -> None:
    said = innermost({"error": DENIED[form]}, 403).sentence
    assert "RequestDisallowedByPolicy: Resource 'kv' was disallowed by policy" in said
    assert "forbidden by the policy 'Not allowed resource types'." in said
    assert "identifiers" not in said and "exemption" in said


MET = (
    (
        "OperationNotAllowed",
        "Operation could not be completed as it results in exceeding approved Total Regional "
        "Cores quota. Location: centralus, Current Limit: 10, Current Usage: 8",
        "portal: Quotas, Compute",
    ),
    (
        "QuotaExceeded",
        "Operation results in exceeding quota limits of Core. Maximum allowed: 10",
        "portal: Quotas, Compute",
    ),
    (
        "ErrCode_InsufficientVCPUQuota",
        "Insufficient regional vcpu quota left for location eastus. left regional vcpu quota 0",
        "portal: Quotas, Compute",
    ),
    (
        "PublicIPCountLimitReached",
        "Cannot create more than 20 public IP addresses for this subscription in this region.",
        "portal: Quotas, Networking",
    ),
    (
        "SubnetIsFull",
        "Subnet Subnet1 with address prefix 10.0.0.0/24 does not have enough capacity for 1 IP "
        "addresses.",
        "a larger one",
    ),
    (
        "InsufficientSubnetSize",
        "Pre-allocated IPs 1280 exceeds IPs available 1024 in Subnet Cidr 10.240.100.0/22",
        "those of an upgrade included",
    ),
    (
        "ActivationFailed",
        "Unable to activate API service at this time. This could be temporary issue in the region.",
        "network status of API Management",
    ),
    (
        "ManagementApiRequestFailed",
        "Failed to connect to management endpoint a.management.azure-api.net:3443 for a service "
        "deployed in a Virtual Network.",
        "port 3443 from the service tag ApiManagement",
    ),
    (
        "SkuNotAvailable",
        "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
        "Standard_D2_v3' is currently not available in location 'westus2'.",
        "another region or size",
    ),
    (
        "BadRequest",
        "The VM size of Standard_B2s is not allowed in your subscription in location 'westus2'.",
        "one of the sizes in the message",
    ),
    (
        "ScopeLocked",
        "The scope '/x' cannot perform delete operation because following scope(s) are locked: "
        "'/x'. Please remove the lock and try again.",
        "owner of the lock",
    ),
    (
        "PrincipalNotFound",
        "Principal 0123 does not exist in the directory 4567.",
        "has not reached every directory server",
    ),
    (
        "ServiceAlreadyExistsInSoftDeletedState",
        "Api service apim-shop was soft-deleted. In order to create the new service with the same "
        "name, you have to either undelete the service or purge it.",
        "deploy with --restore",
    ),
    (
        "RunCommandBlockedByAzurePolicy",
        "Run command is blocked by external resource",
        "namespace aks-command",
    ),
)
"""What people have met, in Azure's words: code, message, and a word of the cause or next step."""


@pytest.mark.parametrize(("code", "message", "words"), MET, ids=lambda v: str(v)[:24])
def test_what_people_meet_has_a_cause_and_a_next_step(code: str, message: str, words: str) -> None:
    said = innermost({"error": {"code": code, "message": message}}, 409).sentence
    assert code in said and words in said and "Likely cause" in said and "Next step:" in said


def test_a_fault_keeps_the_resource_it_is_about() -> None:
    body = error(
        "A",
        "a",
        target="/subscriptions/s/resourceGroups/g/providers/M.A/b/c",
        details=[{"code": "B", "message": "b"}],
    )
    assert innermost(body).sentence.startswith("M.A/b c: B: b")


@pytest.mark.parametrize("body", [None, "", "<html>", [], {"error": None}, {"error": "text"}, "{"])
def test_an_answer_without_a_reason_is_still_a_sentence(body: Any) -> None:
    assert innermost(body, 502).sentence.startswith("502: HTTP 502. Likely cause: a fault inside")


def test_ids_are_said_as_people_say_them() -> None:
    id = "/subscriptions/s/resourceGroups/g/providers/M.A/b/c/d/e"
    assert resource_name(id) == "M.A/b/d c/e"
    assert type_of(id) == "M.A/b/d"
    assert resource_name("/subscriptions/s/resourceGroups/g") == "resource group g"


# Redaction

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    "secret",
    [
        forged(1),
        KEY,
        "0123456789abcdef0123456789abcdef",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "someone@example.org",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "a {} b", "x='{}'", '{{"k":"{}"}}', "({}),"])
def test_secrets_are_masked_by_their_shape(secret: str, frame: str) -> None:
    assert secret not in redacted(frame.format(secret))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("AccountKey=abcd1234;EndpointSuffix=core", "abcd1234"),
        ("https://x.blob.core.windows.net/c?sv=1&sig=abc", "sig=abc"),
        ('"password": "hunter22"', "hunter22"),
        ('\\"primaryKey\\":\\"hunter22\\"', "hunter22"),
        ("Ocp-Apim-Subscription-Key: hunter22", "hunter22"),
        ("Authorization: Bearer abcdefgh", "abcdefgh"),
    ],
)
def test_secrets_are_masked_by_their_name(text: str, secret: str) -> None:
    assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Microsoft.ApiManagement/service apim-retail01: Premium is not offered in westeurope.",
        "/resourceGroups/rg-retail01/providers/Microsoft.Network/virtualNetworks/vnet-retail01",
        "apim-aks-contoso-retail-public-services-10-foundation-3175146b",
        "~ properties.virtualNetworkType: External -> Internal",
        "20-token-certificates.yaml: done, 9 objects",
        "Resource provider Microsoft.Authorization: Azure was not contacted",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert redacted(text) == text


def test_values_under_a_secret_name_go_whole() -> None:
    held = {"a": {"primaryKey": "x1", "name": "n"}, "list": [{"connectionString": "y"}]}
    assert redacted_value(held) == {
        "a": {"primaryKey": "***", "name": "n"},
        "list": [{"connectionString": "***"}],
    }


# Sign-in


def test_a_missing_subscription_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_SUBSCRIPTION_ID", raising=False)
    with pytest.raises(SignInMissing, match="AZURE_SUBSCRIPTION_ID is not set"):
        azure()


def test_a_missing_sign_in_says_what_to_do() -> None:
    from azure.core.exceptions import ClientAuthenticationError

    class Nobody:
        def get_token(self, *scopes: str, **options: Any) -> Any:
            raise ClientAuthenticationError("CLI not logged in.\nLong help follows.")

    with pytest.raises(SignInMissing, match=r"Nobody is signed in .*; run az login\."):
        RememberedCredential(Nobody(), SignIn.CLI).get_token("x")


@pytest.mark.parametrize("takes_input", [True, False])
def test_a_notebook_asks_for_a_code_only_where_somebody_can_answer(
    monkeypatch: pytest.MonkeyPatch, takes_input: bool
) -> None:
    kernel = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=takes_input))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel))
    assert somebody_answers() is takes_input


def test_a_real_kernel_says_whether_it_takes_input() -> None:
    code = (
        "from apim_aks.remote.azure.signing_in import somebody_answers\nprint(somebody_answers())"
    )
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(node).execute()
    assert node.cells[0].outputs[0].text.strip() == "False"


def test_nobody_is_asked_for_a_code_in_a_headless_run() -> None:
    with pytest.raises(SignInMissing, match="asks a person and this run has none"):
        sign_in("device-code", headless=True)
    assert type(sign_in("device-code", headless=False)).__name__ == "DeviceCodeCredential"


def test_an_unknown_sign_in_names_the_choices() -> None:
    with pytest.raises(SignInMissing, match="'magic' is unknown; use one of default, cli"):
        sign_in("magic")


def test_the_identity_is_shortened() -> None:
    sentence = identity_of(forged(1), SUBSCRIPTION).sentence
    assert sentence == ("Signed in as a user …e5f6, tenant …c3d4, subscription …a1b2.")
    assert TENANT not in sentence


@pytest.mark.parametrize("address", ["https://x.blob.core.windows.net/c?sig=abc/def123", "/a"])
def test_the_end_of_an_address_is_said_without_its_signature(address: str) -> None:
    assert "def123" not in resource_name(address)


# The client


def test_lists_are_followed_to_their_last_page(tmp_path: Path) -> None:
    arm = Arm()
    arm.groups[GROUP] = {"id": arm.scope(GROUP), "name": GROUP}
    for n in range(5):
        arm.put(f"{arm.scope(GROUP)}/providers/Microsoft.Network/virtualNetworks/v{n}", type="t")
    with scene(tmp_path, arm) as live:
        assert len(live.client.resources_in(GROUP)) == 5
        assert live.arm.count("GET", "/resources$") == 3


def test_a_list_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    arm = Arm()
    link = {"value": [], "nextLink": "https://evil.example/steal"}
    arm.faults = [Fault("GET", "permissions", 200, link)]
    with scene(tmp_path, arm) as live, pytest.raises(AzureRefused, match="another host"):
        live.client.permissions("")


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        ("https://MANAGEMENT.azure.com:443/x?at=2", True),
        ("https://management.azure.com.evil.example/x", False),
        ("https://management.azure.com@evil.example/x", False),
        ("https://management.azure.com:444/x", False),
        ("http://management.azure.com/x", False),
    ],
)
def test_an_address_is_azures_by_scheme_host_and_port(link: str, followed: bool) -> None:
    client = AzureClient(Connection(credential=object(), subscription=SUBSCRIPTION))
    if followed:
        assert client._address(link) == link
    elif link.startswith("http://"):
        assert client._address(link).startswith("https://management.azure.com")
    else:
        with pytest.raises(AzureRefused, match="another host"):
            client._address(link)


def test_a_line_to_azure_is_given_up_in_time() -> None:
    held = Connection(credential=object(), subscription=SUBSCRIPTION).wire().connection_config
    assert (held.timeout, held.read_timeout) == (10.0, 60.0)


def test_time_is_configuration() -> None:
    timing = Timing(connect_seconds=1, answer_seconds=2, retries=3, first_pause_seconds=4)
    connection = Connection(credential=object(), subscription=SUBSCRIPTION, timing=timing)
    held, retry = connection.wire().connection_config, connection.retry()
    assert (held.timeout, held.read_timeout) == (1, 2)
    assert (retry.total_retries, retry.status_retries, retry.backoff_factor) == (3, 3, 4)


def test_how_often_it_is_said_that_something_runs_is_configuration() -> None:
    told: list[str] = []
    slept: list[float] = []
    timing = Timing(progress_minutes=6, longest_pause_seconds=120)
    connection = Connection(
        credential=object(),
        subscription=SUBSCRIPTION,
        timing=timing,
        sleep=slept.append,
        tell=told.append,
    )
    with connection.patient("Making it", minutes=20, later=""):
        connection.pause(13 * 60)
    assert told == ["Making it: still running, 6 minutes", "Making it: still running, 12 minutes"]
    assert slept == [120] * 6 + [60]


def test_nothing_registers_a_provider_behind_our_back(tmp_path: Path) -> None:
    arm = Arm()
    wanted = error("MissingSubscriptionRegistration", "Microsoft.Network is not registered.")
    arm.faults = [Fault("GET", "resourcegroups", 409, wanted)]
    with scene(tmp_path, arm) as live:
        with pytest.raises(AzureRefused, match="az provider register"):
            live.client.group(GROUP)
        assert live.arm.count("POST", "register") == 0


def test_a_host_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with scene(tmp_path) as live:
        live.client.connection.base_url = "https://localhost:1"
        with pytest.raises(AzureRefused, match="Azure could not be reached"):
            live.client.group(GROUP)
        assert len(live.pauses) < 8


def test_importing_the_package_loads_nothing_of_azure() -> None:
    code = (
        "import apim_aks.deployment, apim_aks.cli.azure, sys;"
        "print([m for m in sys.modules if m.startswith('azure')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_remembered_secret_is_masked_wherever_it_stands() -> None:
    remember("opaque.refresh.value", "…alue")
    assert redacted("x=OPAQUE.refresh.value;") == "x=…alue;"


# Redacted first, shortened afterwards

STRADDLING = (
    SUBSCRIPTION,
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    KEY,
    forged(1),
    "AccountKey=hunter22hunter22",
    "0123456789abcdef0123456789abcdef",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----",
)


def fragments(secret: str, length: int = 7) -> set[str]:
    """Every part of a secret of this length; the word before an equals sign is none."""
    bare = secret.replace("AccountKey=", "").replace("\n", " ")
    bare = bare.replace("-----BEGIN PRIVATE KEY-----", "").replace("-----END PRIVATE KEY-----", "")
    return {bare[n : n + length] for n in range(len(bare) - length + 1)}


def leaks(secret: str, text: str) -> list[str]:
    return sorted(f for f in fragments(secret) if f.strip() and f in text)


def azure_error_of(words: str) -> str:
    from azure.core.exceptions import AzureError, ServiceRequestError

    said = []
    for kind in (AzureError, ServiceRequestError):
        with pytest.raises(AzureRefused) as refused, refusing("Asking"):
            raise kind(words)
        said.append(str(refused.value))
    return " ".join(said)


def sign_in_error_of(words: str) -> str:
    from azure.core.exceptions import ClientAuthenticationError

    class Nobody:
        def get_token(self, *scopes: str, **options: Any) -> Any:
            raise ClientAuthenticationError(words)

    with pytest.raises(SignInMissing) as missing:
        RememberedCredential(Nobody(), SignIn.CLI).get_token("x")
    return str(missing.value)


def what_if_of(words: str) -> str:
    delta = [{"path": "properties.a", "propertyChangeType": "Modify", "after": words}]
    id = "/subscriptions/s/resourceGroups/g/providers/M.A/b/c"
    change = {"resourceId": id, "changeType": "Modify", "delta": delta}
    return changes_of({"changes": [change]})[0].properties[0].text


SHORTENED = {
    "a refusal": lambda words: innermost(error("Wrong", words)).sentence,
    "a refusal about something": lambda words: (
        innermost(error("Wrong", "No.", target=f"/a/{words}")).sentence
    ),
    "a line that broke": azure_error_of,
    "a sign-in": sign_in_error_of,
    "a property": what_if_of,
}


@pytest.mark.series
@pytest.mark.parametrize("secret", STRADDLING, ids=lambda s: s[:12])
@pytest.mark.parametrize("what", SHORTENED)
def test_no_cut_lets_a_part_of_a_secret_through(what: str, secret: str) -> None:
    remember(SUBSCRIPTION, "…a1b2")
    for length in range(0, 430, 1 if SEED else 5):
        words = ("ab " * 160)[: length - 1] + f" {secret} and more words" if length else secret
        assert leaks(secret, SHORTENED[what](words)) == [], length


@pytest.mark.parametrize("secret", [KEY, "ab2504ef-afda-dbde-ffac-ace5e82c3301"])
def test_no_line_break_of_a_table_lets_a_part_of_a_secret_through(secret: str) -> None:
    for length in range(60):
        words = f"{'a' * length} {secret} after"
        change = ResourceChange(
            id="/x",
            type="M.A/b",
            name="b",
            kind=ChangeType.UNSUPPORTED,
            properties=(),
            because=words,
        )
        stage = StagePlan(stage="10", deployment="d", group="g", because="", changes=(change,))
        text = plan_text(Plan("w", "o", None, (), (stage,)))
        whole = "".join(line.strip() for line in text.splitlines())
        assert leaks(secret, whole) == [], length
