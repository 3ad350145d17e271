"""How much of the machine our own database may use: memory, disk for its log, and what never varies."""

import os
import shutil
from pathlib import Path

MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE


def memory_bytes() -> int:
    """The memory this process may use: the machine's, or less where a container limits it."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit_file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limit = Path(limit_file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdecimal():
            return min(installed, int(limit))
    return installed


def server_settings(
    *, memory: int, free_disk: int, socket_folder: Path, has_lz4: bool, little_shared_memory: bool, small: bool
) -> dict[str, str]:
    """The server's settings by name, worked out from the bytes of memory and of free disk.

    >>> many = server_settings(memory=64 * GIGABYTE, free_disk=500 * GIGABYTE, socket_folder=Path("/s"),
    ...     has_lz4=True, little_shared_memory=False, small=False)
    >>> many["shared_buffers"], many["max_wal_size"], many["wal_compression"]
    ('4096MB', '16384MB', 'lz4')
    >>> few = server_settings(memory=256 * MEGABYTE, free_disk=2 * GIGABYTE, socket_folder=Path("/s"),
    ...     has_lz4=False, little_shared_memory=True, small=False)
    >>> few["shared_buffers"], few["max_wal_size"], few["wal_compression"], few["dynamic_shared_memory_type"]
    ('128MB', '204MB', 'pglz', 'mmap')
    """
    if small:
        memory = min(memory, 512 * MEGABYTE)
        free_disk = min(free_disk, 10 * GIGABYTE)
    settings = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": _megabytes(memory // 4, at_least=128, at_most=4096),
        "effective_cache_size": _megabytes(memory * 5 // 8, at_least=256, at_most=1024 * 1024),
        "maintenance_work_mem": _megabytes(memory // 16, at_least=64, at_most=1024),
        "max_wal_size": _megabytes(free_disk // 10, at_least=128, at_most=16384),
        "wal_compression": "lz4" if has_lz4 else "pglz",
        "checkpoint_timeout": "15min",
        "synchronous_commit": "on",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Recovery must say that it progresses: whoever waits for it listens to the log.
        "log_startup_progress_interval": "5s",
    }
    if little_shared_memory:
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def settings_for_this_machine(data: Path, *, socket_folder: Path, has_lz4: bool, small: bool) -> dict[str, str]:
    """The settings for a database kept in `data` on the machine we are running on."""
    return server_settings(
        memory=memory_bytes(),
        free_disk=shutil.disk_usage(data).free,
        socket_folder=socket_folder,
        has_lz4=has_lz4,
        little_shared_memory=_little_shared_memory(),
        small=small,
    )


def settings_text(settings: dict[str, str]) -> str:
    """The settings as the text of a configuration file.

    >>> print(settings_text({"listen_addresses": "", "search": "it's"}), end="")
    # Written by Farthing at each start of the server; what you change here is lost. Use ALTER SYSTEM.
    listen_addresses = ''
    search = 'it''s'
    """
    lines = ["# Written by Farthing at each start of the server; what you change here is lost. Use ALTER SYSTEM."]
    for name, value in settings.items():
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'")
    return "\n".join(lines) + "\n"


def _megabytes(wanted_bytes: int, *, at_least: int, at_most: int) -> str:
    return f"{max(at_least, min(at_most, wanted_bytes // MEGABYTE))}MB"


def _little_shared_memory() -> bool:
    # Containers often have 64 MB of /dev/shm, too little for one parallel query.
    try:
        return shutil.disk_usage("/dev/shm").total < 256 * MEGABYTE
    except OSError:
        return False
