#include "oci_command/matching.hpp"

#include <regex.h>

#include "base/error.hpp"
#include "bundle/container_dir.hpp"

namespace containerlib::oci_command {
namespace {

class Expression {
 public:
  explicit Expression(const std::string& text) {
    if (::regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
      throw_error(Errc::invalid_option, "use option", "--regex",
                  printable(text) + " is no regular expression");
  }
  Expression(const Expression&) = delete;
  ~Expression() { ::regfree(&compiled_); }
  bool matches(const std::string& text) const {
    return ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_;
};

}  // namespace

std::vector<std::string> matching_ids(const std::string& root, const std::string& expression) {
  const Expression wanted(expression);
  std::vector<std::string> ids = bundle::container_ids(root);
  std::erase_if(ids, [&](const std::string& id) { return !wanted.matches(id); });
  return ids;
}

}  // namespace containerlib::oci_command
