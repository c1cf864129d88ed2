#include "module.hpp"
#include "options.hpp"
#include "repr.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

using Size = std::optional<Bytes>;
using Count = std::optional<std::uint64_t>;

IoLimit make_io_limit(std::filesystem::path device, Size read, Size write, Count reads,
                      Count writes) {
  return {.device = std::move(device),
          .read_bytes_per_second = read,
          .write_bytes_per_second = write,
          .read_operations_per_second = reads,
          .write_operations_per_second = writes};
}

Limits make_limits(Size memory, Size memory_swap, std::optional<double> cpus,
                   std::optional<std::uint32_t> cpu_weight, std::string cpuset_cpus,
                   std::string cpuset_mems, std::optional<std::uint32_t> pids,
                   std::vector<IoLimit> io, bool unlimited_swap,
                   std::optional<std::uint32_t> cpu_shares, Size memory_reservation) {
  return {.memory = memory,
          .memory_swap = memory_swap,
          .cpus = cpus,
          .cpu_weight = cpu_weight,
          .cpuset_cpus = std::move(cpuset_cpus),
          .cpuset_mems = std::move(cpuset_mems),
          .pids = pids,
          .io = std::move(io),
          .unlimited_swap = unlimited_swap,
          .cpu_shares = cpu_shares,
          .memory_reservation = memory_reservation};
}

}  // namespace

void bind_limits(py::module_& module) {
  py::class_<IoLimit>(module, "IoLimit")
      .def(py::init(&make_io_limit), py::arg("device"), py::kw_only(),
           py::arg("read_bytes_per_second") = Size(), py::arg("write_bytes_per_second") = Size(),
           py::arg("read_operations_per_second") = Count(),
           py::arg("write_operations_per_second") = Count())
      .def_readonly("device", &IoLimit::device)
      .def_readonly("read_bytes_per_second", &IoLimit::read_bytes_per_second)
      .def_readonly("write_bytes_per_second", &IoLimit::write_bytes_per_second)
      .def_readonly("read_operations_per_second", &IoLimit::read_operations_per_second)
      .def_readonly("write_operations_per_second", &IoLimit::write_operations_per_second)
      .def("__repr__", shows("device", "read_bytes_per_second", "write_bytes_per_second",
                             "read_operations_per_second", "write_operations_per_second"));

  py::class_<Limits>(module, "Limits")
      .def(py::init(&make_limits), py::kw_only(), py::arg("memory") = Size(),
           py::arg("memory_swap") = Size(), py::arg("cpus") = std::optional<double>(),
           py::arg("cpu_weight") = std::optional<std::uint32_t>(), py::arg("cpuset_cpus") = "",
           py::arg("cpuset_mems") = "", py::arg("pids") = std::optional<std::uint32_t>(),
           py::arg("io") = std::vector<IoLimit>(), py::arg("unlimited_swap") = false,
           py::arg("cpu_shares") = std::optional<std::uint32_t>(),
           py::arg("memory_reservation") = Size())
      .def_readonly("memory", &Limits::memory)
      .def_readonly("memory_swap", &Limits::memory_swap)
      .def_readonly("cpus", &Limits::cpus)
      .def_readonly("cpu_weight", &Limits::cpu_weight)
      .def_readonly("cpuset_cpus", &Limits::cpuset_cpus)
      .def_readonly("cpuset_mems", &Limits::cpuset_mems)
      .def_readonly("pids", &Limits::pids)
      .def_readonly("io", &Limits::io)
      .def_readonly("unlimited_swap", &Limits::unlimited_swap)
      .def_readonly("cpu_shares", &Limits::cpu_shares)
      .def_readonly("memory_reservation", &Limits::memory_reservation)
      .def("__repr__",
           shows("memory", "memory_swap", "cpus", "cpu_weight", "cpuset_cpus", "cpuset_mems",
                 "pids", "io", "unlimited_swap", "cpu_shares", "memory_reservation"));

  py::class_<Ulimit>(module, "Ulimit")
      .def(py::init([](std::string name, std::uint64_t soft, std::uint64_t hard) {
             return Ulimit{std::move(name), soft, hard};
           }),
           py::arg("name"), py::arg("soft"), py::arg("hard"))
      .def_readonly("name", &Ulimit::name)
      .def_readonly("soft", &Ulimit::soft)
      .def_readonly("hard", &Ulimit::hard)
      .def_property_readonly_static("unlimited",
                                    [](const py::object&) { return Ulimit::unlimited; })
      .def("__repr__", shows("name", "soft", "hard"));
}

}  // namespace containerlib::python
