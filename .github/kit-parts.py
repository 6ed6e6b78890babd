"""Writes two parts of the offline kit: the SBOM and the licence texts of what the program is made from.

.github/kit runs it: kit-parts.py FOLDER TRIPLE
"""

import datetime
import importlib.metadata
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

LICENCE = re.compile(r"(licen[sc]e|copying|unlicense|notice|copyright)", re.IGNORECASE)
CODE = {".rs", ".c", ".h", ".cc", ".go", ".py", ".pl", ".sh", ".toml", ".json", ".yml"}


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(triple, edges):
    """Name and version of each crate that cargo compiles for these edges."""
    lines = output("cargo", "tree", "--locked", "--target", triple, "--edges", edges, "--prefix", "none", "--format", "{p}")
    return {tuple(line.split(" ")[:2]) for line in lines.splitlines() if line}


def key(package):
    return package["name"], "v" + package["version"]


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def licence(package):
    """The licence as an SPDX expression; old crates put a slash for OR."""
    return re.sub(r"\s*/\s*", " OR ", package["license"] or "")


def component(package, linked, checksums):
    out = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "scope": "required" if key(package) in linked else "excluded",
        "hashes": [{"alg": "SHA-256", "content": checksums[key(package)]}],
        "licenses": [{"expression": licence(package)}],
        "purl": purl(package),
    }
    if package["repository"]:
        out["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return out


def others():
    """What is linked into the program and no crate."""
    rust = output("rustc", "--version").split(" ")[1]
    zig = importlib.metadata.version("ziglang")
    for name, version, url, expression in [
        ("rust-std", rust, f"pkg:generic/rust-std@{rust}", "MIT OR Apache-2.0"),
        ("ziglang", zig, f"pkg:pypi/ziglang@{zig}", "MIT AND Apache-2.0 WITH LLVM-exception"),
    ]:
        licenses = [{"expression": expression}]
        yield {"type": "library", "bom-ref": url, "name": name, "version": version, "licenses": licenses, "purl": url}


def sbom(metadata, root, packages, linked):
    lock = pathlib.Path("Cargo.lock").read_text(encoding="utf-8")
    entry = re.compile(r'name = "(.*)"\nversion = "(.*)"\nsource = ".*"\nchecksum = "(.*)"')
    checksums = {(name, "v" + version): checksum for name, version, checksum in entry.findall(lock)}
    extra = list(others())
    names = {package["id"]: purl(package) for package in [root, *packages]}
    dependencies = []
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in names:
            used = [d["pkg"] for d in node["deps"] if any(kind["kind"] != "dev" for kind in d["dep_kinds"])]
            on = sorted({names[each] for each in used if each in names})
            if node["id"] == root["id"]:
                on += [each["bom-ref"] for each in extra]
            dependencies.append({"ref": names[node["id"]], "dependsOn": on})
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    application = {
        "type": "application",
        "bom-ref": purl(root),
        "name": root["name"],
        "version": root["version"],
        "description": root["description"],
        "licenses": [{"expression": licence(root)}],
        "purl": purl(root),
    }
    out = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": application,
        },
        "components": [component(package, linked, checksums) for package in packages] + extra,
        "dependencies": sorted(dependencies, key=lambda each: each["ref"]),
    }
    # The same contents have the same number.
    out["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(out, sort_keys=True)).urn
    return out


def texts(folder):
    """The licence texts in a folder and below: C sources have their own."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and LICENCE.match(path.name) and path.suffix.lower() not in CODE:
            text = path.read_text(encoding="utf-8", errors="replace")
            yield "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def notices(packages):
    """Every licence text once, each after the names of what it came with."""
    import ziglang

    zig = pathlib.Path(ziglang.__file__).parent
    came_with, stated = {}, []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        stated.append(f"{name}: {licence(package)}")
        found = list(texts(pathlib.Path(package["manifest_path"]).parent))
        if not found:
            sys.exit(f"no kit: {name} has no licence text")
        for text in found:
            came_with.setdefault(text, []).append(name)
    for name, path in [("zig", zig / "LICENSE"), ("LLVM's libunwind, by zig", zig / "lib/libunwind/LICENSE.TXT")]:
        came_with.setdefault(path.read_text(encoding="utf-8").strip("\n"), []).append(name)
    rule = "=" * 100
    parts = ["What konform is linked with or generated by, and the licence that each names. The texts follow.\n"]
    parts += ["\n".join(stated), ""]
    for text, names in came_with.items():
        parts += [rule, ", ".join(dict.fromkeys(names)), rule, "", text, ""]
    return "\n".join(parts)


def main():
    folder, triple = pathlib.Path(sys.argv[1]), sys.argv[2]
    metadata = json.loads(output("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", triple))
    linked, compiled = tree(triple, "normal"), tree(triple, "normal,build")
    root = next(p for p in metadata["packages"] if p["id"] == metadata["resolve"]["root"])
    packages = [p for p in metadata["packages"] if key(p) in compiled and p is not root]
    packages.sort(key=key)
    shipped = [p for p in packages if key(p) in linked]
    if not all(licence(p) for p in packages) or len(shipped) != len(linked) - 1:
        sys.exit("no kit: cargo tree and cargo metadata do not name the same crates, or one has no licence")
    bom = json.dumps(sbom(metadata, root, packages, linked), indent=1)
    (folder / "konform.cdx.json").write_text(bom + "\n", encoding="utf-8")
    (folder / "THIRD-PARTY-LICENSES.txt").write_text(notices(shipped), encoding="utf-8")
    print(f"{len(shipped)} crates are linked, {len(packages) - len(shipped)} more are used while it is built")


main()
