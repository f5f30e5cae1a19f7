"""A VPC with route tables and workers, as a person would set it up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from podroute.model.cidr import Cidr
from podroute.providers.aws.marks import mark_of, with_marks
from podroute.testing.aws.cloud import give_ipv6
from podroute.testing.aws.server import Ec2Server

NETWORK: Final = "10.240.0.0/16"
SUBNET: Final = "10.240.0.0/24"
_IMAGE: Final = "ami-03cf127a"
_AT_ONCE: Final = 50  # instances


@dataclass(frozen=True, slots=True)
class Worker:
    """An instance and its first interface."""

    instance: str
    interface: str


class Vpc:
    """One network with one subnet; ``ipv6`` is its range, else Amazon chooses one."""

    def __init__(
        self, server: Ec2Server, cidr: str = NETWORK, subnet: str = SUBNET, *, ipv6: str = ""
    ) -> None:
        self._client = server.client()
        found = self.call("create_vpc", CidrBlock=cidr, AmazonProvidedIpv6CidrBlock=True)["Vpc"]
        self.id: str = found["VpcId"]
        self.ipv6: str = ipv6 or found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        if ipv6:
            give_ipv6(self.id, ipv6)
        made = self.call("create_subnet", VpcId=self.id, CidrBlock=subnet)
        self._subnet: str = made["Subnet"]["SubnetId"]

    def call(self, method: str, **parameters: object) -> Mapping[str, Any]:
        """What boto3 answers."""
        ask: Callable[..., Mapping[str, Any]] = getattr(self._client, method)
        return ask(**parameters)

    def table(self, **tags: str) -> str:
        """A new route table with these tags, ``Name=kubernetes`` where none are given."""
        table: str = self.call("create_route_table", VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.tag(table, tags or {"Name": "kubernetes"})
        return table

    def tag(self, name: str, tags: Mapping[str, str]) -> None:
        """Writes tags."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.call("create_tags", Resources=[name], Tags=pairs)

    def tags(self, table: str) -> Mapping[str, str]:
        """Those of a route table."""
        found = self.call("describe_route_tables", RouteTableIds=[table])["RouteTables"][0]
        return {tag["Key"]: tag["Value"] for tag in found["Tags"]}

    def worker(self, name: str, *addresses: str, checked: bool = False) -> Worker:
        """A running instance with these addresses at its first interface."""
        v4, *v6 = sorted(addresses, key=lambda one: ip_address(one).version)
        made = self.call(
            "run_instances",
            ImageId=_IMAGE,
            MinCount=1,
            MaxCount=1,
            SubnetId=self._subnet,
            PrivateIpAddress=v4,
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}
            ],
        )["Instances"][0]
        interface: str = made["NetworkInterfaces"][0]["NetworkInterfaceId"]
        if v6:
            self.call("assign_ipv6_addresses", NetworkInterfaceId=interface, Ipv6Addresses=v6)
        if not checked:
            value = {"Value": False}
            self.call(
                "modify_network_interface_attribute",
                NetworkInterfaceId=interface,
                SourceDestCheck=value,
            )
        return Worker(made["InstanceId"], interface)

    def many(self, count: int) -> Sequence[str]:
        """The addresses of so many new instances."""
        found: list[str] = []
        while more := min(_AT_ONCE, count - len(found)):
            made = self.call(
                "run_instances", ImageId=_IMAGE, MinCount=more, MaxCount=more, SubnetId=self._subnet
            )
            found += [one["PrivateIpAddress"] for one in made["Instances"]]
        return found

    def second_interface(self, worker: Worker, address: str) -> str:
        """The id of one more interface of that instance."""
        made = self.call(
            "create_network_interface", SubnetId=self._subnet, PrivateIpAddress=address
        )
        name: str = made["NetworkInterface"]["NetworkInterfaceId"]
        self.call(
            "attach_network_interface",
            NetworkInterfaceId=name,
            InstanceId=worker.instance,
            DeviceIndex=1,
        )
        return name

    def placed(self, worker: Worker) -> tuple[str, str]:
        """Its subnet, and its first security group."""
        found = self.call("describe_instances", InstanceIds=[worker.instance])
        interface = found["Reservations"][0]["Instances"][0]["NetworkInterfaces"][0]
        return interface["SubnetId"], interface["Groups"][0]["GroupId"]

    def open_to(self, table: str, worker: Worker, cidrs: Iterable[str]) -> None:
        """Its subnet uses that table, and its security group lets in what these ranges send."""
        subnet, group = self.placed(worker)
        self.call("associate_route_table", RouteTableId=table, SubnetId=subnet)
        ranges = [{"CidrIpv6" if ":" in one else "CidrIp": one} for one in cidrs]
        self.call(
            "authorize_security_group_ingress",
            GroupId=group,
            IpPermissions=[
                {
                    "IpProtocol": "-1",
                    "IpRanges": [one for one in ranges if "CidrIp" in one],
                    "Ipv6Ranges": [one for one in ranges if "CidrIpv6" in one],
                }
            ],
        )

    def terminate(self, worker: Worker) -> None:
        """It leaves black holes behind."""
        self.call("terminate_instances", InstanceIds=[worker.instance])

    def route(self, table: str, destination: Cidr, **target: str) -> None:
        """Somebody writes a route, e.g. with ``NetworkInterfaceId=…``."""
        version = "" if destination.version == 4 else "Ipv6"  # noqa: PLR2004
        where = {f"Destination{version}CidrBlock": str(destination)}
        self.call("create_route", RouteTableId=table, **where, **target)

    def mark(
        self, table: str, destination: Cidr, worker: Worker, cluster: str = "kubernetes"
    ) -> None:
        """That route counts as that cluster's own."""
        marks = [mark_of(destination, worker.interface)]
        self.tag(table, with_marks(self.tags(table), cluster, marks))

    def routes(self, table: str) -> Sequence[tuple[str, str, str]]:
        """Destination, target and state of those that are not local, in one order."""
        found = self.call("describe_route_tables", RouteTableIds=[table])["RouteTables"][0]
        return sorted(
            (
                one.get("DestinationCidrBlock")
                or one.get("DestinationIpv6CidrBlock")
                or one["DestinationPrefixListId"],
                one.get("InstanceId") or one.get("NetworkInterfaceId") or one.get("GatewayId", ""),
                one["State"],
            )
            for one in found["Routes"]
            if one.get("GatewayId") != "local"
        )
