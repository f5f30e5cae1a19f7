"""A container image that is one static program, as a file: there is no registry here."""

import hashlib
import io
import json
import platform
import tarfile
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


def write_image(program: Path, path: Path) -> None:
    """An OCI image layout in a tar file."""
    layer = _Blob(f"{_MEDIA}.layer.v1.tar", _tar({program.name: program.read_bytes()}, 0o755))
    config = {
        "architecture": PLATFORM,
        "os": "linux",
        "config": {"Entrypoint": [f"/{program.name}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}"]},
    }
    described = _Blob(f"{_MEDIA}.config.v1+json", json.dumps(config).encode())
    listed = {
        "schemaVersion": 2,
        "mediaType": f"{_MEDIA}.manifest.v1+json",
        "config": described.described(),
        "layers": [layer.described()],
    }
    manifest = _Blob(f"{_MEDIA}.manifest.v1+json", json.dumps(listed).encode())
    named = {**manifest.described(), "annotations": {"io.containerd.image.name": NAME}}
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
