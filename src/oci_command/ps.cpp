#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/text.hpp"
#include "oci_command/command.hpp"

namespace containerlib::oci_command {
namespace {

/// What ps(1) prints of all processes.
std::string output_of_ps(std::vector<std::string> options) {
  if (options.empty()) options = {"-ef"};
  std::vector<char*> args;
  std::string name = "ps";
  args.push_back(name.data());
  for (std::string& option : options) args.push_back(option.data());
  args.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make pipe");
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), 1);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, "ps", &actions, nullptr, args.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error) throw_errno(error, "execute", "ps", "--format json needs no ps");
  writer.reset();
  std::string out = sys::read_all(reader.get(), std::size_t{64} << 20, "output of ps");
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) throw_error(Errc::invalid_option, "list processes", "ps", "ps failed");
  return out;
}

/// Its header and the lines of these processes.
std::string filtered(const std::string& output, const std::vector<pid_t>& pids) {
  const std::vector<std::string_view> lines = sys::lines(output);
  if (lines.empty()) return {};
  const std::vector<std::string_view> header = sys::words(lines[0]);
  const auto found = std::find(header.begin(), header.end(), "PID");
  if (found == header.end())
    throw_error(Errc::invalid_option, "list processes", "ps", "its output has no column PID");
  const auto column = static_cast<std::size_t>(found - header.begin());
  std::string out = std::string(lines[0]) + '\n';
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> field = sys::words(lines[i]);
    const auto pid = column < field.size() ? sys::parse_number(field[column]) : std::nullopt;
    if (pid && std::binary_search(pids.begin(), pids.end(), static_cast<pid_t>(*pid)))
      out += std::string(lines[i]) + '\n';
  }
  return out;
}

}  // namespace

int ps(const Context& context, const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words();
  const std::vector<pid_t> pids = bundle::processes(context.host(), words[0]);
  const std::string format = arguments.value("format");
  if (format == "json") {
    boost::json::array out(pids.begin(), pids.end());
    print(boost::json::serialize(out) + '\n');
    return 0;
  }
  if (!format.empty() && format != "table")
    throw_error(Errc::invalid_option, "use option", "--format", "must be table or json");
  print(filtered(output_of_ps({words.begin() + 1, words.end()}), pids));
  return 0;
}

}  // namespace containerlib::oci_command
