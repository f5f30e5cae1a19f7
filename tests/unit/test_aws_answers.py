"""EC2's answers, reduced to interfaces."""

import msgspec

from podroute.providers.aws.answers import InstancesAnswer, interfaces


def test_every_interface_of_every_instance_has_its_addresses_primary_first() -> None:
    answer = {
        "Reservations": [
            {
                "Instances": [
                    {
                        "InstanceId": "i-1",
                        "State": {"Name": "stopped"},
                        "PrivateDnsName": "ip-10-240-0-30.internal",
                        "Tags": [{"Key": "Name", "Value": "worker0"}],
                        "NetworkInterfaces": [
                            {
                                "NetworkInterfaceId": "eni-1",
                                "SourceDestCheck": True,
                                "PrivateIpAddresses": [
                                    {"PrivateIpAddress": "10.240.0.130", "Primary": False},
                                    {"PrivateIpAddress": "10.240.0.30", "Primary": True},
                                ],
                                "Ipv6Addresses": [
                                    {"Ipv6Address": "fd00::2"},
                                    {"Ipv6Address": "fd00::1", "IsPrimaryIpv6": True},
                                ],
                            },
                            {"NetworkInterfaceId": "eni-2"},
                        ],
                    }
                ]
            }
        ]
    }

    first, second = interfaces([msgspec.convert(answer, InstancesAnswer)])

    assert [str(one) for one in first.addresses] == [
        "10.240.0.30",
        "10.240.0.130",
        "fd00::1",
        "fd00::2",
    ]
    assert (first.id, first.instance, first.running, first.checked, first.alone) == (
        "eni-1",
        "i-1",
        False,
        True,
        False,
    )
    assert (first.name_tag, first.private_dns_name) == ("worker0", "ip-10-240-0-30.internal")
    assert str(first.address(6)) == "fd00::1"
    assert (second.addresses, second.address(4)) == ((), None)
