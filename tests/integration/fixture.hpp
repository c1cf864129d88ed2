#pragma once
#include <doctest/doctest.h>

#include <containerlib/containerlib.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "integration/command.hpp"
#include "integration/leaks.hpp"
#include "support/skip.hpp"

namespace tests {

namespace cl = containerlib;
using namespace containerlib::literals;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Args = std::vector<std::string>;

/// Directories of one test program, removed when it ends, and the image busybox in its store.
class Host {
 public:
  static Host& get();
  const std::filesystem::path scratch;  ///< for the tests' own files
  const std::filesystem::path root, run_root;
  cl::RuntimeOptions options() const;
  std::filesystem::path busybox_root() const { return scratch / "busybox"; }

 private:
  Host();
  ~Host();
};

/// A Runtime on the program's store; checks at the end of the test case that nothing is left of it:
/// no process, mount, cgroup, file, descriptor.
class Containers {
 public:
  Containers();
  Containers(const Containers&) = delete;
  ~Containers();

  Host& host = Host::get();
  cl::Runtime& runtime() { return *runtime_; }
  const cl::Image& busybox() { return *busybox_; }
  /// Lets go of the Runtime: as the host program's end, but for open containers.
  void close();

  cl::Completed run(Args args, cl::ContainerOptions options = {});
  /// The output of a shell script in a container; fails the test when its status is not 0.
  std::string shell(const std::string& script, cl::ContainerOptions options = {});
  cl::Container start(Args args, cl::ContainerOptions options = {});

 private:
  Traces before_;
  std::optional<cl::Runtime> runtime_;
  std::optional<cl::Image> busybox_;
};

/// The error that `call` throws; fails the test, and is empty, when it throws none.
template <class Call>
std::optional<cl::Error> error_of(Call&& call) {
  try {
    call();
  } catch (const cl::Error& error) {
    return error;
  }
  return std::nullopt;
}

inline bool is_root() { return ::geteuid() == 0; }
/// The process that watches a running container, or a process in one. Throws when there is none.
int monitor_of(const cl::Container&);
int monitor_of(int pid);
/// Whether containers have more than one user id here: root, or subordinate ids and newuidmap.
bool has_ids();
/// Why a limit of this controller cannot be applied here; empty when it can.
std::string no_controller(const cl::Runtime&, const std::string& name);
std::string without_newline(std::string text);

}  // namespace tests
