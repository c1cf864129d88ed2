#pragma once
#include <containerlib/fd.hpp>
#include <filesystem>

#include <memory>
#include <string>
#include <vector>

#include "monitor/client.hpp"

// criu, which a monitor starts, so that this process has no child.
namespace containerlib::runtime {

class Engine;

/// Throws unsupported where it cannot be used: for an ordinary user, and where it is not installed.
/// `given`: its path; empty: it is looked up.
std::string find_criu(const Engine&, const std::filesystem::path& given, const char* operation);
std::vector<std::string> criu_env();

/// The two ends of the socket on which it is talked to.
struct CriuSocket {
  CriuSocket();
  Fd ours, theirs;
};

/// One that dumps.
class CriuProgram {
 public:
  CriuProgram(Engine&, const std::string& program);
  CriuProgram(const CriuProgram&) = delete;
  /// Waits until it is gone.
  ~CriuProgram();
  int socket() const noexcept { return socket_.ours.get(); }
  /// What it has written to its standard error.
  std::string said() const;

 private:
  CriuSocket socket_;
  Fd error_output_;
  std::unique_ptr<monitor::Session> session_;
};

}  // namespace containerlib::runtime
