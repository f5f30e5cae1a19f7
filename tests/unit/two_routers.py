"""Two routers that are files, as the configuration file names them."""

from pathlib import Path

from tests.unit.command import Ended, node_list, podroute, worker


class Two:
    """Files with the Nodes, and the routes of the routers ``left`` and ``right``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes = folder / "nodes.json"
        self.nodes.write_text(node_list(worker(0), worker(1)))
        self.plan = folder / "routes.plan"
        for name in ("left", "right"):
            self.set(name)

    def set(self, name: str, *routes: str) -> None:
        """From now on it has these."""
        (self.folder / name).write_text("".join(f"{one}\n" for one in routes))

    def has(self, name: str) -> list[str]:
        """What it has, sorted."""
        return sorted((self.folder / name).read_text().splitlines())

    def config(self, **faults: str) -> str:
        """The configuration file, with the faults of the routers."""
        lines = ["apiVersion: podroute/v1alpha1", "cluster-cidr: 10.200.0.0/16", "routers:"]
        for name in ("left", "right"):
            lines += [f"- name: {name}", "  provider: file", "  provider-option:"]
            lines += [f"    file: {self.folder / name}", f"    fault: {faults.get(name, 'none')}"]
        file = self.folder / "podroute.yaml"
        file.write_text("\n".join(lines))
        return f"--config={file}"

    def run(self, verb: str, *arguments: str, **faults: str) -> Ended:
        """With that file."""
        return podroute(verb, *arguments, self.config(**faults), "-f", str(self.nodes))
