#include "cli/filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <regex>

#include "cli/arguments.hpp"
#include "cli/describe.hpp"
#include "cli/quantity.hpp"

namespace containerlib::cli {
namespace {

using Filter = Filters::value_type;

// Of one key any may match, of different keys all must.
template <class Matches>
bool all_match(const Filters& filters, Matches&& matches) {
  return std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
    return std::any_of(filters.begin(), filters.end(), [&](const Filter& other) {
      return other.first == filter.first && matches(other.first, other.second);
    });
  });
}

bool has_label(const std::map<std::string, std::string>& labels, const std::string& wanted) {
  const std::size_t equals = wanted.find('=');
  const auto found = labels.find(wanted.substr(0, equals));
  if (found == labels.end()) return false;
  return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

const std::vector<std::string>& states() {
  static const std::vector<std::string> names = {"created",  "dead",       "exited", "paused",
                                                 "removing", "restarting", "running"};
  return names;
}

void check(const std::string& key, const std::string& value) {
  if (key == "status" && std::find(states().begin(), states().end(), value) == states().end())
    throw UsageError(fmt::format("invalid --filter status={}: one of {} is wanted", value,
                                 fmt::join(states(), ", ")));
  if (key == "exited") parse_number("--filter exited", value, 0, 255);
  if (key == "dangling") parse_switch("--filter dangling", value);
  if (key == "name") try {
      const std::regex tried(value);
    } catch (const std::regex_error&) {
      throw UsageError(fmt::format("invalid --filter name={}: no regular expression", value));
    }
}

// docker's names begin with a slash, and so may an expression for them.
bool matches_name(const std::string& name, const std::string& expression) {
  const std::regex regex(expression);
  return std::regex_search(name, regex) || std::regex_search('/' + name, regex);
}

const ContainerInfo& named(const std::vector<ContainerInfo>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const ContainerInfo& info) {
    return info.name == name || (!name.empty() && info.id.starts_with(name));
  });
  if (found == all.end()) throw Error(Errc::container_not_found, "filter containers", name);
  return *found;
}

bool is_from(const ContainerInfo& info, const std::string& image) {
  const std::string name = familiar_name(image);
  const std::string id = image.starts_with("sha256:") ? image : "sha256:" + image;
  return familiar_name(info.image) == name || familiar_name(info.image) == name + ":latest" ||
         (image.size() >= 12 && info.image_id.starts_with(id));
}

std::optional<Time> date_of(const Image& image) { return parse_rfc3339(image.config().created); }

}  // namespace

Filters parse_filters(const std::vector<std::string>& texts,
                      const std::vector<std::string>& known) {
  Filters filters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string key = text.substr(0, equals);
    if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
      throw UsageError(fmt::format("invalid --filter \"{}\": one of {} with =VALUE is wanted", text,
                                   fmt::join(known, ", ")));
    check(key, text.substr(equals + 1));
    filters.emplace_back(key, text.substr(equals + 1));
  }
  return filters;
}

ContainerFilter::ContainerFilter(const std::vector<std::string>& texts,
                                 const std::vector<ContainerInfo>& all)
    : filters_(parse_filters(
          texts, {"ancestor", "before", "exited", "id", "label", "name", "since", "status"})),
      all_(all) {
  for (const auto& [key, value] : filters_)
    if (key == "before" || key == "since") named(all_, value);
}

bool ContainerFilter::matches(const ContainerInfo& info) const {
  return all_match(filters_, [&](const std::string& key, const std::string& value) {
    if (key == "name") return matches_name(info.name, value);
    if (key == "id") return info.id.starts_with(value);
    if (key == "status") return to_string(info.state) == value;
    if (key == "label") return has_label(info.labels, value);
    if (key == "before") return info.created < named(all_, value).created;
    if (key == "since") return info.created > named(all_, value).created;
    if (key == "exited") return info.exit && std::to_string(info.exit->shell_code()) == value;
    return is_from(info, value);
  });
}

bool ContainerFilter::by_state() const {
  return std::any_of(filters_.begin(), filters_.end(), [](const Filter& filter) {
    return filter.first == "status" || filter.first == "exited";
  });
}

ImageFilter::ImageFilter(const std::vector<std::string>& texts, Runtime& runtime)
    : filters_(parse_filters(texts, {"before", "dangling", "label", "reference", "since"})),
      runtime_(runtime) {}

bool ImageFilter::matches(const Image& image, const ImageName& name) const {
  return all_match(filters_, [&](const std::string& key, const std::string& value) {
    return matches(image, name, key, value);
  });
}

bool ImageFilter::matches(const Image& image, const ImageName& name, const std::string& key,
                          const std::string& value) const {
  if (key == "reference") return matches_reference(name, value);
  if (key == "dangling")
    return parse_switch("--filter dangling", value) == (name.repository == "<none>");
  if (key == "label") return has_label(image.config().labels, value);
  const Image other = runtime_.image(value);
  const std::optional<Time> own = date_of(image), theirs = date_of(other);
  if (!own || !theirs) return false;
  return key == "before" ? *own < *theirs : *own > *theirs;
}

bool matches_reference(const ImageName& name, const std::string& pattern) {
  const auto matches = [&](const std::string& text) {
    return fnmatch(familiar_name(pattern).c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  return matches(name.repository) || matches(name.repository + ':' + name.tag);
}

}  // namespace containerlib::cli
