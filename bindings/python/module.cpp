#include "module.hpp"

#include <containerlib/containerlib.hpp>

PYBIND11_MODULE(containerlib, module) {
  using namespace containerlib::python;
  module.doc() = "Images and isolated containers, in-process and without a daemon.";
  module.attr("__version__") = std::string(containerlib::version());
  bind_errors(module);
  bind_option_values(module);
  bind_limits(module);
  bind_results(module);
  bind_info(module);
  bind_logs(module);
  bind_containers(module);
  bind_images(module);
  bind_runtime(module);
}
