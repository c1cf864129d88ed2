#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.hpp"

namespace containerlib::cli {

/// Lines whose cells are parted by tabs as columns: three blanks apart and at least ten wide, as
/// docker lays them out. The last cell of a line is not padded.
std::string laid_out(const std::vector<std::string>& lines);

/// What a command lists: a field of a row is a text, its name is the one that --format uses.
struct Listing {
  std::string default_table;                   ///< "{{.ID}}\t{{.Names}}"
  std::map<std::string, std::string> headers;  ///< of the fields
  std::vector<json::object> rows;
};

/// `format` is empty, "table", "table TEMPLATE", "json" or a template for each row. The result ends
/// with a newline unless it is empty. Throws UsageError.
std::string shown(const Listing&, std::string_view format);

}  // namespace containerlib::cli
