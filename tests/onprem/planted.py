"""Routes that are there before a provider is, as a person types them."""

from collections.abc import Mapping

from podroute.model.route import InstalledRoute


def ip_line(one: InstalledRoute, options: Mapping[str, str]) -> str:
    """For ``ip -batch``; ``options`` are those of the provider linux."""
    ours = options.get("protocol", "200")
    words = ["route", "add"]
    words += ["blackhole"] if one.kind == "blackhole" else []
    words += [str(one.destination), "proto", ours if one.ownership == "ours" else "static"]
    words += ["via", str(one.next_hop)] if one.next_hop else []
    for name in ("table", "metric"):
        words += [name, options[name]] if name in options else []
    return " ".join(words)


def bird_line(one: InstalledRoute) -> str:
    """For a static protocol of BIRD."""
    return f"route {one.destination} {f'via {one.next_hop}' if one.next_hop else 'blackhole'};"


def frr_line(one: InstalledRoute, options: Mapping[str, str]) -> str:
    """For ``vtysh``; ``options`` are those of the provider frr."""
    words = ["ip" if one.destination.version == 4 else "ipv6", "route", str(one.destination)]
    words += [str(one.next_hop or "blackhole")]
    words += ["tag", options.get("tag", "200")] if one.ownership == "ours" else []
    words += [options["distance"]] if "distance" in options else []
    words += ["vrf", options["vrf"]] if "vrf" in options else []
    return " ".join(words)
