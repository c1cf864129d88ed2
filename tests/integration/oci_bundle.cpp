#include "integration/oci_bundle.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "integration/busybox_root.hpp"

namespace fs = std::filesystem;

namespace tests {
namespace {

template <class List, class Shown>
std::string array_of(const List& list, Shown&& shown) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + shown(item);
  return "[" + out + "]";
}

std::string namespace_json(const std::string& type) { return R"({"type": )" + quoted(type) + "}"; }

std::string mapping(const char* name, unsigned id) {
  return std::string(", \"") + name + R"(": [{"containerID": 0, "hostID": )" + std::to_string(id) +
         R"(, "size": 1}])";
}

constexpr const char* mounts = R"([
  {"destination": "/proc", "type": "proc", "source": "proc"},
  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
  {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
   "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]}])";

constexpr const char* capabilities =
    R"({"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]})";

std::string json_of(const OciConfig& config) {
  std::vector<std::string> namespaces = config.namespaces;
  std::string mappings;
  if (::geteuid() != 0) {
    namespaces.push_back("user");
    mappings = mapping("uidMappings", ::geteuid()) + mapping("gidMappings", ::getegid());
  }
  return R"({"ociVersion": "1.2.0", "root": {"path": "rootfs"}, "process": {"cwd": "/", )"
         R"("user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"], "capabilities": )" +
         std::string(capabilities) + R"(, "args": )" + array_of(config.args, quoted) +
         config.process_members + R"(}, "mounts": )" + mounts + R"(, "linux": {"namespaces": )" +
         array_of(namespaces, namespace_json) + mappings + config.linux_members + "}" +
         config.members + "}";
}

void add_groups(const fs::path& folder, const std::string& prefix, int depth, std::string& to) {
  std::error_code gone;
  for (fs::directory_iterator it(folder, gone), end; !gone && it != end; it.increment(gone)) {
    std::error_code error;
    if (it->is_symlink(error) || !it->is_directory(error)) continue;
    if (it->path().filename().string().starts_with(prefix))
      to += "cgroup " + it->path().string() + "\n";
    else if (depth > 0)
      add_groups(it->path(), prefix, depth - 1, to);
  }
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

std::string json_member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  std::size_t at = json.find(key);
  if (at == std::string::npos) return {};
  at += key.size();
  if (json[at] == '"') return json.substr(at + 1, json.find('"', at + 1) - at - 1);
  return json.substr(at, json.find_first_of(",}]", at) - at);
}

OciBundle::OciBundle() {
  std::string name = (fs::temp_directory_path() / "containerlib-oci-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp " + name);
  dir_ = name;
  fs::permissions(dir_, fs::perms(0755));
  make_busybox_root(rootfs());
  static int bundles = 0;
  prefix_ = "oci-" + std::to_string(::getpid()) + "-" + std::to_string(++bundles) + "-";
  adopt_orphans();
  before_ = traces({root()});
  configure();
}

OciBundle::~OciBundle() {
  try {
    for (const std::string& id : lines_of(runtime({"list", "-q"}).out)) remove(id);
    fs::remove_all(dir_);
  } catch (const std::exception&) {
    // leaks() has told of it.
  }
}

void OciBundle::configure(const OciConfig& config) const {
  write_file(dir_ / "config.json", json_of(config));
}

std::string OciBundle::new_id() { return prefix_ + std::to_string(++count_); }

std::vector<std::string> OciBundle::line(const std::vector<std::string>& words) const {
  std::vector<std::string> out = {CONTAINERLIB_RUNTIME, "--root", root()};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

CommandResult OciBundle::runtime(const std::vector<std::string>& words,
                                 const CommandOptions& options) const {
  CommandOptions here = options;
  if (here.cwd.empty()) here.cwd = dir_;
  return command(line(words), here);
}

CommandResult OciBundle::detached(const std::vector<std::string>& words,
                                  const CommandOptions& options) const {
  CommandOptions here = options;
  if (here.cwd.empty()) here.cwd = dir_;
  const fs::path out = dir_ / "out", err = dir_ / "err";
  std::vector<std::string> args = {
      "sh", "-c", R"(out=$1 err=$2; shift 2; exec "$@" </dev/null >"$out" 2>"$err")",
      "sh", out,  err};
  const std::vector<std::string> own = line(words);
  args.insert(args.end(), own.begin(), own.end());
  CommandResult result = command(args, here);
  result.err = read_file(err);
  return result;
}

std::string OciBundle::output() const { return read_file(dir_ / "out"); }

CommandResult OciBundle::create(const std::string& id) const { return detached({"create", id}); }

std::string OciBundle::running() {
  const std::string id = new_id();
  const CommandResult made = detached({"run", "-d", id});
  if (made.code != 0) throw std::runtime_error(made.err);
  return id;
}

void OciBundle::remove(const std::string& id) const {
  const CommandResult result = runtime({"delete", "--force", id});
  if (result.code != 0) throw std::runtime_error(result.err);
}

CommandResult OciBundle::remove_reaping(const std::string& id) const {
  const std::string err = dir_ / "err";
  std::vector<std::string> words = line({"delete", "--force", id});
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), 2);
    ::execv(args[0], args.data());
    ::_exit(99);
  }
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(-1, &status, 0);
  while (ended > 0 && ended != pid);
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128, .err = read_file(err)};
}

std::string OciBundle::status(const std::string& id) const {
  return json_member(runtime({"state", id}).out, "status");
}

int OciBundle::pid(const std::string& id) const {
  const std::string digits = json_member(runtime({"state", id}).out, "pid");
  return digits.empty() ? 0 : std::stoi(digits);
}

std::string OciBundle::leaks() const {
  std::string left;
  // Groups by their names below, as other tests of the command may run meanwhile.
  for (const std::string& line : lines_of(left_since(before_, {root()})))
    if (!line.starts_with("cgroup ")) left += line + "\n";
  for (const std::string& line : lines_of(read_file("/proc/self/mountinfo")))
    if (contains(line, dir_.string())) left += "mount " + line + "\n";
  add_groups("/sys/fs/cgroup", prefix_, 5, left);
  return left;
}

}  // namespace tests
