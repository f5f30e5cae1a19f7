"""Since which boot does the kernel run? Notes of what it was like end with it."""

from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id() -> str:
    """Another after each boot; "" where the kernel does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_of_another(boot: str, now: str) -> bool:
    """Whether both are known, and differ."""
    return bool(boot and now) and boot != now
