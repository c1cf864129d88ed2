"""What the objects of a build call: for check_symbols and check_paths."""
import json, pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def calls(build):
    """(source file below src/, part of the build, {functions that it calls and does not define}) of each object."""
    build = pathlib.Path(build)
    objects = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if ROOT / "src" in source.parents and (build / entry["output"]).exists():
            objects[str(build / entry["output"])] = (str(source.relative_to(ROOT / "src")), part_of(entry["output"]))
    listing = subprocess.run(["nm", "--demangle", "--undefined-only", "--print-file-name", *objects],
                             check=True, capture_output=True, text=True).stdout
    found = {name: set() for name in objects}
    for line in listing.splitlines():
        name, _, symbol = line.partition(": ")
        # "                 U open64" and "U std::filesystem::absolute(std::filesystem::…)".
        found[name].add(re.sub(r"(?<=[a-z])64$", "", symbol.split(maxsplit=1)[1].partition("(")[0]))
    return [(*objects[name], symbols) for name, symbols in found.items()]


def part_of(output):
    """"containerlib-internal" of src/libcontainerlib-internal.a.p/base_error.cpp.o."""
    folder = pathlib.Path(output).parent.name
    return folder.removesuffix(".p").removesuffix(".a").removeprefix("lib")


def report(wrong, unused, count):
    """Prints what is wrong, and exceptions that nothing needs any more; exits."""
    lines = sorted(set(wrong)) + [f"{entry}: excepted, but it does not do that" for entry in sorted(unused)]
    print(*lines or [f"{count} objects, nothing that may not be"], sep="\n")
    sys.exit(bool(lines) or count < 100)
