"""What every option promises, whatever else it promises."""

from __future__ import annotations

from apim_aks.topology import Derived, Expectation, Measured, Probe


def common(option: str, entry: str, vantage: str) -> tuple[Expectation, ...]:
    """Keys are demanded, operations reach their Service, the tier can do it: true of all options.

    `entry` is the component that consumers call, `vantage` the place they call it from.
    """
    return (*_derived(option), *_keys(option, entry, vantage))


def _derived(option: str) -> tuple[Expectation, ...]:
    return (
        Expectation(
            f"{option}.operations-reach-their-service",
            "K3",
            "Every published operation reaches the Service that declares it",
            Derived("operations-reach-their-service"),
        ),
        Expectation(
            f"{option}.tier-can",
            "V2",
            "The tier has every feature that the option needs",
            Derived("tier-can"),
        ),
        Expectation(
            f"{option}.nothing-around-the-gateway",
            "D1",
            "No path leads to a published Service without the gateway's own credential or address",
            Measured("around-the-gateway", 1.5),
        ),
    )


def _keys(option: str, entry: str, vantage: str) -> tuple[Expectation, ...]:
    return (
        Expectation(
            f"{option}.missing-key-refused",
            "S1",
            "A call without a subscription key is refused and never reaches a back end",
            Probe(vantage, entry, "no subscription key", "401, no back-end telemetry"),
        ),
        Expectation(
            f"{option}.wrong-key-refused",
            "S1",
            "A call with a wrong subscription key is refused and never reaches a back end",
            Probe(vantage, entry, "an invented subscription key", "401, no back-end telemetry"),
        ),
        Expectation(
            f"{option}.valid-key-served",
            "S1",
            "A call with a valid key and token is served",
            Probe(vantage, entry, "a valid key and token", "the Service's answer"),
        ),
    )
