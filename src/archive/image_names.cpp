#include "archive/image_names.hpp"

#include "base/error.hpp"

namespace containerlib::archive {

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
