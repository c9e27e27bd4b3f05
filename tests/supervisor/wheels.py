"""Libraries for tests, as files that pip takes: made here, so no test needs the network."""

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str, version: str = "1.0", **files: str) -> Path:
    """Writes a wheel of one package; `files` are the texts of its Python modules."""
    info = f"{name}-{version}.dist-info"
    content = {f"{name}/{module}.py": text for module, text in files.items()}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in content.items()]
    content[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"])
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def make_source(folder: Path, name: str, trace: Path) -> Path:
    """Writes a source distribution whose setup.py leaves a file as its trace when it is run."""
    setup = (
        f"open({str(trace)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name={name!r})\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}-1.0.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for path, text in (
            ("setup.py", setup),
            ("PKG-INFO", f"Metadata-Version: 1.0\nName: {name}\nVersion: 1.0\n"),
        ):
            member = tarfile.TarInfo(f"{name}-1.0/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return source


def hash_of(file: Path) -> str:
    """Returns a file's hash as requirements.txt holds it."""
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
