"""The broker's jars: named by the pom beside this file, fetched once by Maven into the cache of the checkout."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.services.absence import Absent
from tests.services.debian import required

JAVA_AT_LEAST = 17  # https://kafka.apache.org/documentation/#java
_POM = Path(__file__).with_name("pom.xml")
_CACHE = Path(__file__).parents[3] / ".cache" / "services"


def version() -> str:
    """The pom is the one place that says it."""
    found = ET.parse(_POM).findtext(".//{*}kafka.version")  # noqa: S314 -- our own file
    assert found, f"{_POM} names no kafka.version"
    return found


def folder() -> Path:
    """Another pom is another folder."""
    return _CACHE / f"kafka-{version()}-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]}"


def are_here() -> bool:
    return folder().is_dir()


def fetch() -> None:
    """Download next to the final place and move there at the end, so that a folder that exists is complete."""
    maven = required("Kafka", "mvn")
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE, prefix="kafka-") as partial:
        target = Path(partial) / "jars"
        done = subprocess.run(
            [maven, "-B", "-q", "-ntp", "-f", _POM, "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={target}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Absent("Kafka", f"mvn could not fetch the jars: {done.stdout.strip()[-400:]}")
        shutil.rmtree(folder(), ignore_errors=True)
        target.rename(folder())


def java() -> Path:
    """A Java that is new enough to run them."""
    found = required("Kafka", "java")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(?:1\.)?(\d+)', said)
    if not match or int(match[1]) < JAVA_AT_LEAST:
        raise Absent("Kafka", f"needs Java {JAVA_AT_LEAST} or newer; `java -version` says {said.strip()[:80]!r}")
    return found
