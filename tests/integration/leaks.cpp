#include "integration/leaks.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "integration/command.hpp"

namespace fs = std::filesystem;

namespace tests {
namespace {

struct ProcessEntry {
  int pid = 0, parent = 0;
  char state = 0;
  std::string name;
};

// /proc/PID/stat, proc(5): "pid (name) state ppid …"; the name may hold anything.
ProcessEntry read_stat(const fs::path& folder) {
  const std::string text = read_file(folder / "stat");
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return {};
  ProcessEntry entry;
  entry.pid = std::stoi(text);
  entry.name = text.substr(open + 1, close - open - 1);
  entry.state = text.at(close + 2);
  entry.parent = std::stoi(text.substr(close + 4));
  return entry;
}

std::map<int, ProcessEntry> all_processes() {
  std::map<int, ProcessEntry> result;
  for (const fs::directory_entry& folder : fs::directory_iterator("/proc")) {
    const std::string name = folder.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const ProcessEntry entry = read_stat(folder.path());
    if (entry.pid > 0) result[entry.pid] = entry;
  }
  return result;
}

bool descends_from(const std::map<int, ProcessEntry>& all, int pid, int ancestor) {
  for (int depth = 0; pid > 1 && depth < 100; ++depth) {
    const auto found = all.find(pid);
    if (found == all.end()) return false;
    pid = found->second.parent;
    if (pid == ancestor) return true;
  }
  return false;
}

std::set<std::string> descendants() {
  std::set<std::string> result;
  const std::map<int, ProcessEntry> all = all_processes();
  for (const auto& [pid, entry] : all) {
    if (!descends_from(all, pid, ::getpid())) continue;
    if (entry.state == 'Z' && ::waitpid(pid, nullptr, WNOHANG) == pid) continue;
    result.insert("process " + std::to_string(pid) + " " + entry.name);
  }
  return result;
}

std::set<std::string> mounts_of(const std::vector<fs::path>& watched) {
  std::set<std::string> result;
  for (const std::string& line : lines_of(read_file("/proc/self/mountinfo")))
    for (const fs::path& path : watched)
      if (contains(line, path.string())) result.insert("mount " + line);
  return result;
}

// Of somebody else's container that runs beside this test. A process of ours that was left behind
// is a trace of its own.
bool holds_processes(const fs::path& group) { return !read_file(group / "cgroup.procs").empty(); }

void add_cgroups(const fs::path& folder, int depth, std::set<std::string>& to) {
  std::error_code gone;
  for (fs::directory_iterator it(folder, gone), end; !gone && it != end; it.increment(gone)) {
    std::error_code error;
    if (!it->is_directory(error)) continue;
    if (folder.filename() == "containerlib") {
      if (!holds_processes(it->path())) to.insert("cgroup " + it->path().string());
    } else if (depth > 0) {
      add_cgroups(it->path(), depth - 1, to);
    }
  }
}

std::set<std::string> descriptors_of_this_process() {
  std::set<std::string> result;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    const fs::path target = fs::read_symlink(entry.path(), error);
    if (error || contains(target.string(), "/proc/" + std::to_string(::getpid()) + "/fd")) continue;
    result.insert("descriptor " + entry.path().filename().string() + " -> " + target.string());
  }
  return result;
}

std::set<std::string> files_below(const std::vector<fs::path>& watched) {
  std::set<std::string> result;
  for (const fs::path& path : watched) {
    std::error_code error;
    using Iterator = fs::recursive_directory_iterator;
    for (Iterator it(path, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename();
      // One lock file for each image that was used, kept as long as the image is.
      if (name == "layers" || name == "locks") it.disable_recursion_pending();
      // SQLite's own, which come and go.
      if (name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal")) continue;
      result.insert("file " + it->path().string());
    }
  }
  return result;
}

void add_new(const std::set<std::string>& before, const std::set<std::string>& now,
             std::set<std::string>& to) {
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::inserter(to, to.end()));
}

std::set<std::string> new_since(const Traces& before, const Traces& now) {
  std::set<std::string> result;
  add_new(before.files, now.files, result);
  add_new(before.mounts, now.mounts, result);
  add_new(before.cgroups, now.cgroups, result);
  add_new(before.processes, now.processes, result);
  add_new(before.descriptors, now.descriptors, result);
  return result;
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

Traces traces(const std::vector<fs::path>& watched) {
  Traces result;
  result.files = files_below(watched);
  result.mounts = mounts_of(watched);
  add_cgroups("/sys/fs/cgroup", 4, result.cgroups);
  result.processes = descendants();
  result.descriptors = descriptors_of_this_process();
  return result;
}

std::string left_since(const Traces& before, const std::vector<fs::path>& watched) {
  // What is not there each time belongs to somebody else who uses the library meanwhile.
  std::optional<std::set<std::string>> left;
  eventually(
      [&] {
        std::set<std::string> now = new_since(before, traces(watched));
        if (left)
          std::erase_if(now, [&](const std::string& item) { return !left->contains(item); });
        left = std::move(now);
        return left->empty();
      },
      std::chrono::seconds(2));
  std::string text;
  for (const std::string& item : *left) text += item + "\n";
  return text;
}

}  // namespace tests
