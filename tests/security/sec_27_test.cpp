// SEC-27: what runs with the host's rights loads or executes something that the container has in
// its place: libraries of name services (CVE-2019-14271), nsenter (CVE-2022-1227), xz
// (CVE-2026-41567).
#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// Everything but busybox itself leaves a mark in /shared when it is executed or loaded.
void set_traps(const fs::path& root) {
  for (const auto& entry : fs::directory_iterator(root / "bin"))
    if (entry.is_symlink()) fs::remove(entry.path());
  fs::create_directories(root / "shared");
  for (const char* folder : {"sbin", "usr/sbin", "usr/local/bin", "usr/lib/git-core"})
    fs::create_directories(root / folder);
  const std::string trap = "#!/bin/busybox sh\necho \"$0 $*\" >>/shared/marks\n";
  for (const char* name : {"sh",       "bash", "mkdir",    "mount",    "umount",     "ls",
                           "ps",       "id",   "getent",   "env",      "true",       "xz",
                           "unxz",     "gzip", "gunzip",   "unpigz",   "zstd",       "bzip2",
                           "tar",      "cp",   "nsenter",  "setns",    "newuidmap",  "newgidmap",
                           "modprobe", "ip",   "iptables", "ldconfig", "pivot_root", "chroot"})
    for (const char* folder : {"bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin"}) {
      write_file(root / folder / name, trap);
      fs::permissions(root / folder / name, fs::perms(0755));
    }
  for (const char* folder : {"lib", "lib64", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu",
                             "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/gconv"}) {
    fs::create_directories(root / folder);
    for (const char* name :
         {"libnss_files.so.2", "libnss_trap.so.2", "libnss_dns.so.2", "libc.so.6", "libz.so.1",
          "liblzma.so.5", "libselinux.so.1", "UTF-16.so", "ISO8859-1.so", "trap.so"})
      fs::copy_file(HOSTILE_TRAP, root / folder / name);
  }
  write_file(root / "usr/lib/x86_64-linux-gnu/gconv/gconv-modules",
             "module UTF-8// INTERNAL trap 1\nmodule INTERNAL UTF-8// trap 1\n");
  write_file(root / "etc/ld.so.preload", "/lib/trap.so\n");
  write_file(root / "etc/nsswitch.conf", "passwd: trap files\ngroup: trap files\nhosts: trap\n");
}

/// A directory of the host in which a container can leave its marks.
class Marks {
 public:
  Marks() {
    fs::create_directory(dir);
    fs::permissions(dir, fs::perms::all);
  }
  ~Marks() { fs::remove_all(dir); }
  std::string text() const { return fs::exists(dir / "marks") ? read_file(dir / "marks") : ""; }
  const fs::path dir = Host::get().scratch / "marks";
};

const Args sleeps = {"/bin/busybox", "sleep", "60"}, echoes = {"/bin/busybox", "echo", "done"};

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-27 no trap of an image is sprung by the library") {
  SKIP_IF(std::string(HOSTILE) == HOSTILE_TRAP, "the trap is for x86-64");
  const Marks marks;
  const HostileImage image(*this, set_traps);
  const std::vector<cl::Mount> mounts = {
      {.source = marks.dir, .target = "/shared", .writable = true}};
  {
    cl::Container container = runtime().start(image, {.args = sleeps, .mounts = mounts});
    CHECK(container.exec(echoes).out == "done\n");
    CHECK_FALSE(container.try_exec(echoes, {.cwd = "/not/there"}).has_value());
    if (has_ids()) {
      CHECK(container.exec(echoes, {.user = "app"}).out == "done\n");
      CHECK(container.exec(echoes, {.user = "app:extra", .tty = true}).status.success());
    }
    container.inspect();
    container.stats();
    for (const cl::LogLine& line : container.logs()) (void)line;
    container.stop(0ms);
  }
  CHECK(runtime()
            .run(image, {.args = echoes, .cwd = "/made", .mounts = mounts, .tty = true})
            .status.success());
  const fs::path archive = host.scratch / "traps.tar";
  static_cast<const cl::Image&>(image).save(archive);
  runtime().load(archive);
  fs::remove(archive);
  CHECK(marks.text() == "");
  // The traps work: whoever asks for one springs it.
  runtime().run(image, {.args = {"gzip"}, .mounts = mounts});
  CHECK(contains(marks.text(), "gzip"));
}

TEST_CASE("SEC-27 no trap of a bundle is sprung by the OCI command") {
  SKIP_IF(std::string(HOSTILE) == HOSTILE_TRAP, "the trap is for x86-64");
  OciBundle bundle;
  set_traps(bundle.rootfs());
  const fs::path marks = bundle.rootfs() / "shared/marks";
  bundle.configure({.args = sleeps});
  const std::string id = bundle.running();
  CHECK(bundle.runtime({"exec", id, "/bin/busybox", "echo", "done"}).out == "done\n");
  CHECK(bundle.runtime({"exec", "--tty", id, "/bin/busybox", "true"}).code == 0);
  bundle.runtime({"exec", "--cwd", "/not/there", id, "/bin/busybox", "true"});
  for (const Args& words : std::vector<Args>{
           {"state", id}, {"ps", id}, {"list"}, {"events", "--stats", id}, {"kill", id, "TERM"}})
    bundle.runtime(words);
  bundle.remove(id);
  CHECK_FALSE(fs::exists(marks));
}
