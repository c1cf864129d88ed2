#include "cli/table.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "cli/format.hpp"
#include "cli/human.hpp"

namespace containerlib::cli {
namespace {

constexpr std::size_t gap = 3, least_width = 10;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t start = 0;;) {
    const std::size_t end = line.find('\t', start);
    cells.push_back(line.substr(start, end - start));
    if (end == std::string::npos) return cells;
    start = end + 1;
  }
}

json::object harmless_row(const json::object& row) {
  json::object result;
  for (const auto& [key, value] : row)
    result[key] = value.is_string()   ? json::value(harmless(value.get_string()))
                  : value.is_object() ? json::value(harmless_row(value.get_object()))
                                      : value;
  return result;
}

std::string table(const Listing& listing, const Template& row_template) {
  json::object header;
  for (const auto& [field, title] : listing.headers) header[field] = title;
  std::vector<std::string> lines = {row_template.render(header)};
  for (const json::object& row : listing.rows)
    lines.push_back(row_template.render(harmless_row(row)));
  return laid_out(lines);
}

}  // namespace

std::string laid_out(const std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> widths;
  for (const std::string& line : lines) {
    rows.push_back(cells_of(line));
    widths.resize(std::max(widths.size(), rows.back().size() - 1), least_width);
    for (std::size_t i = 0; i + 1 < rows.back().size(); ++i)
      widths[i] = std::max(widths[i], characters(rows.back()[i]) + gap);
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      text += row[i] + std::string(widths[i] - characters(row[i]), ' ');
    text += row.back() + '\n';
  }
  return text;
}

std::string shown(const Listing& listing, std::string_view format) {
  if (format.empty() || format == "table") return table(listing, Template(listing.default_table));
  if (format.starts_with("table ")) return table(listing, Template(format.substr(6)));
  std::string text;
  if (format == "json") {
    for (json::object row : listing.rows) {
      row.erase("Label");  // for templates only
      text += json::serialize(row) + '\n';
    }
    return text;
  }
  const Template row_template(format);
  for (const json::object& row : listing.rows) text += row_template.render(row) + '\n';
  return text;
}

}  // namespace containerlib::cli
