#include <csignal>
#include <cstring>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/text.hpp"
#include "oci_command/command.hpp"
#include "oci_command/matching.hpp"

// state, kill, delete, pause, resume.
namespace containerlib::oci_command {
namespace {

/// "9", "KILL", "SIGKILL", "sigkill", "SIGRTMIN+3".
int signal_of(std::string text) {
  if (const auto number = sys::parse_number(text); number && *number < 65)
    return static_cast<int>(*number);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (text.starts_with("SIG")) text.erase(0, 3);
  for (int signal = 1; signal < 32; ++signal)
    if (const char* name = ::sigabbrev_np(signal); name && text == name) return signal;
  if (text == "RTMIN") return SIGRTMIN;
  if (text == "RTMAX") return SIGRTMAX;
  if (text.starts_with("RTMIN+"))
    if (const auto offset = sys::parse_number(text.substr(6));
        offset && *offset <= static_cast<unsigned>(SIGRTMAX - SIGRTMIN))
      return SIGRTMIN + static_cast<int>(*offset);
  throw_error(Errc::invalid_option, "use signal", text, "there is no such signal");
}

/// A word is an id, or with --regex what all ids are that it matches.
std::vector<std::string> ids_of(const bundle::Host& host, const Arguments& arguments,
                                const std::string& word) {
  if (arguments.has("regex")) return matching_ids(host.root, word);
  return {word};
}

}  // namespace

int state(const Context& context, const Arguments& arguments) {
  print(oci::to_json(bundle::state(context.host(), arguments.words()[0])) + '\n');
  return 0;
}

int kill(const Context& context, const Arguments& arguments) {
  const auto& words = arguments.words();
  const bundle::Host host = context.host();
  const int signal = words.size() > 1 ? signal_of(words[1]) : SIGTERM;
  for (const std::string& id : ids_of(host, arguments, words[0]))
    bundle::kill(host, id, signal, arguments.has("all"));
  return 0;
}

int remove(const Context& context, const Arguments& arguments) {
  const bundle::Host host = context.host();
  for (const std::string& word : arguments.words())
    for (const std::string& id : ids_of(host, arguments, word))
      bundle::remove(host, id, arguments.has("force"));
  return 0;
}

int pause(const Context& context, const Arguments& arguments) {
  bundle::pause(context.host(), arguments.words()[0]);
  return 0;
}

int resume(const Context& context, const Arguments& arguments) {
  bundle::resume(context.host(), arguments.words()[0]);
  return 0;
}

}  // namespace containerlib::oci_command
