// SEC-23: a length of 16 bits in what a runtime tells its child wraps, and data is taken for
// instructions (CVE-2021-43784).
#include <sys/resource.h>

#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

const std::string large = std::string(70'000, 'x');
constexpr int many = 100'000;

std::string mounts_json() {
  std::string out;
  for (int i = 0; i < many; ++i)
    out += (i ? "," : "") + (R"({"destination":"/m/)" + std::to_string(i)) +
           R"(","type":"tmpfs","source":"tmpfs"})";
  return "[" + out + "]";
}

std::string id_map(int lines) {
  std::string out;
  for (int i = 0; i < lines; ++i) {
    const std::string id = std::to_string(2 * i);
    out += (i ? "," : "") + (R"({"containerID":)" + id) + R"(,"hostID":)" +
           std::to_string(100000 + 2 * i) + R"(,"size":1})";
  }
  return "[" + out + "]";
}

/// In MiB, the most that this process, or the largest it has waited for, has had.
long peak(int whose) {
  rusage usage{};
  ::getrusage(whose, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-23 texts of more than 64 KiB arrive whole") {
  const Args count = {"sh", "-c", "echo ${#VALUE} ${#1} ${#2} $3", "sh", large, large, "end"};
  const std::string right = "70000 70000 70000 end\n";
  CHECK(run(count, {.env = {{"VALUE", large}}}).out == right);
  cl::Container container = start({"sleep", "60"}, {.env = {{"VALUE", large}}});
  CHECK(container.exec(count).out == right);
}

TEST_CASE("SEC-23 texts of more than 64 KiB arrive whole from a bundle") {
  OciBundle bundle;
  bundle.configure({.args = {"sh", "-c", "echo ${#1} ${#2} $3", "sh", large, large, "end"}});
  const CommandResult result = bundle.runtime({"run", bundle.new_id()});
  CHECK_MESSAGE(result.out == "70000 70000 end\n", result.err);
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-23 a hundred thousand mounts are an error, soon and in little memory") {
  std::vector<cl::Mount> mounts;
  for (int i = 0; i < many; ++i) mounts.push_back({.target = "/m/" + std::to_string(i)});
  const long before = peak(RUSAGE_SELF);
  const auto start = std::chrono::steady_clock::now();
  const auto error = error_of([&] { run({"true"}, {.mounts = mounts}); });
  REQUIRE(error);
  CHECK_MESSAGE(contains(error->what(), "too many mounts"), std::string(error->what()));
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  CHECK(peak(RUSAGE_SELF) - before < 512);
}

TEST_CASE("SEC-23 a hundred thousand mounts of a bundle are an error, soon and in little memory") {
  OciBundle bundle;
  bundle.configure();
  std::string config = read_file(bundle.dir() / "config.json");
  const std::size_t begin = config.find('[', config.find("\"mounts\"")),
                    end = config.find(R"(, "linux")");
  config.replace(begin, end - begin, mounts_json());
  write_file(bundle.dir() / "config.json", config);
  const auto start = std::chrono::steady_clock::now();
  const CommandResult result = bundle.create(bundle.new_id());
  CHECK(result.code == 1);
  CHECK_MESSAGE(contains(result.err, "too many mounts"), result.err);
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  CHECK(peak(RUSAGE_CHILDREN) < 512);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("SEC-23 an id map of 70,000 bytes is refused, one the kernel takes is taken") {
  SKIP_IF(!is_root(), "an ordinary user's map has one line here");
  OciBundle bundle;
  const auto run = [&](int lines) {
    const std::string map = id_map(lines);
    bundle.configure({.args = {"sh", "-c", "cat /proc/self/uid_map | wc -l"},
                      .linux_members = R"(, "uidMappings": )" + map + R"(, "gidMappings": )" + map,
                      .namespaces = {"pid", "mount", "ipc", "uts", "network", "user"}});
    return bundle.runtime({"run", bundle.new_id()});
  };
  const CommandResult fine = run(200);
  CHECK_MESSAGE(fine.out == "200\n", fine.err);
  const CommandResult refused = run(4500);
  CHECK(refused.code == 1);
  CHECK_MESSAGE(contains(refused.err, "id map"), refused.err);
  CHECK_MESSAGE(contains(refused.err, "340 lines"), refused.err);
  CHECK(bundle.leaks() == "");
}
