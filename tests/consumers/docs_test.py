#!/usr/bin/env python3
"""Compiles every ```cpp block of the documentation, so that what it shows is true.

A block that has no #include is the body of a function that has what the earlier chapters made:
`runtime`, `image` and `container`.
"""
import pathlib, re, subprocess, sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
import results

FRAME = """#include <containerlib/containerlib.hpp>
#include <iostream>
#include <thread>
namespace cl = containerlib;
using namespace cl::literals;
using namespace std::chrono_literals;
[[maybe_unused]] static void snippet(cl::Runtime& runtime, cl::Image& image, cl::Container& container) {
  (void)runtime, (void)image, (void)container;
  {
%s
  }
}
"""


def blocks(file):
    """(line, text) of each C++ block."""
    text = file.read_text()
    for block in re.finditer(r"^```cpp\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, block.start()) + 1, block[1]


def check(file):
    for line, code in blocks(file):
        text = code if "#include" in code else FRAME % code
        done = subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-unused", "-fsyntax-only",
                               "-I", SOURCE / "include", "-x", "c++", "-"], input=text, text=True, capture_output=True)
        assert done.returncode == 0, f"{file.relative_to(SOURCE)}:{line}\n{done.stderr}"


def check_links(file):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", file.read_text()):
        assert (file.parent / target).exists(), f"{file.name} links to {target}, which is not there"


def cases():
    for file in [*sorted(SOURCE.glob("*.md")), *sorted(SOURCE.glob("docs/*.md"))]:
        if next(blocks(file), None):
            yield f"test_snippets_of_{file.stem}", lambda file=file: check(file)
        yield f"test_links_of_{file.stem}", lambda file=file: check_links(file)


if __name__ == "__main__":
    results.main(dict(cases()))
