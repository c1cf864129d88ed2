#!/usr/bin/env python3
"""Programs that use the library from outside: $CONTAINERLIB_BUILD is the build directory."""
import contextlib, json, os, pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(os.environ["CONTAINERLIB_BUILD"])
sys.path.insert(0, str(SOURCE / "tests/support"))
import results

STRICT = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
TMP = contextlib.ExitStack()
work = pathlib.Path(TMP.enter_context(tempfile.TemporaryDirectory(prefix="containerlib-consumers-")))


def run(*command, env=None, **more):
    """Runs it and returns its output; an error shows all of it."""
    done = subprocess.run(list(map(str, command)), env={**os.environ, **(env or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def installed():
    """The package, installed below a folder of its own: (pkg-config's flags, environment to run with)."""
    stage = work / "stage"
    if not stage.exists():
        run("meson", "install", "-C", BUILD, "--no-rebuild", env={"DESTDIR": str(stage)})
    pc = next(stage.rglob("containerlib.pc")).parent
    flags = run("pkg-config", "--cflags", "--libs", "containerlib",
                env={"PKG_CONFIG_PATH": str(pc), "PKG_CONFIG_SYSROOT_DIR": str(stage)}).split()
    return flags, {"LD_LIBRARY_PATH": str(pc.parent)}


def compilers():
    return [c for c in ("g++", "clang++") if shutil.which(c)]


def compile_and_run(source, *options):
    flags, env = installed()
    for compiler in compilers():
        program = work / f"{source}-{compiler}"
        run(compiler, *STRICT, *options, HERE / source, "-o", program, *flags)
        print(run(program, tempfile.mkdtemp(dir=work), env=env), end="")


def test_installed_package():
    compile_and_run("consumer.cpp")


def test_without_exceptions():
    compile_and_run("no_exceptions.cpp", "-fno-exceptions", "-fno-rtti")


def test_each_header_stands_alone():
    flags = [flag for flag in installed()[0] if flag.startswith("-I")]
    headers = sorted((work / "stage").rglob("containerlib/*.hpp"))
    assert len(headers) >= 8
    for header in headers:
        for compiler in compilers():
            run(compiler, *STRICT, *flags, "-fsyntax-only", "-x", "c++", "-", input=f"#include <containerlib/{header.name}>\n")


def test_only_the_public_api_is_exported():
    library = next((work / "stage").rglob("libcontainerlib.so"))
    names = [line.split(" ", 2)[2] for line in run("nm", "-DC", "--defined-only", library).splitlines()]
    assert "containerlib::v0::version()" in names
    public = re.compile(r"((typeinfo|typeinfo name|vtable) for )?containerlib::v0::")
    wrong = [name for name in names if not public.match(name)]
    assert not wrong, (len(wrong), wrong[:5])


def test_loaded_and_unloaded_often():
    _, env = installed()
    library = next((work / "stage").rglob("libcontainerlib.so"))
    program = work / "plugin_host"
    run("gcc", "-Wall", "-Wextra", "-Werror", HERE / "plugin_host.c", "-o", program)
    print(run(program, library, env=env), end="")


def test_subproject():
    project = work / "project"
    (project / "subprojects").mkdir(parents=True)
    (project / "subprojects/containerlib").symlink_to(SOURCE)
    shutil.copy(HERE / "consumer.cpp", project)
    (project / "meson.build").write_text(
        "project('host', 'cpp', default_options: ['cpp_std=c++20'])\n"
        "containerlib = subproject('containerlib').get_variable('containerlib_dep')\n"
        "executable('host', 'consumer.cpp', dependencies: containerlib)\n")
    # How fast it runs is not the question here, how fast it is built is.
    run("meson", "setup", "--buildtype=plain", "-Dcontainerlib:werror=false", project / "build", project)
    run("ninja", "-C", project / "build", "host")
    print(run(project / "build/host", tempfile.mkdtemp(dir=work)), end="")


def test_tests_enabled_after_doctest_was_missing():
    """`./dev run` configures before `./dev test` installs doctest; meson remembers what it did not find."""
    compiler = work / "no-doctest"
    missing = work / "doctest-is-missing"
    missing.touch()
    compiler.write_text("#!/bin/sh\n[ ! -e %s ] || for a; do ! grep -qs doctest/doctest.h \"$a\" || exit 1; done\n"
                        "exec g++ \"$@\"\n" % missing)
    compiler.chmod(0o755)
    build = work / "build"
    tests = lambda: json.loads(run("meson", "introspect", "--tests", build))
    run("meson", "setup", build, SOURCE, env={"CXX": str(compiler)})
    assert not tests()
    missing.unlink()
    run("meson", "configure", build, "-Dtests=enabled")
    run("ninja", "-C", build, "build.ninja")
    assert tests()


if __name__ == "__main__":
    with TMP:
        results.main(globals())
