#include "bundle/systemd/scope_properties.hpp"

#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include <ostream>

using namespace containerlib;

namespace {

struct Show {
  std::string operator()(bool v) const { return v ? "b true" : "b false"; }
  std::string operator()(const std::string& v) const { return "s " + v; }
  std::string operator()(std::uint64_t v) const { return "t " + std::to_string(v); }
  std::string operator()(std::int64_t v) const { return "x " + std::to_string(v); }
  std::string operator()(std::uint32_t v) const { return "u " + std::to_string(v); }
  std::string operator()(std::int32_t v) const { return "i " + std::to_string(v); }
  std::string operator()(double v) const { return "d " + std::to_string(v); }
  std::string operator()(const std::vector<std::string>& v) const {
    std::string out = "as";
    for (const std::string& s : v) out += " " + s;
    return out;
  }
  std::string operator()(const std::vector<std::uint8_t>& v) const {
    std::string out = "ay";
    for (const int byte : v) out += " " + std::to_string(byte);
    return out;
  }
};

std::string shown(const std::vector<bundle::Property>& properties) {
  std::string out;
  for (const bundle::Property& p : properties)
    out += p.name + "=" + std::visit(Show(), p.value) + "\n";
  return out;
}

std::string annotation(const std::string& name, const std::string& value) {
  try {
    return shown(bundle::annotated_properties({{"org.systemd.property." + name, value}}));
  } catch (const Error& error) {
    CHECK(error.code() == Errc::invalid_option);
    CHECK(error.subject() == "org.systemd.property." + name);
    return "refused";
  }
}

sys::CgroupFacts facts(int version) {
  sys::CgroupFacts out;
  for (const char* name : {"memory", "cpu", "cpuset", "pids"})
    out.controllers.push_back({name, version, "/x", ""});
  return out;
}

}  // namespace

TEST_CASE("the limits that systemd has to know") {
  oci::Resources r;
  r.memory.limit = 4096;
  r.memory.swap = 6144;
  r.memory.reservation = 1024;
  r.cpu.shares = 1024;
  r.cpu.quota = 33333;
  r.cpu.period = 100000;
  r.cpu.cpus = "0-2,9";
  r.cpu.mems = "0";
  r.pids_limit = 7;
  CHECK(shown(bundle::limit_properties(r, facts(2))) ==
        "MemoryMax=t 4096\nMemoryLow=t 1024\nMemorySwapMax=t 2048\nCPUWeight=t 100\n"
        "CPUQuotaPerSecUSec=t 340000\nCPUQuotaPeriodUSec=t 100000\nAllowedCPUs=ay 7 2\n"
        "AllowedMemoryNodes=ay 1\nTasksMax=t 7\n");
  CHECK(shown(bundle::limit_properties(r, facts(1))) ==
        "MemoryLimit=t 4096\nCPUShares=t 1024\nCPUQuotaPerSecUSec=t 340000\n"
        "CPUQuotaPeriodUSec=t 100000\nTasksMax=t 7\n");
  CHECK(shown(bundle::limit_properties({}, facts(2))) == "");
  oci::Resources none;
  none.memory.limit = none.memory.swap = none.cpu.quota = none.pids_limit = -1;
  const std::string max = std::to_string(UINT64_MAX);
  CHECK(shown(bundle::limit_properties(none, facts(2))) ==
        "MemoryMax=t " + max + "\nMemorySwapMax=t " + max + "\nCPUQuotaPerSecUSec=t " + max +
            "\nTasksMax=t " + max + "\n");
}

TEST_CASE("annotations are properties of the unit") {
  CHECK(annotation("CollectMode", "'inactive-or-failed'") == "CollectMode=s inactive-or-failed\n");
  CHECK(annotation("Delegate", "true") == "Delegate=b true\n");
  CHECK(annotation("IOWeight", "uint64 77") == "IOWeight=t 77\n");
  CHECK(annotation("X", "int64 -7") == "X=x -7\n");
  CHECK(annotation("X", "-7") == "X=i -7\n");
  CHECK(annotation("X", "1.5") == "X=d 1.500000\n");
  CHECK(annotation("After", "['a.service', \"b.service\"]") == "After=as a.service b.service\n");
  CHECK(annotation("After", "[]") == "After=as\n");
  CHECK(annotation("Description", "'it\\'s'") == "Description=s it's\n");
  CHECK(annotation("TimeoutStopSec", "7") == "TimeoutStopUSec=t 7000000\n");
  CHECK(annotation("TimeoutStopUSec", "uint64 7") == "TimeoutStopUSec=t 7\n");
  CHECK(shown(bundle::annotated_properties({{"other", "1"}})) == "");
}

TEST_CASE("annotations that are no properties are refused") {
  CHECK(annotation("", "true") == "refused");
  CHECK(annotation("lower", "true") == "refused");
  CHECK(annotation("A B", "true") == "refused");
  CHECK(annotation("A", "") == "refused");
  CHECK(annotation("A", "yes") == "refused");
  CHECK(annotation("A", "'open") == "refused");
  CHECK(annotation("A", "'a' 'b'") == "refused");
  CHECK(annotation("A", "uint32 -1") == "refused");
  CHECK(annotation("A", "[1, 2]") == "refused");
  CHECK(annotation("A", "float 1") == "refused");
  CHECK(annotation("StopSec", "'a'") == "refused");
  CHECK(annotation("StopSec", "-1") == "refused");
}
