"""Container images as files: there is no registry here."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

NAME: Final = "podroute.test/http-pod:1"
PLATFORM: Final = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
_MEDIA: Final = "application/vnd.oci.image"


class _Blob(NamedTuple):
    """A part of an image, which others know by its digest."""

    media: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def described(self) -> dict[str, object]:
        size = len(self.content)
        return {"mediaType": self.media, "digest": f"sha256:{self.digest}", "size": size}


def write_program(program: Path, path: Path) -> None:
    """An image that is one static program."""
    layer = _tar({program.name: program.read_bytes()}, 0o755)
    write_image(path, NAME, layer, {"Entrypoint": [f"/{program.name}"]})


def write_root(root: Path, path: Path, name: str, config: Mapping[str, object]) -> None:
    """An image whose root is a folder."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        archive.add(root, arcname=".")
    write_image(path, name, whole.getvalue(), config)


def write_image(path: Path, name: str, content: bytes, config: Mapping[str, object]) -> None:
    """An OCI image layout in a tar file, with one layer."""
    layer = _Blob(f"{_MEDIA}.layer.v1.tar", content)
    whole = {
        "architecture": PLATFORM,
        "os": "linux",
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}"]},
    }
    described = _Blob(f"{_MEDIA}.config.v1+json", json.dumps(whole).encode())
    listed = {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.manifest.v1+json",
        "config": described.described(),
        "layers": [layer.described()],
    }
    manifest = _Blob(f"{_MEDIA}.manifest.v1+json", json.dumps(listed).encode())
    named = {**manifest.described(), "annotations": {"io.containerd.image.name": name}}
    index = {"schemaVersion": 2, "manifests": [named]}
    files = {f"blobs/sha256/{one.digest}": one.content for one in (layer, described, manifest)}
    files["index.json"] = json.dumps(index).encode()
    files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    path.write_bytes(_tar(files, 0o644))


def _tar(files: dict[str, bytes], mode: int) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = mode, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()
