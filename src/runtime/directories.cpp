#include "runtime/directories.hpp"

#include <cstdlib>

#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

namespace fs = std::filesystem;

/// A variable that holds an absolute path, else nothing (as the XDG specification wants it).
fs::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value == '/' ? value : "";
}

fs::path default_root(uid_t uid) {
  if (uid == 0) return "/var/lib/containerlib";
  if (const fs::path data = from_environment("XDG_DATA_HOME"); !data.empty())
    return data / "containerlib";
  const fs::path home = from_environment("HOME");
  if (home.empty()) invalid("root", "empty, and neither XDG_DATA_HOME nor HOME is set");
  return home / ".local/share/containerlib";
}

fs::path default_run_root(uid_t uid) {
  if (uid == 0) return "/run/containerlib";
  if (const fs::path run = from_environment("XDG_RUNTIME_DIR"); !run.empty())
    return run / "containerlib";
  return "/tmp/containerlib-" + std::to_string(uid);
}

std::string absolute_text(const fs::path& path) {
  std::string text = absolute_path(path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  fs::path out = fs::absolute(path, error);
  if (error) throw_errno(error.value(), "find working directory for", path.string());
  return out;
}

Directories choose_directories(const RuntimeOptions& options, uid_t uid) {
  return {absolute_text(options.root.empty() ? default_root(uid) : options.root),
          absolute_text(options.run_root.empty() ? default_run_root(uid) : options.run_root)};
}

}  // namespace containerlib::runtime
