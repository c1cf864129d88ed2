#include <containerlib/image.hpp>

#include "casters.hpp"
#include "module.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

/// A property is not given a call_guard by pybind11.
std::vector<std::string> tags(const Image& image) {
  py::gil_scoped_release unlocked;
  return image.tags();
}

std::string show(const Image& image) {
  return "<containerlib.Image " + image.id().substr(0, std::string_view("sha256:").size() + 12) +
         '>';
}

}  // namespace

void bind_images(py::module_& module) {
  py::enum_<ImageFormat>(module, "ImageFormat")
      .value("oci_archive", ImageFormat::oci_archive)
      .value("docker_archive", ImageFormat::docker_archive)
      .value("oci_layout", ImageFormat::oci_layout);
  py::class_<Image, std::unique_ptr<Image, DeleteUnlocked>>(module, "Image")
      .def_property_readonly("id", &Image::id)
      .def_property_readonly("digest", &Image::digest)
      .def_property_readonly("layers", &Image::layers)
      .def_property_readonly("size", &Image::size)
      .def_property_readonly("tags", &tags)
      .def_property_readonly(
          "config",
          [](const Image& image) {
            return py::module_::import("json").attr("loads")(image.config_json());
          },
          "The configuration as the image's author wrote it, a dict.")
      .def(
          "save",
          [](const Image& image, const std::filesystem::path& to, ImageFormat format) {
            image.save(to, format);
          },
          py::arg("to"), py::arg("format") = ImageFormat::oci_archive, Unlocked())
      .def("__repr__", &show);
}

}  // namespace containerlib::python
