#pragma once
#include <containerlib/error.hpp>
#include <containerlib/fd.hpp>

#include <string>

namespace containerlib::oci_command {

/// Where messages go: standard error, and --log with --log-format text or json (one object with
/// level, msg and time a line, as runc writes them).
class Log {
 public:
  Log() = default;
  /// Throws when the file cannot be opened, and for another format.
  void open(const std::string& path, const std::string& format);
  void error(const std::string& message) { write("error", message); }
  void warning(const std::string& message) { write("warning", message); }

 private:
  void write(const char* level, const std::string& message);
  Fd file_;
  bool json_ = false;
};

/// The message for an error, in the words that engines look for, and the exit status that goes with
/// it: 127 no such program, 126 one that may not be executed, else 1.
std::string message_of(const Error&);
int exit_status_of(const Error&);

}  // namespace containerlib::oci_command
