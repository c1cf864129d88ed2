#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace containerlib::cli {

bool is_terminal(int fd) noexcept { return isatty(fd) == 1; }

TerminalSize terminal_size() noexcept {
  for (const int fd : {STDOUT_FILENO, STDIN_FILENO}) {
    winsize size = {};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
      return {.rows = size.ws_row, .columns = size.ws_col};
  }
  return {};
}

void set_terminal_size(int master, TerminalSize size) noexcept {
  const winsize wanted = {
      .ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ioctl(master, TIOCSWINSZ, &wanted);
}

RawTerminal::RawTerminal() noexcept {
  termios now = {};
  if (tcgetattr(STDIN_FILENO, &now) != 0) return;
  termios raw = now;
  cfmakeraw(&raw);
  if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0) before_ = now;
}

RawTerminal::~RawTerminal() {
  if (before_) tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
}

}  // namespace containerlib::cli
