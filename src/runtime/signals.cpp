#include "runtime/signals.hpp"

#include <charconv>
#include <csignal>
#include <utility>

#include "linux/text.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::pair<std::string_view, int> names[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},       {"QUIT", SIGQUIT}, {"ILL", SIGILL},
    {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},
    {"KILL", SIGKILL}, {"USR1", SIGUSR1},     {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},     {"TERM", SIGTERM}, {"STKFLT", SIGSTKFLT},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH},
    {"IO", SIGIO},     {"PWR", SIGPWR},       {"SYS", SIGSYS},
};
// The kernel's numbers (signal(7)): glibc keeps 32 and 33 to itself, so its SIGRTMIN is 34.
constexpr int realtime_min = 34, realtime_max = 64;

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<int> in_range(std::optional<int> signal) {
  if (signal && (*signal < 1 || *signal > realtime_max)) return {};
  return signal;
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return in_range(number(text));
  std::string name = sys::upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const auto& [known, signal] : names)
    if (name == known) return signal;
  if (name == "RTMIN") return realtime_min;
  if (name == "RTMAX") return realtime_max;
  std::optional<int> offset;
  if (name.starts_with("RTMIN+") && (offset = number(name.substr(6))))
    offset = *offset < 0 ? 0 : realtime_min + *offset;
  if (name.starts_with("RTMAX-") && (offset = number(name.substr(6))))
    offset = *offset < 0 ? 0 : realtime_max - *offset;
  return in_range(offset);
}

std::string signal_name(int signal) {
  for (const auto& [name, number] : names)
    if (number == signal) return "SIG" + std::string(name);
  return "signal " + std::to_string(signal);
}

}  // namespace containerlib::runtime
