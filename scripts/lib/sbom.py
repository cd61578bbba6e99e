"""Puts one CycloneDX document together: the Java libraries as Maven's plugin lists them, what the chat page bundles, llama.cpp and
what is inside it, the compiler's libraries, and the Java runtime. Part of scripts/package."""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER_LIBRARIES = {
    "libstdc++.so.6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgcc_s.so.1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgomp.so.1": "GPL-3.0-or-later WITH GCC-exception-3.1",
}


def component(name, version, purl, license_expression, **more):
    made = {"type": "library", "bom-ref": purl, "name": name, "purl": purl}
    if version:
        made["version"] = version
    made["licenses"] = [{"expression": license_expression}]
    return {**made, **more}


def sha256(path):
    return {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}


def page_components(package, lock):
    """Those of the page's packages that its sources import; the others only build it."""
    known = json.loads(package.read_text())["devDependencies"]
    locked = json.loads(lock.read_text())["packages"]
    imported = set()
    for source in (package.parent / "src").rglob("*"):
        if source.suffix in {".ts", ".js", ".svelte"} and ".test." not in source.name:
            imported |= set(re.findall(r"""(?:from|import)\s*\(?\s*['"]([^'"./][^'"]*)['"]""", source.read_text()))
    names = {name for name in known for path in imported if path == name or path.startswith(name + "/")}
    for name in sorted(names):
        entry = locked[f"node_modules/{name}"]
        algorithm, digest = entry["integrity"].split("-", 1)
        yield component(
            name,
            entry["version"],
            f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}",
            entry["license"],
            hashes=[{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
        )


def native_components(source, folder):
    version = re.search(r'set\(LLAMA_RELEASE "([^"]+)"\)', source.read_text())[1]
    yield component("llama.cpp", version, f"pkg:github/ggml-org/llama.cpp@v{version}", "MIT")
    for part in json.loads((ROOT / "packaging" / "native-components.json").read_text()):
        yield component(
            part["name"],
            None,
            f"pkg:generic/{part['group']}/{part['name']}",
            part["license"],
            description=f"as llama.cpp {version} holds it",
            externalReferences=[{"type": "vcs", "url": part["url"]}],
        )
    gcc = subprocess.run(["c++", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    for name, license_expression in COMPILER_LIBRARIES.items():
        if (folder / name).exists():
            yield component(name, gcc, f"pkg:generic/gcc/{name}@{gcc}", license_expression, hashes=[sha256(folder / name)])


def java_component(release):
    facts = dict(re.findall(r'^(\w+)="([^"]*)"$', release.read_text(), re.MULTILINE))
    version = facts["JAVA_RUNTIME_VERSION"] if "JAVA_RUNTIME_VERSION" in facts else facts["JAVA_VERSION"]
    made = component(
        "java-runtime", version, f"pkg:generic/openjdk@{version.replace('+', '%2B')}", "GPL-2.0-only WITH Classpath-exception-2.0"
    )
    made["type"] = "platform"
    made["description"] = "modules " + facts.get("MODULES", "")
    return made


def say_what_is_renewed(components, jars):
    """Jars that are not as they were published have another checksum."""
    for part in components:
        jar = jars / f"{part['name']}-{part['version']}.jar"
        published = [each["content"] for each in part.get("hashes", []) if each["alg"] == "SHA-256"]
        if jar.exists() and published and sha256(jar)["content"] not in published:
            part["hashes"] = [sha256(jar)]
            part["pedigree"] = {"notes": "The published jar, its class files in the format of the packaged Java."}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--version", required=True)
    arguments.add_argument("--maven", type=pathlib.Path, required=True)
    arguments.add_argument("--jars", type=pathlib.Path, required=True)
    arguments.add_argument("--npm", type=pathlib.Path, nargs=2, required=True)
    arguments.add_argument("--native", type=pathlib.Path, nargs=2, required=True)
    arguments.add_argument("--java", type=pathlib.Path, required=True)
    arguments.add_argument("--output", type=pathlib.Path, required=True)
    given = arguments.parse_args()

    document = json.loads(given.maven.read_text())
    server = document["metadata"]["component"]
    server["type"] = "application"
    server["version"] = given.version
    say_what_is_renewed(document["components"], given.jars)
    others = [*page_components(*given.npm), *native_components(*given.native), java_component(given.java)]
    document["components"] += others
    for dependency in document["dependencies"]:
        if dependency["ref"] == server["bom-ref"]:
            dependency["dependsOn"] = [*dependency.get("dependsOn", []), *(part["bom-ref"] for part in others)]
    given.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
