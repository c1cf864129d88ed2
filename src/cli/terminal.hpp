#pragma once
#include <termios.h>
#include <containerlib/options.hpp>

#include <optional>

namespace containerlib::cli {

bool is_terminal(int fd) noexcept;
/// Of the terminal that standard output or input is; 24 x 80 when neither is one.
TerminalSize terminal_size() noexcept;
/// `master` is the host's side of a pseudo terminal; its programs get SIGWINCH.
void set_terminal_size(int master, TerminalSize) noexcept;

/// Raw mode for standard input, if that is a terminal, until the end of the scope.
class RawTerminal {
 public:
  RawTerminal() noexcept;
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  std::optional<termios> before_;
};

}  // namespace containerlib::cli
