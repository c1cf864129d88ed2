#include "integration/bundle.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "integration/busybox_root.hpp"

namespace fs = std::filesystem;

namespace tests {
namespace {

std::string id_mappings(bool root) {
  const auto mapping = [&](unsigned own) {
    return root ? std::string(R"([{"containerID": 0, "hostID": 100000, "size": 65536}])")
                : R"([{"containerID": 0, "hostID": )" + std::to_string(own) + R"(, "size": 1}])";
  };
  return R"(, "uidMappings": )" + mapping(::geteuid()) + R"(, "gidMappings": )" +
         mapping(::getegid());
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

std::string capabilities() {
  std::vector<std::string> names;
  for (const char* name : {"CHOWN", "DAC_OVERRIDE", "FOWNER", "MKNOD", "SYS_ADMIN"})
    names.push_back(quoted(std::string("CAP_") + name));
  const std::string list = "[" + joined(names) + "]";
  return R"("bounding": )" + list + R"(, "effective": )" + list + R"(, "permitted": )" + list;
}

std::string namespace_json(const std::string& name) {
  const std::size_t equals = name.find('=');
  const std::string type = quoted(name.substr(0, equals));
  if (equals == name.npos) return R"({"type": )" + type + "}";
  return R"({"type": )" + type + R"(, "path": )" + quoted(name.substr(equals + 1)) + "}";
}

std::vector<std::string> mounts_of(const BundleConfig& config, bool root) {
  std::vector<std::string> out = {mount_json("/proc", "proc", "proc", {})};
  if (config.own_dev) {
    out.push_back(
        mount_json("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
    std::vector<std::string> pts = {"nosuid", "noexec", "newinstance", "ptmxmode=0666",
                                    "mode=0620"};
    if (root) pts.push_back("gid=5");
    out.push_back(mount_json("/dev/pts", "devpts", "devpts", pts));
  }
  if (config.own_sys)
    out.push_back(mount_json("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}));
  out.insert(out.end(), config.mounts.begin(), config.mounts.end());
  return out;
}

std::string json_of(const BundleConfig& config) {
  const bool root = ::geteuid() == 0, user_namespace = config.user_namespace || !root;
  std::vector<std::string> namespaces;
  for (const std::string& name : config.namespaces) namespaces.push_back(namespace_json(name));
  if (user_namespace) namespaces.push_back(namespace_json("user"));
  return R"({"ociVersion": "1.2.0", "root": {"path": "rootfs")" + config.root_members +
         R"(}, "process": {"user": )" + config.user +
         R"(, "cwd": "/", "env": ["PATH=/bin"],)"
         R"( "capabilities": )" +
         (config.capabilities.empty() ? "{" + capabilities() + "}" : config.capabilities) +
         config.process_members + R"(, "args": ["sh", "-c", )" + quoted(config.script) +
         R"(]}, "mounts": [)" + joined(mounts_of(config, root)) +
         R"(], "linux": {"namespaces": [)" + joined(namespaces) + "]" +
         (user_namespace ? id_mappings(root) : "") + config.linux_members + "}" + config.members +
         "}";
}

}  // namespace

Bundle::Bundle() {
  std::string name = (fs::temp_directory_path() / "containerlib-bundle-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp " + name);
  dir_ = name;
  fs::permissions(dir_, fs::perms(0755));
  make_busybox_root(rootfs());
  fs::permissions(rootfs(), fs::perms::all);
}

Bundle::~Bundle() { fs::remove_all(dir_); }

CommandResult Bundle::run(const BundleConfig& config) const {
  static int count = 0;
  configure(config);
  std::vector<std::string> args = {CONTAINERLIB_RUNTIME, "--root", dir_ / "state", "run"};
  args.insert(args.end(), config.options.begin(), config.options.end());
  args.insert(args.end(), {"--bundle", dir_,
                           "bundle-" + std::to_string(::getpid()) + "-" + std::to_string(++count)});
  if (!config.host_script.empty()) {
    args.insert(args.begin(), {"sh", "-c", config.host_script + "\n\"$@\"", "sh"});
    args.insert(args.begin(), config.host_namespaces.begin(), config.host_namespaces.end());
    args.insert(args.begin(), "unshare");
  }
  return command(args);
}

void Bundle::configure(const BundleConfig& config) const {
  write_file(dir_ / "config.json", json_of(config));
}

CommandResult Bundle::runtime(const std::vector<std::string>& words) const {
  std::vector<std::string> args = {CONTAINERLIB_RUNTIME, "--root", dir_ / "state"};
  args.insert(args.end(), words.begin(), words.end());
  return command(args);
}

std::string mount_json(const std::string& destination, const std::string& type,
                       const std::string& source, const std::vector<std::string>& options,
                       const std::string& more) {
  std::vector<std::string> names;
  for (const std::string& option : options) names.push_back(quoted(option));
  return R"({"destination": )" + quoted(destination) + R"(, "type": )" + quoted(type) +
         R"(, "source": )" + quoted(source) + R"(, "options": [)" + joined(names) + "]" + more +
         "}";
}

}  // namespace tests
