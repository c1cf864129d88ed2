// A container's log: the first byte says how many lines of its end are asked for.
#include "runtime/log_file.hpp"

#include "fuzz/fuzz.hpp"
#include "fuzz/scratch.hpp"

using namespace containerlib;

namespace {

std::vector<std::string> lines_of(const std::string& path, const LogOptions& options) {
  runtime::LogFile log(path, options, [] { return false; });
  std::vector<std::string> out;
  for (LogLine line; log.next(line);) out.push_back(line.text);
  return out;
}

}  // namespace

void fuzz::one(std::string_view input) {
  if (input.empty()) return;
  static const std::string path = scratch() + "/log";
  static ScratchFile file(path);
  const std::size_t wanted = static_cast<unsigned char>(input[0]) % 16;
  file.hold(input.substr(1));
  const std::vector<std::string> all = lines_of(path, {}), tail = lines_of(path, {.tail = wanted});
  (void)lines_of(path, {.parts = true});
  require(tail.size() == std::min(wanted, all.size()), "a tail has as many lines as asked for");
}
