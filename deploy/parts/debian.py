"""Parts that come as Debian packages: installed by apt where that is allowed, else unpacked into the cache.

The mirror is always the one that the machine's own apt uses; none is named here.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from machine import RecipeError, run, say, write_program

UPDATE_PAUSES_S = (5, 15)
KEYRING = "/usr/share/keyrings/debian-archive-keyring"
# MicroPython of this suite is version 1.25, and i386 is the width of the boards.
MICROPYTHON_SUITE = "trixie"
MICROPYTHON_PACKAGES = (
    "micropython",
    "libc6",
    "libffi8",
    "libgcc-s1",
    "libmbedcrypto16",
    "libmbedtls21",
    "libmbedx509-7",
)
# The same packages, as files of a mirror's pool with their SHA-256: they need no index, which a mirror may
# hold half renewed. A point release takes old files away; apt finds what has taken their place.
MICROPYTHON_FILES = {
    "pool/main/m/micropython/micropython_1.25.0+ds-1_i386.deb": (
        "a72799821cb45442150f8a7f0757bc8e4f9a4b64abccbd837d694a20d6900bb5"
    ),
    "pool/main/g/glibc/libc6_2.41-12+deb13u4_i386.deb": (
        "67bb4b54cf4bb6a380449dfa1852cd9135659f85360caa0e41d312f4b30e573a"
    ),
    "pool/main/libf/libffi/libffi8_3.4.8-2_i386.deb": (
        "8bafefb38c320ca27796070c881595ce04d900c3b534ac142a494daf1fe1db13"
    ),
    "pool/main/g/gcc-14/libgcc-s1_14.2.0-19_i386.deb": (
        "a4c71fd856d2a48a7505a087b4186e3cca23f94603c05e3fb7c799b27e72f761"
    ),
    "pool/main/m/mbedtls/libmbedcrypto16_3.6.6-0.1~deb13u1_i386.deb": (
        "aa4698ed436eebf77e3dc9f5c514073bd554109d857d887db5a367dde9a5c377"
    ),
    "pool/main/m/mbedtls/libmbedtls21_3.6.6-0.1~deb13u1_i386.deb": (
        "eb1b20154ce9008aca1d036698ffc12019020a54985d2c5ae3dc1c1c39c9e995"
    ),
    "pool/main/m/mbedtls/libmbedx509-7_3.6.6-0.1~deb13u1_i386.deb": (
        "fe6ba192c9227d30a4cd05a3bdeccdf9ff30d55b27d8ff488126c16dcf727cce"
    ),
}
FETCH_S = 60
MOSQUITTO_PACKAGES = (
    "mosquitto",
    "libcjson1",
    "libdlt2",
    "libev4",
    "libmosquitto1",
    "libuv1",
    "libwebsockets17",
    "libwrap0",
)


def install_mosquitto(target: Path) -> str:
    """Install Mosquitto by apt; without the right to do so, unpack it into the cache."""
    if os.geteuid() == 0:
        return install_by_apt("mosquitto")
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    say(f"mosquitto: not root, so the package is unpacked into {folder}")
    unpack(MOSQUITTO_PACKAGES, folder, available_only=True)
    libraries = folder / "usr/lib" / f"{platform.machine()}-linux-gnu"
    write_program(
        target,
        f"#!/bin/sh\nLD_LIBRARY_PATH={shlex.quote(str(libraries))}"
        f' exec {shlex.quote(str(folder / "usr/sbin/mosquitto"))} "$@"\n',
    )
    return f"unpacked the packages into {folder}"


def install_chromium(target: Path) -> str:
    """Install Chromium by apt; nothing of it goes into the cache."""
    del target
    return _install_as_root("chromium")


def install_libreoffice(target: Path) -> str:
    """Install LibreOffice's Calc without its windows by apt; nothing of it goes into the cache."""
    del target
    return _install_as_root("libreoffice-calc-nogui")


def install_poppler(target: Path) -> str:
    """Install what reads PDF back by apt; nothing of it goes into the cache."""
    del target
    return _install_as_root("poppler-utils")


def _install_as_root(package: str) -> str:
    if os.geteuid() != 0:
        raise RecipeError(
            f"{package} needs root to install; ask for `apt-get install {package}`, then try again"
        )
    return install_by_apt(package)


def install_by_apt(package: str) -> str:
    """Install one package with apt, after one `apt-get update` where apt does not know it yet."""
    need_apt()
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    say(f"{package}: apt-get install {package}")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", package)
    try:
        run(install, extra=quiet)
    except RecipeError:
        run(("apt-get", "update"), extra=quiet)
        run(install, extra=quiet)
    return f"installed the package {package} with apt"


def install_micropython(target: Path) -> str:
    """Unpack 32-bit MicroPython and its libraries into the cache, and write a script that runs it."""
    need_apt()
    if platform.machine() not in {"x86_64", "i686"}:
        raise RecipeError(f"32-bit MicroPython needs an x86 processor, not {platform.machine()}")
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    say(f"micropython: Debian {MICROPYTHON_SUITE}'s packages for i386 are unpacked into {folder}")
    address = mirror()
    try:
        unpack_files(address, MICROPYTHON_FILES, folder)
    except RecipeError as error:
        say(f"micropython: {error}; asking the mirror's index instead")
        unpack_by_index(address, folder)
    write_program(target, micropython_script(folder))
    return f"unpacked MicroPython into {folder}"


def unpack_files(address: str, files: dict[str, str], folder: Path) -> None:
    """Fetch files of a mirror's pool, each of which must have its SHA-256, and unpack them into a folder."""
    with tempfile.TemporaryDirectory(prefix="sera-deb-") as scratch:
        archives = []
        for path, expected in files.items():
            archive = Path(scratch) / Path(path).name
            archive.write_bytes(fetch(f"{address.rstrip('/')}/{quote(path)}"))
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            if digest != expected:
                raise RecipeError(f"{path} has SHA-256 {digest}, expected {expected}")
            archives.append(archive)
        for archive in archives:
            run(("dpkg", "-x", archive, folder))


def fetch(address: str) -> bytes:
    """Fetch one file from the mirror."""
    try:
        with urllib.request.urlopen(address, timeout=FETCH_S) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, ValueError) as error:
        raise RecipeError(f"{Path(address).name} was not to be had ({error})") from error


def unpack_by_index(address: str, folder: Path) -> None:
    """Find and check MicroPython's packages with apt, in the mirror's signed index."""
    with tempfile.TemporaryDirectory(prefix="sera-apt-") as scratch:
        private = private_apt(Path(scratch), address, MICROPYTHON_SUITE, "i386")
        extra = {"APT_CONFIG": str(private)}
        update_lists(extra)
        unpack(MICROPYTHON_PACKAGES, folder, extra=extra)


def update_lists(extra: dict[str, str]) -> None:
    """Fetch the mirror's signed lists, again where they contradict each other while it is being renewed."""
    for pause_s in UPDATE_PAUSES_S:
        try:
            run(("apt-get", "update"), extra=extra)
        except RecipeError:
            say(f"micropython: apt-get update failed; trying again in {pause_s} s")
            time.sleep(pause_s)
        else:
            return
    run(("apt-get", "update"), extra=extra)


def micropython_script(folder: Path) -> str:
    """Write the script that starts MicroPython through its own loader, wherever the cache folder is."""
    loader, libraries = folder / "usr/lib/ld-linux.so.2", folder / "usr/lib/i386-linux-gnu"
    program = folder / "usr/bin/micropython"
    words = (str(loader), "--library-path", str(libraries), str(program))
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'


def need_apt() -> None:
    """Fail where this is no Debian."""
    if not shutil.which("apt-get"):
        raise RecipeError(
            "this machine has no apt-get; install the program by hand and name it in its variable"
        )


def mirror() -> str:
    """Read the address of the machine's own Debian mirror out of apt's sources."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    # --no-release-info: also what no `apt-get update` has fetched yet.
    target = "$(RELEASE)|$(COMPONENT)|$(REPO_URI)"
    for line in run(("apt-get", "indextargets", "--no-release-info", "--format", target)).splitlines():
        release, component, address = line.split("|")
        if release == codename and component == "main":
            return address
    raise RecipeError(f"apt's sources name no mirror for {codename or 'this system'} with the component main")


def archive_keys() -> str:
    """Return the option that names Debian's keys; without such a file apt's own trusted ones hold."""
    files = [KEYRING + ending for ending in (".pgp", ".gpg") if Path(KEYRING + ending).is_file()]
    return f" signed-by={files[0]}" if files else ""


def private_apt(scratch: Path, address: str, suite: str, architecture: str) -> Path:
    """Lay out an apt configuration of its own, so that the machine's stays as it is."""
    for name in ("lists/partial", "archives/partial", "etc", "status.d"):
        (scratch / name).mkdir(parents=True)
    (scratch / "status").touch()
    sources = scratch / "sources.list"
    sources.write_text(
        f"deb [arch={architecture}{archive_keys()}] {address} {suite} main\n", encoding="utf-8"
    )
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Dir::State": str(scratch),
        "Dir::State::lists": str(scratch / "lists"),
        "Dir::State::status": str(scratch / "status"),
        "Dir::Cache": str(scratch),
        "Dir::Etc::sourcelist": str(sources),
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
    }
    written = scratch / "apt.conf"
    written.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()), encoding="utf-8")
    return written


def unpack(
    packages: tuple[str, ...], folder: Path, extra: dict[str, str] | None = None, available_only: bool = False
) -> None:
    """Download packages with apt and unpack each into a folder."""
    with tempfile.TemporaryDirectory(prefix="sera-deb-") as scratch:
        for package in packages:
            try:
                run(("apt-get", "download", package), folder=Path(scratch), extra=extra)
            except RecipeError:
                if not available_only or package == packages[0]:
                    raise
        for archive in sorted(Path(scratch).glob("*.deb")):
            run(("dpkg", "-x", archive, folder))
