#include "oci/reference.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace containerlib::oci {
namespace {

constexpr std::size_t max_name = 255;  // docker's reference grammar, NameTotalLengthMax
constexpr std::size_t max_tag = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_path_char(char c) { return is_lower(c) || is_digit(c); }
bool is_alnum(char c) { return is_path_char(c) || is_upper(c); }

/// [a-z0-9]+ joined by ".", "_", "__" or any number of "-".
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_path_char(text.front()) || !is_path_char(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_path_char(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && !is_path_char(text[end])) ++end;
    std::string_view separator = text.substr(i, end - i);
    bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    i = end;
  }
  return true;
}

bool is_path(std::string_view text) {
  while (true) {
    std::size_t slash = text.find('/');
    if (!is_path_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_ipv6(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
  });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  if (std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  while (true) {
    std::size_t dot = text.find('.');
    if (!is_host_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= max_tag && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

/// docker takes the part before the first slash for a host when it looks like one.
bool looks_like_host(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != std::string_view::npos ||
         std::any_of(text.begin(), text.end(), is_upper);
}

}  // namespace

std::optional<Reference> Reference::parse(std::string_view text) {
  Reference out;
  if (std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest_ = Digest::parse(text.substr(at + 1));
    if (!out.digest_) return std::nullopt;
    text = text.substr(0, at);
  }
  std::size_t slash = text.find('/');
  bool has_host = slash != std::string_view::npos && looks_like_host(text.substr(0, slash));
  out.host_ = has_host ? text.substr(0, slash) : "docker.io";
  std::string_view path = has_host ? text.substr(slash + 1) : text;
  if (std::size_t colon = path.find(':'); colon != std::string_view::npos) {
    out.tag_ = path.substr(colon + 1);
    if (!is_tag(out.tag_)) return std::nullopt;
    path = path.substr(0, colon);
  } else if (!out.digest_) {
    out.tag_ = "latest";
  }
  if (!is_host(out.host_) || !is_path(path)) return std::nullopt;
  // A name that could be taken for an id is none.
  if (!has_host && Digest::parse("sha256:" + std::string(path))) return std::nullopt;
  if (out.host_ == "index.docker.io") out.host_ = "docker.io";
  bool official = out.host_ == "docker.io" && path.find('/') == std::string_view::npos;
  out.repository_ = (official ? "library/" : "") + std::string(path);
  if (out.name().size() > max_name) return std::nullopt;
  return out;
}

Reference Reference::require(std::string_view text) {
  if (auto reference = parse(text)) return *std::move(reference);
  throw_error(Errc::invalid_option, "read image name", std::string(text),
              "a name is [host[:port]/]repository[:tag][@sha256:digest], lower case");
}

std::string Reference::text() const {
  std::string out = name();
  if (!tag_.empty()) out += ':' + tag_;
  if (digest_) out += '@' + digest_->text();
  return out;
}

std::string Reference::familiar() const {
  std::string out = text();
  for (std::string_view prefix : {"docker.io/library/", "docker.io/"})
    if (out.starts_with(prefix)) {
      std::string shorter = out.substr(prefix.size());
      if (auto again = parse(shorter); again && again->text() == out) return shorter;
    }
  return out;
}

}  // namespace containerlib::oci
