#include "archive/image_names.hpp"

#include <filesystem>

#include "base/error.hpp"

namespace containerlib::archive {

std::string repository_of(const std::string& path) {
  std::error_code error;  // then there is no working directory, and no name
  const auto full = std::filesystem::absolute(path + '/', error).lexically_normal();
  std::string name = full.parent_path().filename().string();
  for (const std::string_view ending : {".gz", ".zst", ".tgz", ".tar", ".oci"})
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return name.find(':') == name.npos && oci::Reference::parse(name) ? name : "";
}

std::vector<std::string> with_repository(std::vector<std::string> names,
                                         const std::string& repository, const store::Store& store) {
  for (std::string& name : names) {
    if (name.find_first_of(":/@") != name.npos || name.empty()) continue;
    if (repository.empty())
      store.log(LogLevel::warning, "the archive's name \"" + printable(name) +
                                       "\" is a tag without a repository: left out");
    name = repository.empty() ? "" : repository + ':' + name;
  }
  return names;
}

std::string annotated_name(const std::map<std::string, std::string>& annotations) {
  for (const char* key : {image_name_annotation, ref_name_annotation})
    if (auto found = annotations.find(key); found != annotations.end() && !found->second.empty())
      return found->second;
  return {};
}

std::vector<oci::Reference> valid_names(const std::vector<std::string>& names,
                                        const store::Store& store) {
  std::vector<oci::Reference> out;
  for (const std::string& name : names) {
    if (name.empty()) continue;
    auto reference = oci::Reference::parse(name);
    if (reference && !reference->digest())
      out.push_back(*std::move(reference));
    else
      store.log(LogLevel::warning,
                "the archive's name \"" + printable(name) + "\" is no image name: left out");
  }
  return out;
}

}  // namespace containerlib::archive
