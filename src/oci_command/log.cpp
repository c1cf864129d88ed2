#include "oci_command/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <ctime>

#include "base/error.hpp"

namespace containerlib::oci_command {
namespace {

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts;
  ::gmtime_r(&time, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void write_line(int fd, std::string line) {
  line += '\n';
  // There is nobody to tell that a message is lost.
  if (::write(fd, line.data(), line.size()) < 0) return;
}

}  // namespace

void Log::open(const std::string& path, const std::string& format) {
  if (format != "json" && format != "text" && !format.empty())
    throw_error(Errc::invalid_option, "use option", "--log-format", "must be text or json");
  json_ = format == "json";
  if (path.empty()) return;
  file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_) throw_errno(errno, "open log", path);
}

void Log::write(const char* level, const std::string& text) {
  // A warning may quote the configuration.
  const std::string message = printable(text, 1000);
  write_line(2, message);
  if (!file_) return;
  namespace bj = boost::json;
  if (json_) {
    write_line(file_.get(),
               bj::serialize(bj::object{{"level", level}, {"msg", message}, {"time", now()}}));
  } else {
    write_line(file_.get(), "time=\"" + now() + "\" level=" + level +
                                " msg=" + bj::serialize(bj::string(message)));
  }
}

std::string message_of(const Error& error) {
  const std::string subject = printable(error.subject());
  // Docker looks for these words, podman for the same in any case.
  if (error.code() == Errc::command_not_found)
    return "exec: \"" + subject +
           "\": executable file not found in $PATH: no such file or directory";
  if (error.code() == Errc::not_executable) return "exec: \"" + subject + "\": permission denied";
  if (error.code() == Errc::container_not_found)
    return "container `" + subject + "` does not exist: No such file or directory";
  return error.what();
}

int exit_status_of(const Error& error) {
  if (error.code() == Errc::command_not_found) return 127;
  if (error.code() == Errc::not_executable) return 126;
  return 1;
}

}  // namespace containerlib::oci_command
