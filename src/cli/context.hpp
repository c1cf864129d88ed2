#pragma once
#include <containerlib/containerlib.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace containerlib::cli {

/// What the global flags say, and the runtime they name, which is opened on first use: `--help`
/// and wrong flags touch nothing.
class Context {
 public:
  RuntimeOptions options = {};
  bool debug = false;

  Runtime& runtime();
  /// A name may begin with a slash, as `inspect` shows it.
  std::optional<Container> find(const std::string& name_or_id);
  /// The same; throws container_not_found.
  Container container(const std::string& name_or_id);

 private:
  std::optional<Runtime> runtime_;
};

/// Does `work` for each name, says on standard error which failed and goes on. 0, or 1 if any
/// failed.
int for_each(const std::vector<std::string>& names,
             const std::function<void(const std::string& name)>& work);

/// The same for all of them at once, each on a thread of its own.
int for_each_at_once(const std::vector<std::string>& names,
                     const std::function<void(const std::string& name)>& work);

/// "Error: …" on standard error.
void complain(const std::exception&);

}  // namespace containerlib::cli
